"""Mixtures of logits in NumPy and double precision: the reference for scores, losses and gradients.

    python3 scripts/peers/mixture.py > Tests/RecommendersTests/Mixture.json

Every pair of a target and an item is computed by itself, by the formula of the paper (Zhai et al. 2023) with gates that
are added; gradients are differences of the loss.
"""

import json

import numpy as np

from every_position import HISTORIES, HISTORY_MAX, ITEMS, NEGATIVES, SIZE, TARGETS, TIMES, Parameters, esasrec, silu, softmax

USERS, PARTS, WIDTH, HIDDEN = 3, 2, 5, 6
SCORE_TEMPERATURE, SMOOTHING, IMPORTANCE = 0.25, 0.2, 0.7


def unit(x):
    return x / np.sqrt(x @ x)


def score(p, u, e):
    f = p("mixture.users.weight", USERS * WIDTH, SIZE) @ u
    g = p("mixture.items.weight", PARTS * WIDTH, SIZE) @ e
    logits = np.array([
        unit(f[a * WIDTH:(a + 1) * WIDTH]) @ unit(g[b * WIDTH:(b + 1) * WIDTH])
        for a in range(USERS) for b in range(PARTS)])
    gates = np.zeros(USERS * PARTS)
    for name, x, bias in (("user", u, True), ("item", e, False), ("logit", logits, False)):
        hidden = silu(p.linear(f"mixture.{name}_gate.first", x, HIDDEN))
        gates += p.linear(f"mixture.{name}_gate.second", hidden, USERS * PARTS, bias)
    return softmax(gates) @ logits


def vectors(p):
    return [u for history, times in zip(HISTORIES, TIMES) for u in esasrec(p, history, times, layers=1)]


def losses(p):
    """The sums over all targets against the shared negatives."""
    result = dict.fromkeys(("plain", "masked", "smoothed", "important"), 0.0)
    items = p("i_embeddings.weight", ITEMS + 1, SIZE)
    for u, target in zip(vectors(p), [target for own in TARGETS for target in own]):
        positive = score(p, u, items[target]) / SCORE_TEMPERATURE
        others = np.array([score(p, u, items[item]) for item in NEGATIVES]) / SCORE_TEMPERATURE

        def entropy(scores, weights=1.0):
            return np.log(np.exp(positive) + (weights * np.exp(scores)).sum()) - positive

        result["plain"] += entropy(others)
        result["masked"] += entropy(others[np.array(NEGATIVES) != target])
        mean = (positive + others.sum()) / (1 + len(others))
        result["smoothed"] += entropy(others) + SMOOTHING * (positive - mean)
        weights = np.exp(IMPORTANCE * others)
        result["important"] += entropy(others, weights / weights.mean())
    return result


def gradient(p, loss):
    result = {}
    for name, value in p.values.items():
        derivatives = np.zeros(value.size)
        flat = value.reshape(-1)
        for index in range(SIZE if name == "i_embeddings.weight" else 0, value.size):
            known, step = flat[index], 1e-5
            flat[index] = known + step
            above = losses(p)[loss]
            flat[index] = known - step
            below = losses(p)[loss]
            flat[index] = known
            derivatives[index] = (above - below) / (2 * step)
        result[name] = derivatives.tolist()
    return result


def main():
    p = Parameters(7)
    found = losses(p)
    items = p.values["i_embeddings.weight"]
    print(json.dumps({
        "items": ITEMS, "histories": HISTORIES, "times": TIMES, "targets": TARGETS, "negatives": NEGATIVES,
        "mixture": {"users": USERS, "items": PARTS, "size": WIDTH, "hidden": HIDDEN},
        "score-temperature": SCORE_TEMPERATURE, "smoothing": SMOOTHING, "importance": IMPORTANCE,
        "options": {"embedding-size": str(SIZE), "history-max": str(HISTORY_MAX), "heads": "2", "layers": "1", "feed-forward": "3"},
        "parameters": {name: value.flatten().tolist() for name, value in p.values.items()},
        "scores": [[score(p, u, item) for item in items[1:]] for u in vectors(p)],
        "losses": found, "gradients": {loss: gradient(p, loss) for loss in found}}))


if __name__ == "__main__":
    main()
