"""Compares scores of exported parameters in PyTorch with the inner products of exported vectors.

usage: compare_with_peers.py PEERS DATA HISTORY_MAX SIZE INTERESTS RUN ...

In the working directory each RUN has a folder with the exports `vectors` and `parameters`. Prints the name and the
largest difference of a score, relative to the largest score where that is above 1.
"""

import sys
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import load_file

peers, folder, history_max, size, interests = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
sys.path.insert(0, peers)

from data import Batch, Dataset  # noqa: E402
from models import MODELS  # noqa: E402

NAMES = {"YouTubeDNN": "YouTube"}
data = Dataset(folder, history_max, needs_negatives=False)


def histories():
    """All that is known of each user, the newest items, padded on the right."""
    rows = [data.items[start:end][-history_max:] for start, end in zip(data._starts[1:-1], data._starts[2:])]
    lengths = torch.tensor([len(row) for row in rows])
    padded = torch.zeros(len(rows), int(lengths.max()), dtype=torch.int64)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = torch.from_numpy(row)
    positions = (lengths[:, None] - torch.arange(padded.shape[1])).clamp(min=0)
    return Batch(torch.arange(1, len(rows) + 1), padded, lengths, positions, padded[:, :1])


batch = histories()
for run in sys.argv[6:]:
    state = load_file(f"{run}/parameters/state_dict.safetensors")
    options = dict(size=size, K=interests, history_max=history_max, stage="finetune")
    if "rnn.weight_hh_l0" in state:
        options["hidden_size"] = state["rnn.weight_hh_l0"].shape[1]
    sizes = SimpleNamespace(item_count=data.item_count, user_count=data.user_count)
    model = MODELS[NAMES.get(run, run)](sizes, **options)
    parameters = dict(model.named_parameters())
    if set(state) != set(parameters):
        raise SystemExit(f"{run}: parameters differ: {sorted(set(state) ^ set(parameters))}")
    with torch.no_grad():
        for name, parameter in parameters.items():
            # The reference implementation of TiMiRec's predictor has a last row that nothing uses.
            parameter.copy_(state[name][: len(parameter)] if parameter.dim() else state[name])
        model.eval()
        queries = model.queries(batch)
        queries = queries if queries.dim() == 3 else queries[:, None]
        scores = (queries @ model.table.weight[1:].T).amax(1).numpy()
    items, vectors = np.load(f"{run}/vectors/items.npy"), np.load(f"{run}/vectors/interests.npy")
    expected = np.einsum("ukd,nd->ukn", vectors, items).max(1)
    print(run, np.abs(scores - expected).max() / max(1.0, np.abs(expected).max()), sep="\t")
