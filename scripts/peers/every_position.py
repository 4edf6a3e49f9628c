"""Models with a target at every position, in NumPy and double precision: the reference for the layers of eSASRec,
gSASRec, HSTU and KuaiFormer, and for the losses of many targets.

    python3 scripts/peers/every_position.py > Tests/RecommendersTests/EveryPosition.json

Nothing is vectorised over positions: each is computed from the rows up to it, by the formulas of the papers.
"""

import json

import numpy as np

SIZE, HEADS, ITEMS, HISTORY_MAX = 4, 2, 7, 6
HISTORIES = [[3, 1, 5, 2], [6], [7, 7, 4, 1, 2, 6]]
TIMES = [[10, 10, 95, 4000], [5], [1, 2, 4, 9, 90000, 90001]]
TARGETS = [[1, 5, 2, 4], [2], [7, 4, 1, 2, 6, 3]]
NEGATIVES = [5, 1, 7, 7, 3]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def softmax(x):
    powers = np.exp(x - x.max())
    return powers / powers.sum()


class Parameters:
    """Random values, named as the trainer names them."""

    def __init__(self, seed, deviation=0.7):
        self.random = np.random.default_rng(seed)
        self.deviation = deviation
        self.values = {}

    def __call__(self, name, *shape):
        if name not in self.values:
            value = self.random.normal(0, self.deviation, shape)
            if name == "i_embeddings.weight":
                value[0] = 0
            # As 32-bit numbers, so that both sides begin with the same.
            self.values[name] = value.astype(np.float32).astype(np.float64)
        return self.values[name]

    def linear(self, name, x, outputs=SIZE, bias=True):
        y = self(name + ".weight", outputs, x.shape[-1]) @ x
        return y + self(name + ".bias", outputs) if bias else y

    def norm(self, name, x):
        normalized = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
        return normalized * self(name + ".weight", x.size) + self(name + ".bias", x.size)


def embedded(p, history, positions=True):
    items = p("i_embeddings.weight", ITEMS + 1, SIZE)
    rows = [items[item].copy() for item in history]
    if positions:
        table = p("p_embeddings.weight", HISTORY_MAX + 1, SIZE)
        for place in range(len(rows)):
            rows[place] += table[len(rows) - place]
    return rows


def rotated(x, place):
    """Column c of each half of a head turned by place / 10000^(2 c / width)."""
    width = SIZE // HEADS
    y = x.copy()
    for head in range(HEADS):
        for column in range(width // 2):
            angle = place / 10000 ** (2 * column / width)
            a, b = head * width + column, head * width + column + width // 2
            y[a], y[b] = (x[a] * np.cos(angle) - x[b] * np.sin(angle), x[a] * np.sin(angle) + x[b] * np.cos(angle))
    return y


def attended(queries, keys, values, place):
    """Of the query at a place, over itself and what is older."""
    width = SIZE // HEADS
    parts = []
    for head in range(HEADS):
        own = slice(head * width, (head + 1) * width)
        weights = softmax(np.array([queries[place][own] @ keys[j][own] for j in range(place + 1)]) / np.sqrt(width))
        parts.append(sum(weights[j] * values[j][own] for j in range(place + 1)))
    return np.concatenate(parts)


def esasrec(p, history, times, rotary=False, layers=2, multiple=3):
    rows = embedded(p, history, positions=not rotary)
    for layer in range(layers):
        name = f"layers.{layer}."
        normed = [p.norm(name + "norm1", x) for x in rows]
        queries, keys, values = [[p.linear(name + part, n) for n in normed] for part in ("query", "key", "value")]
        if rotary:
            queries = [rotated(q, place) for place, q in enumerate(queries)]
            keys = [rotated(k, place) for place, k in enumerate(keys)]
        rows = [
            gated(p, name, x, attended(queries, keys, values, place), multiple) for place, x in enumerate(rows)]
    return rows


def gated(p, name, x, attention, multiple):
    """What follows the attention in a layer of eSASRec."""
    a = p.linear(name + "output", attention)
    c = x + sigmoid(p.linear(name + "attention_gate", x)) * a
    n = p.norm(name + "norm2", c)
    hidden = silu(p.linear(name + "inner_gate", n, multiple * SIZE, bias=False)) * p.linear(
        name + "inner", n, multiple * SIZE, bias=False)
    f = p.linear(name + "outer", hidden, bias=False)
    return c + sigmoid(p.linear(name + "outer_gate", c)) * f


def kuaiformer(p, history, times, rotary=False, layers=2, multiple=3, interests=3):
    """At each place one vector of each token, which looks at the items up to there."""
    rows = esasrec(p, history, times, rotary, layers, multiple)
    tokens = p("tokens", interests, SIZE)
    result = []
    for place in range(len(rows)):
        own = []
        for token in tokens:
            z = rows[place] + token
            query = p.linear("token_layer.query", p.norm("token_layer.norm1", z))
            normed = [p.norm("token_layer.norm1", x) for x in rows[:place + 1]]
            keys, values = [[p.linear("token_layer." + part, n) for n in normed] for part in ("key", "value")]
            if rotary:
                query = rotated(query, place)
                keys = [rotated(k, j) for j, k in enumerate(keys)]
            own.append(gated(p, "token_layer.", z, attended({place: query}, keys, values, place), multiple))
        result.append(own)
    return result


def gsasrec(p, history, times, layers=2):
    rows = embedded(p, history)
    for layer in range(layers):
        name = f"layers.{layer}."
        normed = [p.norm(name + "norm1", x) for x in rows]
        queries = [p.linear(name + "query", n) for n in normed]
        keys, values = [[p.linear(name + part, x) for x in rows] for part in ("key", "value")]
        result = []
        for place, n in enumerate(normed):
            c = p.norm(name + "norm2", n + attended(queries, keys, values, place))
            result.append(c + p.linear(name + "dense2", p.linear(name + "dense1", c)))
        rows = result
    return [p.norm("norm", x) for x in rows]


def hstu(p, history, times, layers=2):
    rows = embedded(p, history)
    width = SIZE // HEADS
    for layer in range(layers):
        name = f"layers.{layer}."
        normed = [p.norm(name + "norm1", x) for x in rows]
        gates, values, queries, keys = [
            [silu(p.linear(name + part, n, bias=False)) for n in normed] for part in ("gate", "value", "query", "key")]
        distances = p(name + "distances", HISTORY_MAX)
        buckets = p(name + "times", 129)
        result = []
        for i, x in enumerate(rows):
            parts = []
            for head in range(HEADS):
                own = slice(head * width, (head + 1) * width)
                total = np.zeros(width)
                for j in range(i + 1):
                    bucket = min(int(np.log(max(abs(times[i] - times[j]), 1)) / 0.301), 128)
                    bias = distances[HISTORY_MAX - 1 - (i - j)] + buckets[bucket]
                    total += silu(queries[i][own] @ keys[j][own] + bias) / HISTORY_MAX * values[j][own]
                parts.append(total)
            gated = gates[i] * p.norm(name + "norm2", np.concatenate(parts))
            result.append(x + p.linear(name + "output", gated))
        rows = result
    return [p.norm("norm", x) for x in rows]


def losses(items, vectors, targets):
    """The sums over all targets of the losses against the shared negatives."""
    result = {"sampled-softmax": 0.0, "masked": 0.0, "smoothed": 0.0, "gbce": 0.0, "full-softmax": 0.0}
    for u, target in zip(vectors, targets):
        positive = items[target] @ u
        scores = np.array([items[item] @ u for item in NEGATIVES])
        every = items[1:] @ u

        def entropy(others):
            return np.log(np.exp(positive) + np.exp(others).sum()) - positive

        result["sampled-softmax"] += entropy(scores)
        result["masked"] += entropy(scores[np.array(NEGATIVES) != target])
        result["full-softmax"] += entropy(np.delete(every, target - 1))
        mean = (positive + scores.sum()) / (1 + len(scores))
        result["smoothed"] += entropy(scores) + 0.2 * (positive - mean)
        # gBCE with t = 0.75: beta = alpha (t (1 - 1 / alpha) + 1 / alpha).
        alpha = len(scores) / (ITEMS - 1)
        beta = alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha)
        result["gbce"] += -(beta * np.log(sigmoid(positive)) + np.log(1 - sigmoid(scores)).sum()) / (1 + len(scores))
    return result


def case(name, model, options, compute, seed):
    p = Parameters(seed)
    vectors = [u for history, times in zip(HISTORIES, TIMES) for u in compute(p, history, times)]
    targets = [target for own in TARGETS for target in own]
    items = p.values["i_embeddings.weight"]
    trained = vectors
    if isinstance(vectors[0], list):
        # The interest that fits the target best is trained.
        trained = [max(own, key=lambda v: v @ items[target]) for own, target in zip(vectors, targets)]
        vectors = [v for own in vectors for v in own]
    return {
        "name": name,
        "model": model,
        "options": options,
        "parameters": {name: value.flatten().tolist() for name, value in p.values.items()},
        "vectors": [u.tolist() for u in vectors],
        "losses": losses(items, trained, targets),
    }


def main():
    sizes = {"embedding-size": str(SIZE), "history-max": str(HISTORY_MAX), "heads": str(HEADS), "layers": "2"}
    wide = {**sizes, "feed-forward": "3"}
    cases = [
        case("eSASRec", "eSASRec", wide, esasrec, 1),
        case("eSASRec, rotary", "eSASRec", {**wide, "rotary": "1"}, lambda p, h, t: esasrec(p, h, t, rotary=True), 2),
        case("gSASRec", "gSASRec", sizes, gsasrec, 3),
        case("HSTU", "HSTU", sizes, hstu, 4),
        case("KuaiFormer", "KuaiFormer", {**wide, "interests": "3"}, kuaiformer, 5),
        case(
            "KuaiFormer, rotary", "KuaiFormer", {**wide, "layers": "1", "rotary": "1", "interests": "2"},
            lambda p, h, t: kuaiformer(p, h, t, rotary=True, layers=1, interests=2), 6),
    ]
    print(json.dumps({
        "items": ITEMS, "histories": HISTORIES, "times": TIMES, "targets": TARGETS, "negatives": NEGATIVES,
        "cases": cases}))


if __name__ == "__main__":
    main()
