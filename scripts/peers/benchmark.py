#!/usr/bin/env python3
"""Training steps per second of a model, with batches built in advance.

    benchmark.py --data FOLDER --rows ComiRec TiMiRec+ --threads 1 2

A pass runs over --steps batches of real samples: forward, backward, Adam. The best of three passes counts. Prints one
line of JSON for each row, number of threads and kind of Adam.
"""

import argparse
import json
import time

import numpy as np
import torch

from data import Dataset
from layers import initialise
from models import MODELS
from optimizer import adam

# The rows of the published result table.
ROWS = {
    "BPR": ("BPRMF", {}, 1e-3, 1e-6),
    "LightGCN": ("LightGCN", {"n_layers": 3}, 1e-3, 1e-8),
    "GRU4Rec": ("GRU4Rec", {"hidden_size": 100}, 1e-3, 1e-4),
    "YouTube": ("YouTube", {}, 1e-3, 1e-6),
    "MIND": ("MIND", {"K": 4}, 1e-3, 1e-6),
    "SASRec": ("SASRec", {}, 1e-4, 1e-6),
    "TiSASRec": ("TiSASRec", {"time_max": 512}, 1e-4, 1e-6),
    "ComiRec": ("ComiRec", {"K": 4}, 1e-3, 1e-6),
    "ComiRec+": ("TiMiRec", {"K": 6, "stage": "pretrain", "add_trm": 1}, 1e-4, 1e-6),
    "TiMiRec": ("TiMiRec", {"K": 6, "stage": "finetune", "add_trm": 0}, 1e-4, 1e-6),
    "TiMiRec+": ("TiMiRec", {"K": 6, "stage": "finetune", "add_trm": 1}, 1e-4, 1e-6),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with train.csv, dev.csv, test.csv")
    parser.add_argument("--rows", nargs="+", default=ROWS, choices=ROWS, metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--adam", nargs="+", default=["plain", "fused"], choices=["plain", "fused"])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--history-max", type=int, default=20)
    return parser.parse_args()


def prepare(row, data, steps, batch_size, history_max):
    """The model and its batches: random training samples with one negative each."""
    name, options, _, _ = ROWS[row]
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    model = MODELS[name](data, history_max=history_max, **options)
    initialise(model)
    rows = data.interactions if getattr(model, "uses_first_interactions", False) else data.samples
    negatives = data.draw_negatives(rows, 1, random)
    time_max = getattr(model, "time_max", None)
    size = min(batch_size, len(rows))
    chosen = [random.choice(len(rows), size, replace=False) for _ in range(steps)]
    return model, [data.batch(rows, part, negatives, time_max) for part in chosen]


def seconds(model, batches, optimizer):
    start = time.perf_counter()
    for batch in batches:
        optimizer.zero_grad()
        model.loss(batch).backward()
        optimizer.step()
    return time.perf_counter() - start


def main():
    options = arguments()
    data = Dataset(options.data, options.history_max)
    for row in options.rows:
        _, _, lr, l2 = ROWS[row]
        for threads in options.threads:
            torch.set_num_threads(threads)
            for kind in options.adam:
                model, batches = prepare(row, data, options.steps, options.batch_size, options.history_max)
                model.train()
                optimizer = adam(model, lr, l2, fused=kind == "fused")
                seconds(model, batches[:10], optimizer)
                best = min(seconds(model, batches, optimizer) for _ in range(options.passes))
                samples = sum(len(batch.users) for batch in batches)
                result = {"row": row, "threads": threads, "adam": kind, "steps": len(batches)}
                result |= {"seconds": round(best, 4), "steps_per_second": round(len(batches) / best, 2)}
                result |= {"samples_per_second": round(samples / best, 1), "torch": torch.__version__}
                print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
