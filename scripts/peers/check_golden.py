#!/usr/bin/env python3
"""Compares forward, gradient and ten Adam steps of every model with reference tensors.

usage: check_golden.py DIRECTORY [CASE ...]

DIRECTORY holds a folder for each case, with case.json and tensors.safetensors.
Tolerance: |x - reference| <= 5e-6 + 5e-5 |reference|, 2e-5 instead of 5e-6 after ten steps. Prints a line for each
case and ends with exit code 1 if one fails.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_file

from data import Batch, interval_pairs
from models import MODELS
from optimizer import adam
from protocol import full_scores


# Models that the reference tensors know by another name.
NAMES = {"bam_comirec": "BaMComiRec", "bam_mind": "BaMMIND"}


def excess(x, reference, absolute):
    """By how much of the tolerance the worst entry differs."""
    if x.numel() == 0:
        return 0.0
    x, reference = x.double(), reference.double()
    return ((x - reference).abs() / (absolute + 5e-5 * reference.abs())).max().item()


def build(case, tensors):
    options = dict(case["hyperparameters"])
    options["size"] = options.pop("emb_size")
    for name, other in {"interest_num": "K", "seq_len": "history_max", "sampled_n": "negatives"}.items():
        if name in options:
            options[other] = options.pop(name)
    options["selection"] = {"bam": "soft"}.get(options.get("selection"), options.get("selection"))
    data = SimpleNamespace(user_count=case["n_users"], item_count=case["n_items"])
    if "graph.user" in tensors or "batch.graph.user" in tensors:
        prefix = "" if "graph.user" in tensors else "batch."
        users, items = tensors[prefix + "graph.user"], tensors[prefix + "graph.item"]
        data.interactions = SimpleNamespace(users=users.numpy(), targets=items.numpy())
    return MODELS[NAMES.get(case["model"], case["model"])](data, **options)


def batch_of(tensors, candidates, time_max):
    histories, lengths = tensors["batch.history_items"], tensors["batch.lengths"]
    left = lengths[:, None] - torch.arange(histories.shape[1])
    pairs = intervals = None
    if time_max is not None:
        times, gaps = tensors["batch.history_times"].numpy(), tensors["batch.user_min_interval"].numpy()
        pairs, intervals = interval_pairs(times, gaps, (left > 0).numpy(), time_max)
    return Batch(
        tensors["batch.user_id"], histories, lengths, left.clamp(min=0), tensors[candidates], pairs, intervals,
        tensors.get("batch.routing_init"), tensors.get("batch.noise_items"), tensors.get("batch.selected_interest"),
    )


def check(folder):
    case = json.loads((folder / "case.json").read_text())
    tensors = load_file(folder / "tensors.safetensors")
    model = build(case, tensors)
    # LightGCN's tables lie directly in the model here.
    tensors = {name.replace("encoder.embedding_dict.", ""): tensor for name, tensor in tensors.items()}
    padded = [name.removeprefix("encoder.embedding_dict.") for name in case["padding_rows_forced_to_zero"]]
    zero_gradient = case["zero_gradient_params"]
    parameters = dict(model.named_parameters())
    names = {name[6:] for name in tensors if name.startswith("param.")} - set(case["unused_params"])
    if names != set(parameters):
        raise SystemExit(f"{case['name']}: parameters differ: {sorted(names ^ set(parameters))}")

    def reference(prefix, name):
        # The predictor's table has a last row in the reference tensors that nothing uses.
        return tensors[prefix + name][: len(parameters[name])] if parameters[name].dim() else tensors[prefix + name]

    def compared(name, x):
        return x[1:] if name in padded else x

    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(reference("param.", name))
    model.eval()  # dropout off
    time_max = case["hyperparameters"].get("time_max")
    batch = batch_of(tensors, "batch.item_id", time_max)
    if "eval.scores" in tensors:  # of all items
        ranked, expected = full_scores(model, batch), tensors["eval.scores"]
    else:
        ranked, expected = model.rank_scores(batch_of(tensors, "eval.item_id", time_max)), tensors["eval.prediction"]
    worst = {"eval": excess(ranked.detach(), expected, 5e-6)}
    worst["scores"] = excess(model.scores(batch).detach(), tensors["out.prediction"], 5e-6)

    optimizer = adam(model, case["optimizer"]["lr"], case["optimizer"]["weight_decay"])
    losses = []
    for step in range(1, 11):
        optimizer.zero_grad()
        loss = model.loss(batch)
        loss.backward()
        losses.append(loss.detach())
        if step == 1:
            worst["loss"] = excess(loss.detach(), tensors["out.loss"], 5e-6)
            worst["gradient"] = max(
                excess(compared(n, p.grad), compared(n, reference("grad.", n)), 5e-6) for n, p in parameters.items()
            )
        optimizer.step()
        if step in (1, 3, 10):
            worst[f"step {step}"] = max(
                excess(compared(n, p.detach()), compared(n, reference(f"step{step}.", n)), 2e-5 if step == 10 else 5e-6)
                for n, p in parameters.items()
                if n not in zero_gradient
            )
    worst["losses"] = excess(torch.stack(losses), tensors["steps.loss"], 5e-6)
    return worst


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        raise SystemExit(__doc__)
    folders = sorted(path.parent for path in Path(sys.argv[1]).glob("*/case.json"))
    wanted = sys.argv[2:]
    failed = 0
    for folder in folders:
        if wanted and folder.name not in wanted:
            continue
        worst = check(folder)
        passed = all(value <= 1 for value in worst.values())
        failed += not passed
        shown = ", ".join(f"{key} {value:.2g}" for key, value in worst.items())
        print(f"{folder.name:24} {'passed' if passed else 'FAILED'}  (share of the tolerance: {shown})")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
