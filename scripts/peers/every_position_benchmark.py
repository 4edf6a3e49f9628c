#!/usr/bin/env python3
"""Speed of SASRec with a target at every position: targets trained per second.

    every_position_benchmark.py --data ml1m.txt --history-max 200 --layers 2 --threads 1 2

Reads `user item` lines in time order; the last two items of a user are left to dev and test. A sample is the newest
window of a user. All batches of a pass are built in advance; the loss is the sampled softmax over negatives that the
batch shares, over the valid slots alone; Adam is fused. Two layouts: `padded` computes every slot of a batch; `packed`
computes linear layers, normalisation and losses over valid slots alone and pads for the attention. The faster one is for
the reader to take. Prints one line of JSON for each layout and number of threads.
"""

import argparse
import gzip
import json
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from layers import ItemEmbedding, TransformerLayer, initialise, join_heads, split_heads


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="file of `user item` lines, plain or .gz")
    parser.add_argument("--layouts", nargs="+", default=["padded", "packed"], choices=["padded", "packed"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--heads", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--history-max", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--negatives", type=int, default=512)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--passes", type=int, default=3)
    return parser.parse_args()


def windows(path, history_max):
    """The newest window of each user: at most `history_max` items and the one behind each; and the number of items."""
    users = {}
    with gzip.open(path, "rt") if path.endswith(".gz") else open(path) as file:
        for line in file:
            user, item = line.split()[:2]
            users.setdefault(user, []).append(int(item))
    train = [np.array(items[:-2][-(history_max + 1) :]) for items in users.values() if len(items) > 3]
    return train, max(max(items) for items in users.values())


class Batch:
    """Windows, padded on the right: histories `[B, L]`, and of the valid slots the flat places and the targets."""

    def __init__(self, chosen):
        width = max(len(window) for window in chosen) - 1
        histories, positions = (np.zeros((len(chosen), width), dtype=np.int64) for _ in range(2))
        targets = np.zeros((len(chosen), width), dtype=np.int64)
        for row, window in enumerate(chosen):
            length = len(window) - 1
            histories[row, :length], targets[row, :length] = window[:-1], window[1:]
            positions[row, :length] = np.arange(length, 0, -1)
        valid = np.flatnonzero(histories)
        self.shape = histories.shape
        self.histories, self.positions = torch.from_numpy(histories), torch.from_numpy(positions)
        self.valid, self.targets = torch.from_numpy(valid), torch.from_numpy(targets.reshape(-1)[valid])


class Layer(TransformerLayer):
    """The layer of SASRec with the fused attention of PyTorch; keys behind a slot are never seen, padding is there."""

    def forward(self, x, batch, packed):
        head = self.masked_attn_head
        q, k, v = (linear(x) for linear in (head.q_linear, head.k_linear, head.v_linear))
        if packed:
            q, k, v = (padded(part, batch) for part in (q, k, v))
        parts = (split_heads(part, self.heads) for part in (q, k, v))
        attended = join_heads(F.scaled_dot_product_attention(*parts, is_causal=True))
        if packed:
            attended = attended.reshape(-1, attended.shape[-1]).index_select(0, batch.valid)
        return self.after_attention(attended, x)


def padded(rows, batch):
    """Rows of the valid slots, `[T, d]`, each at its slot, `[B, L, d]`."""
    flat = rows.new_zeros(batch.shape[0] * batch.shape[1], rows.shape[1])
    return flat.index_copy(0, batch.valid, rows).view(*batch.shape, -1)


class SASRec(nn.Module):
    def __init__(self, item_count, options):
        super().__init__()
        self.i_embeddings = ItemEmbedding(item_count + 1, options.size)
        self.p_embeddings = nn.Embedding(options.history_max + 1, options.size)
        self.layers = nn.ModuleList(
            Layer(options.size, options.heads, options.dropout) for _ in range(options.layers)
        )
        self.negatives, self.item_count = options.negatives, item_count

    def loss(self, batch, packed):
        histories, positions = batch.histories, batch.positions
        if packed:
            histories, positions = (ids.view(-1).index_select(0, batch.valid) for ids in (histories, positions))
        x = self.i_embeddings(histories) + self.p_embeddings(positions)
        for layer in self.layers:
            x = layer(x, batch, packed)
        users = x if packed else x.flatten(0, 1).index_select(0, batch.valid)
        drawn = torch.randint(1, self.item_count + 1, (self.negatives,))
        positive = (users * self.i_embeddings(batch.targets)).sum(1, keepdim=True)
        logits = torch.cat([positive, users @ self.i_embeddings(drawn).t()], dim=1)
        return F.cross_entropy(logits, torch.zeros(len(users), dtype=torch.int64))


def measure(options, train, item_count, layout, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = SASRec(item_count, options).train()
    initialise(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    random = np.random.default_rng(0)
    size = min(options.batch_size, len(train))
    batches = [
        Batch([train[user] for user in random.choice(len(train), size, replace=False)]) for _ in range(options.steps)
    ]

    def seconds(some):
        start = time.perf_counter()
        for batch in some:
            optimizer.zero_grad()
            model.loss(batch, layout == "packed").backward()
            optimizer.step()
        return time.perf_counter() - start

    seconds(batches[:3])
    best = min(seconds(batches) for _ in range(options.passes))
    targets = sum(len(batch.targets) for batch in batches)
    result = {"layout": layout, "threads": threads, "milliseconds_per_step": round(1e3 * best / len(batches), 3)}
    result |= {"targets_per_second": round(targets / best), "torch": torch.__version__}
    print(json.dumps(result), flush=True)


def main():
    options = arguments()
    train, item_count = windows(options.data, options.history_max)
    for layout in options.layouts:
        for threads in options.threads:
            measure(options, train, item_count, layout, threads)


if __name__ == "__main__":
    main()
