#!/usr/bin/env python3
"""Trains one model on a folder in the ReChorus format and ranks the test rows once, with the best epoch's parameters.

    train.py --model ComiRec --data FOLDER --K 4 --lr 1e-3 --l2 1e-6 --seed 0
    train.py --model TiMiRec --data FOLDER --K 6 --lr 1e-4 --l2 1e-6 --add-trm 1     (pretrain, then finetune)

Prints a line an epoch and, at the end of each stage, one line of JSON.
"""

import argparse
import json
import time

import numpy as np
import torch
from safetensors.torch import load_file

from data import Dataset
from layers import ItemEmbedding, initialise
from models import MODELS
from optimizer import adam
from protocol import fit, metrics, rank, score_rows


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=sorted(MODELS))
    parser.add_argument("--data", required=True, help="folder with train.csv, dev.csv, test.csv")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--l2", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--early-stop", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--negatives", type=int, default=1)
    parser.add_argument("--history-max", type=int, default=20)
    parser.add_argument("--size", type=int, default=64)
    model = parser.add_argument_group("options of models")
    model.add_argument("--K", type=int, default=4, help="interests")
    model.add_argument("--attn-size", type=int, default=8)
    model.add_argument("--add-pos", type=int, default=1)
    model.add_argument("--add-trm", type=int, default=1)
    model.add_argument("--temp", type=float, default=1.0)
    model.add_argument("--n-layers", type=int, help="LightGCN (3), TiMiRec's predictor (1)")
    model.add_argument("--stage", choices=("pretrain", "finetune", "both"), default="both")
    model.add_argument("--extractor", help="parameters of a pretraining (.pt, .safetensors), for --stage finetune")
    model.add_argument("--hidden-size", type=int, default=100)
    model.add_argument("--num-layers", type=int, default=1)
    model.add_argument("--num-heads", type=int, default=1)
    model.add_argument("--dropout", type=float, default=0.0)
    model.add_argument("--time-max", type=int, default=512)
    model.add_argument("--p", default="inf")
    model.add_argument("--iterations", type=int, default=3)
    model.add_argument("--relu-layer", type=int, default=0)
    parser.add_argument("--pretrain-lr", type=float, help="another learning rate for TiMiRec's pretraining")
    parser.add_argument("--free-padding", action="store_true", help="item row 0 random and trained")
    parser.add_argument("--plain-adam", action="store_true", help="Adam without fusion")
    parser.add_argument("--old-epsilon", action="store_true", help="Adam's epsilon as in PyTorch before 1.3")
    parser.add_argument("--save", help="file for the parameters of the best epoch; pretraining adds .pretrain")
    return parser.parse_args()


def run(arguments, data, stage, extractor=None):
    """One stage; returns the trained model."""
    torch.manual_seed(arguments.seed)
    random = np.random.default_rng(arguments.seed)
    options = {key: value for key, value in vars(arguments).items() if value is not None}
    model = MODELS[options.pop("model")](**options | {"data": data, "stage": stage})
    initialise(model)
    if extractor is not None:
        model.load_state_dict(extractor, strict=False)
    lr = arguments.pretrain_lr if stage == "pretrain" and arguments.pretrain_lr else arguments.lr
    start = time.perf_counter()
    optimizer = adam(model, lr, arguments.l2, not arguments.plain_adam, arguments.old_epsilon)
    outcome = fit(
        model, data, optimizer, epochs=arguments.epochs, batch_size=arguments.batch_size, negatives=arguments.negatives,
        random=random, patience=arguments.early_stop, report=lambda line: print(line, flush=True),
    )
    seconds = time.perf_counter() - start
    scores = score_rows(model, data, data.test, time_max=getattr(model, "time_max", None))
    ties = {rule: metrics(rank(scores, rule)) for rule in ("for", "sort")}
    result = {"model": arguments.model, "stage": stage, "seed": arguments.seed, "lr": lr, "l2": arguments.l2}
    result |= {"test": metrics(rank(scores))} | outcome | {"seconds": seconds, "test_other_ties": ties}
    print(json.dumps(result), flush=True)
    return model


def read_parameters(path):
    """From --save, or from a run of the trainer: the parameters have the same names."""
    return load_file(path) if path.endswith(".safetensors") else torch.load(path)


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    ItemEmbedding.free_padding = options.free_padding
    data = Dataset(options.data, options.history_max)
    if options.model != "TiMiRec":
        model = run(options, data, None)
    else:
        extractor = read_parameters(options.extractor) if options.extractor else None
        if options.stage != "finetune":
            model = run(options, data, "pretrain")
            extractor = model.state_dict()
            if options.save:
                torch.save(extractor, options.save + ".pretrain")
        if options.stage != "pretrain":
            model = run(options, data, "finetune", extractor)
    if options.save:
        torch.save(model.state_dict(), options.save)


if __name__ == "__main__":
    main()
