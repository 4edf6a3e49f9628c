"""SINE, and MIND with cosines and with another squashing, in NumPy and double precision: the reference for vectors,
losses and gradients.

    python3 scripts/peers/interest_models.py > Tests/RecommendersTests/InterestModels.json

Every sum is written out by the formulas of the papers, and gradients are differences of the loss. What no gradient flows
through is held while they are taken: the choice of the concepts, the weights of the routing.
"""

import json

import numpy as np

from every_position import Parameters, softmax

SIZE, ITEMS, INTERESTS, CONCEPTS, HISTORY_MAX = 4, 7, 3, 6, 10
HISTORIES = [[3, 1, 5, 2], [6], [7, 7, 4, 1, 2, 6, 5, 3, 1]]
POSITIVES = [4, 2, 5]
NEGATIVES = [5, 1, 7, 7, 3]
SCORE_TEMPERATURE = 0.25


def unit(x):
    return x / np.sqrt(x @ x)


class Sine:
    """The vector of a user and the regularization of the concepts."""

    def __init__(self, positions=True, temperature=0.5, regularization=0.0):
        self.positions, self.temperature, self.regularization = positions, temperature, regularization
        self.options = {
            "concepts": str(CONCEPTS), "add-pos": str(int(positions)), "aggregation-temperature": str(temperature),
            "concept-regularization": str(regularization)}
        self.chosen = {}

    def pooled(self, p, name, rows):
        scores = np.array([
            (p(name + ".W2.weight", 1, SIZE) @ np.tanh(p(name + ".W1.weight", SIZE, SIZE) @ x))[0] for x in rows])
        return sum(share * x for share, x in zip(softmax(scores), rows))

    def vectors(self, p, user, history):
        items = p("i_embeddings.weight", ITEMS + 1, SIZE)
        rows = [items[item] for item in history]
        concepts = p("concepts.weight", CONCEPTS, SIZE)
        z = self.pooled(p, "activation", rows)
        scores = concepts @ z
        # Held after the first time.
        chosen = self.chosen.setdefault(user, np.argsort(-scores)[:INTERESTS])
        active = [concepts[i] / (1 + np.exp(-scores[i])) for i in chosen]
        keys = [p.norm("norm2", c) for c in active]
        shares = [
            softmax(np.array([p.norm("norm1", p("assignment.weight", SIZE, SIZE) @ x) @ key for key in keys]))
            for x in rows]
        first = p("attention.W1.weight", INTERESTS * SIZE, SIZE)
        second = p("attention.W2.weight", INTERESTS, SIZE)
        placed = list(rows)
        if self.positions:
            table = p("p_embeddings.weight", HISTORY_MAX + 1, SIZE)
            placed = [x + table[len(rows) - place] for place, x in enumerate(rows)]
        interests = []
        for k in range(INTERESTS):
            own = first[k * SIZE:(k + 1) * SIZE]
            weights = softmax(np.array([second[k] @ np.tanh(own @ x) for x in placed]))
            interests.append(p.norm("norm3", sum(shares[t][k] * weights[t] * x for t, x in enumerate(rows))))
        expected = [sum(share[k] * active[k] for k in range(INTERESTS)) for share in shares]
        q = p.norm("norm4", self.pooled(p, "intention", expected))
        mixture = softmax(np.array([q @ v for v in interests]) / self.temperature)
        return [sum(share * v for share, v in zip(mixture, interests))]

    def user(self, vectors, positive, cosine):
        return vectors[0]

    def extra(self, p):
        """For each sample."""
        concepts = p("concepts.weight", CONCEPTS, SIZE)
        centred = concepts - concepts.mean(axis=1, keepdims=True)
        covariance = centred @ centred.T / SIZE
        return self.regularization * 0.5 * ((covariance ** 2).sum() - (np.diag(covariance) ** 2).sum())


class Mind:
    """The interests of a user, and their mean under the label-aware attention."""

    def __init__(self, model, iterations=3, squash_power=1.0, routing_scale=0.0, adaptive=True, power=None, scale=None):
        self.iterations, self.squash_power, self.routing_scale = iterations, squash_power, routing_scale
        self.adaptive, self.power, self.scale = adaptive, power, scale
        self.options = {
            "iterations": str(iterations), "squash-power": str(squash_power), "routing-scale": str(routing_scale),
            "adaptive-interests": str(int(adaptive))}
        self.options.update({"p": str(power)} if model == "MIND" else {"label-scale": str(scale)})
        random = np.random.default_rng(99)
        total = sum(len(history) for history in HISTORIES)
        self.normals = random.normal(0, 1, (INTERESTS, total)).astype(np.float32).astype(np.float64)
        self.weights = {}

    def squash(self, z):
        square = z @ z
        return (square / (1 + square)) ** self.squash_power * z / np.sqrt(square + 1e-9)

    def routed(self, rows, logits):
        """The weights of the last iteration, [K, L]."""
        logits = logits.copy()
        for iteration in range(self.iterations):
            weights = np.array([softmax(column) for column in logits.T]).T
            if iteration == self.iterations - 1:
                return weights
            for k in range(len(logits)):
                z = sum(weights[k][t] * x for t, x in enumerate(rows))
                for t, x in enumerate(rows):
                    if self.routing_scale > 0:
                        logits[k][t] = self.routing_scale * (unit(x) @ unit(z))
                    else:
                        logits[k][t] += x @ self.squash(z)

    def vectors(self, p, user, history):
        items = p("i_embeddings.weight", ITEMS + 1, SIZE)
        rows = [p("routing.S.weight", SIZE, SIZE) @ items[item] for item in history]
        count = max(1, min(INTERESTS, int(np.log2(len(history))))) if self.adaptive else INTERESTS
        start = sum(len(other) for other in HISTORIES[:user])
        # Held after the first time.
        if user not in self.weights:
            self.weights[user] = self.routed(rows, self.normals[:count, start:start + len(history)])
        return [
            self.squash(sum(self.weights[user][k][t] * x for t, x in enumerate(rows))) for k in range(count)]

    def user(self, vectors, positive, cosine):
        if self.power is not None:
            products = np.array([v @ positive for v in vectors])
            shares = softmax(products ** self.power)
            return sum(share * v for share, v in zip(shares, vectors))
        if cosine:
            vectors, positive = [unit(v) for v in vectors], unit(positive)
        shares = softmax(self.scale * np.array([v @ positive for v in vectors]))
        return sum(share * v for share, v in zip(shares, vectors))

    def extra(self, p):
        return 0.0


def loss(p, model, cosine):
    """The sampled softmax against the shared negatives, summed over the samples."""
    items = p("i_embeddings.weight", ITEMS + 1, SIZE)
    total = 0.0
    for user, (history, positive) in enumerate(zip(HISTORIES, POSITIVES)):
        u = model.user(model.vectors(p, user, history), items[positive], cosine)

        def score(item):
            if cosine:
                return unit(u) @ unit(items[item]) / SCORE_TEMPERATURE
            return u @ items[item]

        scores = np.array([score(positive)] + [score(item) for item in NEGATIVES])
        total += np.log(np.exp(scores).sum()) - scores[0] + model.extra(p)
    return total


def gradient(p, model, cosine):
    result = {}
    for name, value in p.values.items():
        derivatives = np.zeros(value.size)
        flat = value.reshape(-1)
        for index in range(SIZE if name == "i_embeddings.weight" else 0, value.size):
            known, step = flat[index], 1e-5
            flat[index] = known + step
            above = loss(p, model, cosine)
            flat[index] = known - step
            below = loss(p, model, cosine)
            flat[index] = known
            derivatives[index] = (above - below) / (2 * step)
        result[name] = derivatives.tolist()
    return result


def case(name, title, model, seed, cosine):
    p = Parameters(seed, deviation=0.8)
    vectors = [model.vectors(p, user, history) for user, history in enumerate(HISTORIES)]
    value = loss(p, model, cosine)
    sizes = {"embedding-size": str(SIZE), "history-max": str(HISTORY_MAX), "interests": str(INTERESTS)}
    written = {
        "name": title, "model": name, "options": {**sizes, **model.options},
        "score": "cosine" if cosine else "product",
        "parameters": {name: value.flatten().tolist() for name, value in p.values.items()},
        "vectors": [[v.tolist() for v in own] for own in vectors], "loss": value,
        "gradients": gradient(p, model, cosine)}
    if isinstance(model, Mind):
        written["normals"] = model.normals.flatten().tolist()
    return written


def main():
    industrial = "IndustrialMIND"
    cases = [
        case("SINE", "SINE", Sine(regularization=0.3), 1, False),
        case("SINE", "SINE without positions, cosines", Sine(positions=False, temperature=2.0), 2, True),
        case(industrial, "cosines", Mind(industrial, squash_power=0.3, routing_scale=5.0, scale=4.0), 3, True),
        case(
            industrial, "products",
            Mind(industrial, iterations=2, squash_power=1.5, adaptive=False, scale=0.7), 4, False),
        case("MIND", "MIND with a squashing of its own", Mind("MIND", squash_power=0.5, power=2.0), 5, False),
    ]
    print(json.dumps({
        "items": ITEMS, "histories": HISTORIES, "positives": POSITIVES, "negatives": NEGATIVES,
        "score-temperature": SCORE_TEMPERATURE, "cases": cases}))


if __name__ == "__main__":
    main()
