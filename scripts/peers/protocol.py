"""How a result is measured: ranking, early stopping, the loop over epochs."""

import copy
import time

import numpy as np
import torch

CUTOFFS = (5, 10)


def rank(scores, ties="against"):
    """Place of column 0 in each row, from 1. Ties count against it; `for`: for it; `sort`: as an unstable sort."""
    if ties == "sort":
        order = (-scores.numpy()).argsort(axis=1)
        return torch.from_numpy(order.argsort(axis=1)[:, 0] + 1)
    others, own = scores[:, 1:], scores[:, :1]
    return 1 + (others > own if ties == "for" else others >= own).sum(1)


def metrics(ranks):
    ranks = ranks.double()
    result = {}
    for cutoff in CUTOFFS:
        hit = (ranks <= cutoff).double()
        result[f"HR@{cutoff}"] = hit.mean().item()
        result[f"NDCG@{cutoff}"] = (hit / torch.log2(ranks + 1)).mean().item()
    return result


@torch.no_grad()
def score_rows(model, data, rows, batch_size=512, time_max=None):
    """Scores of the true item (column 0) and the stored negatives of each row."""
    model.eval()
    state = torch.get_rng_state()
    torch.manual_seed(0)  # models that draw numbers draw the same ones in each evaluation
    every = np.arange(len(rows))
    scores = [model.rank_scores(b) for b in data.epoch(rows, batch_size, rows.negatives, every, time_max)]
    torch.set_rng_state(state)
    model.train()
    return torch.cat(scores)


def full_scores(model, batch):
    """Scores of all items, the padding row included: the best of the user's query vectors counts, [B, items]."""
    queries, table = model.queries(batch), model.table.weight
    if queries.dim() == 2:
        return queries @ table.T
    return (queries.flatten(0, 1) @ table.T).view(*queries.shape[:2], -1).amax(1)


@torch.no_grad()
def full_ranks(model, data, rows, batch_size=256, time_max=None):
    """Place of the true item among all items without those of the history; ties count against it."""
    model.eval()
    ranks = []
    nothing = np.zeros((len(rows), 0), dtype=np.int64)
    for batch in data.epoch(rows, batch_size, nothing, np.arange(len(rows)), time_max):
        scores = full_scores(model, batch)
        own = scores.gather(1, batch.items[:, :1])
        scores.scatter_(1, batch.histories, -torch.inf)  # the padding row, too
        scores[:, 0] = -torch.inf
        ranks.append((scores >= own).sum(1))  # the true item itself is the one
    model.train()
    return torch.cat(ranks)


def should_stop(values, patience=10):
    """After 20 epochs: the last `patience` values never rise, or the best is more than 20 epochs old."""
    if len(values) <= 20:
        return False
    tail = values[-patience:]
    falling = all(later <= earlier for earlier, later in zip(tail, tail[1:]))
    return (patience > 0 and falling) or len(values) - values.index(max(values)) > 20


def fit(model, data, optimizer, *, epochs, batch_size, negatives, random, patience=10, report=print):
    """Trains until the dev metric stops to rise; leaves the parameters of the best epoch in the model."""
    time_max = getattr(model, "time_max", None)
    rows = data.interactions if getattr(model, "uses_first_interactions", False) else data.samples
    values, best, best_state = [], None, None
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        drawn = data.draw_negatives(rows, negatives, random)
        order = torch.randperm(len(rows)).numpy()
        total = 0.0
        model.train()
        for batch in data.epoch(rows, batch_size, drawn, order, time_max):
            optimizer.zero_grad()
            loss = model.loss(batch)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch.users)
        seconds = time.perf_counter() - start
        dev = metrics(rank(score_rows(model, data, data.dev, time_max=time_max)))
        values.append(dev["NDCG@5"])
        mark = ""
        if best is None or values[-1] > best["dev"]["NDCG@5"]:
            best = {"epoch": epoch, "dev": dev}
            best_state = copy.deepcopy(model.state_dict())
            mark = " *"
        report(
            f"epoch {epoch:3}  {seconds:6.2f} s  loss {total / len(rows):.4f}  "
            f"dev HR@5 {dev['HR@5']:.4f} NDCG@5 {dev['NDCG@5']:.4f}{mark}"
        )
        if should_stop(values, patience):
            break
    model.load_state_dict(best_state)
    return {"best_epoch": best["epoch"], "epochs": epoch, "dev": best["dev"]}
