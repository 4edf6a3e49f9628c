#!/usr/bin/env python3
"""Speed of the models: training steps per second, or users ranked per second.

    benchmark.py --data FOLDER --rows ComiRec TiMiRec+ --threads 1 2
    benchmark.py --data FOLDER --rows SASRec --processes 2
    benchmark.py --data FOLDER --rows ComiRec --ranking

A pass runs over --steps batches of real samples, which were built in advance: forward, backward, Adam. The fastest of
--passes passes counts. With --processes, PyTorch's DistributedDataParallel over gloo: so many processes of one thread
each share out every batch. With --ranking a pass ranks the true item of every dev row among all items, batches
included. Prints one line of JSON for each row, number of threads and kind of Adam.
"""

import argparse
import json
import os
import socket
import time

import numpy as np
import torch
import torch.distributed
import torch.multiprocessing
from torch.nn.parallel import DistributedDataParallel

from data import Dataset
from layers import initialise
from models import MODELS
from optimizer import adam
from protocol import full_ranks

# The rows of the published result table, and those of BaM's setting: batch 128, history 50, 1,280 shared negatives.
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
    "ComiRec-soft": ("BaMComiRec", {"selection": "soft"}, 1e-3, 0.0),
    "ComiRec-hard": ("BaMComiRec", {"selection": "hard"}, 1e-3, 0.0),
    "MIND-soft": ("BaMMIND", {"selection": "soft"}, 1e-3, 0.0),
    "MIND-hard": ("BaMMIND", {"selection": "hard"}, 1e-3, 0.0),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with train.csv, dev.csv, test.csv")
    parser.add_argument("--rows", nargs="+", default=ROWS, choices=ROWS, metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--processes", type=int, default=1, help="processes of one thread each that share a batch")
    parser.add_argument("--adam", nargs="+", default=["fused"], choices=["plain", "fused"])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--history-max", type=int, default=20)
    parser.add_argument("--ranking", action="store_true", help="rank dev among all items instead of training")
    return parser.parse_args()


def build(row, data, options):
    """The model of a row, the same in every process."""
    name, settings, _, _ = ROWS[row]
    torch.manual_seed(0)
    model = MODELS[name](data, history_max=options.history_max, **settings)
    initialise(model)
    return model


def batches_of(model, data, options, rank=0):
    """Random training samples with one negative each: this process's share of each batch."""
    random = np.random.default_rng(0)
    rows = data.interactions if getattr(model, "uses_first_interactions", False) else data.samples
    negatives = data.draw_negatives(rows, 1, random)
    time_max = getattr(model, "time_max", None)
    size = min(options.batch_size, len(rows))
    chosen = [random.choice(len(rows), size, replace=False) for _ in range(options.steps)]
    return [data.batch(rows, part[rank :: options.processes], negatives, time_max) for part in chosen]


def seconds(loss, batches, optimizer):
    start = time.perf_counter()
    for batch in batches:
        optimizer.zero_grad()
        loss(batch).backward()
        optimizer.step()
    return time.perf_counter() - start


class Loss(torch.nn.Module):
    """What DistributedDataParallel wraps: it hooks into `forward`."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, batch):
        return self.model.loss(batch)


def report(row, options, best, count, unit, **more):
    result = {"row": row, "processes": options.processes} | more
    result |= {"seconds": round(best, 4), f"{unit}_per_second": round(count / best, 2)}
    if unit == "steps":
        result["milliseconds_per_step"] = round(1e3 * best / count, 4)
    print(json.dumps(result | {"torch": torch.__version__}), flush=True)


def train(row, data, options, threads, kind, rank=0):
    """The fastest pass of the training steps of a row."""
    _, _, lr, l2 = ROWS[row]
    torch.set_num_threads(threads)
    model = build(row, data, options).train()
    loss = model.loss if options.processes == 1 else DistributedDataParallel(Loss(model))
    optimizer = adam(model, lr, l2, fused=kind == "fused")
    batches = batches_of(model, data, options, rank)
    seconds(loss, batches[:10], optimizer)
    best = min(seconds(loss, batches, optimizer) for _ in range(options.passes))
    if rank == 0:
        report(row, options, best, len(batches), "steps", threads=threads, adam=kind)


def rank_all(row, data, options, threads):
    """The fastest ranking of the dev rows of a row."""
    torch.set_num_threads(threads)
    model = build(row, data, options)
    best = float("inf")
    full_ranks(model, data, data.dev.subset(np.arange(min(512, len(data.dev)))))
    for _ in range(options.passes):
        start = time.perf_counter()
        full_ranks(model, data, data.dev, time_max=getattr(model, "time_max", None))
        best = min(best, time.perf_counter() - start)
    report(row, options, best, len(data.dev), "rows", threads=threads)


def process(rank, options, port):
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    torch.distributed.init_process_group("gloo", rank=rank, world_size=options.processes)
    data = Dataset(options.data, options.history_max, needs_negatives=False)
    for row in options.rows:
        for kind in options.adam:
            train(row, data, options, 1, kind, rank)
    # Who leaves while the other still talks to it takes it down.
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def main():
    options = arguments()
    if options.processes > 1:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        torch.multiprocessing.spawn(process, args=(options, port), nprocs=options.processes)
        return
    data = Dataset(options.data, options.history_max, needs_negatives=False)
    for row in options.rows:
        for threads in options.threads:
            if options.ranking:
                rank_all(row, data, options, threads)
            else:
                for kind in options.adam:
                    train(row, data, options, threads, kind)


if __name__ == "__main__":
    main()
