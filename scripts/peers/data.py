"""A data set in the ReChorus format: histories, training samples, negatives, padded batches.

Everything is an array; nothing loops over users or interactions in Python except the parsing of a file's lines.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

NO_INTERVAL = 65535


@dataclass
class Batch:
    """Rows of histories, right-padded with item 0, and their candidates: the true item first."""

    users: torch.Tensor  # [B]
    histories: torch.Tensor  # [B, L], oldest first
    lengths: torch.Tensor  # [B]
    positions: torch.Tensor  # [B, L], newest = 1, padding = 0
    items: torch.Tensor  # [B, 1 + N]
    pairs: torch.Tensor | None = None  # [P], where a model wants intervals: b L L + i L + j of valid slots j <= i
    intervals: torch.Tensor | None = None  # [P], of each pair
    # Only where the draws are given:
    routing: torch.Tensor | None = None  # [B, K, L]
    noise: torch.Tensor | None = None  # [N], negatives that the batch shares
    selected: torch.Tensor | None = None  # [B], the interest that is trained

    @property
    def mask(self):
        return self.positions > 0


@dataclass
class Rows:
    """One row for each position of a user's sequence that is to be predicted."""

    users: np.ndarray
    targets: np.ndarray
    ends: np.ndarray  # where in `Dataset.items` the history of the row ends
    lengths: np.ndarray  # how long it is, after the cut to history_max
    negatives: np.ndarray | None = None

    def __len__(self):
        return len(self.users)

    def subset(self, keep):
        return Rows(self.users[keep], self.targets[keep], self.ends[keep], self.lengths[keep])


def interval_pairs(times, gaps, valid, time_max):
    """Valid pairs of a slot and one not newer, and min(time_max, |t_i - t_j| / gap) of each."""
    slots = np.arange(times.shape[1])
    chosen = np.flatnonzero(valid[:, :, None] & (slots[:, None] >= slots))
    batch, later, earlier = np.unravel_index(chosen, (*times.shape, len(slots)))
    apart = np.abs(times[batch, later] - times[batch, earlier]) // gaps[batch]
    return torch.from_numpy(chosen), torch.from_numpy(np.minimum(apart, time_max))


def _open(folder, name):
    plain, compressed = Path(folder) / name, Path(folder) / (name + ".gz")
    if plain.exists():
        return open(plain)
    if compressed.exists():
        return gzip.open(compressed, "rt")
    raise SystemExit(f"error: there is no {plain}, nor with .gz")


def _read(folder, name):
    """The columns user_id, item_id, time and, where the file has them, the negatives."""
    with _open(folder, name) as file:
        header = file.readline().rstrip("\n").split("\t")
        columns = list(zip(*(line.rstrip("\n").split("\t") for line in file)))
    table = {key: column for key, column in zip(header, columns)}
    ids = [np.array(table[key], dtype=np.int64) for key in ("user_id", "item_id", "time")]
    negatives = None
    if "neg_items" in table:
        text = ",".join(row.strip("[] ") for row in table["neg_items"])
        negatives = np.fromstring(text, dtype=np.int64, sep=",").reshape(len(ids[0]), -1)
    return *ids, negatives


class Dataset:
    def __init__(self, folder, history_max=20, needs_negatives=True):
        self.history_max = history_max
        names = ("train.csv", "dev.csv", "test.csv")
        parts = [_read(folder, name) for name in names]
        for name, part in zip(names[1:], parts[1:]):
            if part[3] is None and needs_negatives:
                raise SystemExit(f"error: {name} has no column neg_items; the true item is ranked among these")
        users, items, times = (np.concatenate([part[column] for part in parts]) for column in range(3))
        split = np.repeat([0, 1, 2], [len(part[0]) for part in parts])
        self.user_count = int(users.max())
        self.item_count = int(max([items.max()] + [part[3].max() for part in parts[1:] if part[3] is not None]))

        # Interactions of a user in a row, by time; equal times in the order of the files.
        order = np.lexsort((np.arange(len(users)), times, users))
        self.items, self.times, sorted_users = items[order], times[order], users[order]
        starts = np.searchsorted(sorted_users, np.arange(self.user_count + 2))
        position = np.empty(len(order), dtype=np.int64)
        position[order] = np.arange(len(order))
        lengths = np.minimum(position - starts[users], history_max)

        def rows(which):
            chosen = np.flatnonzero(split == which)
            return Rows(users[chosen], items[chosen], position[chosen], lengths[chosen], parts[which][3])

        self.interactions, self.dev, self.test = rows(0), rows(1), rows(2)
        self.samples = self.interactions.subset(self.interactions.lengths > 0)
        self._clicked = np.unique(self.interactions.users * (self.item_count + 1) + self.interactions.targets)
        self._starts, self._gaps = starts, None

    def smallest_gaps(self):
        """For each user the smallest positive time between two interactions, at most 65535."""
        if self._gaps is None:
            gaps = np.full(self.user_count + 1, NO_INTERVAL, dtype=np.int64)
            users = np.repeat(np.arange(self.user_count + 1), np.diff(self._starts))
            steps = np.diff(self.times)
            within = (users[1:] == users[:-1]) & (steps > 0)
            np.minimum.at(gaps, users[1:][within], steps[within])
            self._gaps = gaps
        return self._gaps

    def draw_negatives(self, rows, count, random):
        """Uniform items, drawn again while the user has them in train."""
        negatives = random.integers(1, self.item_count + 1, size=(len(rows), count))
        pending = np.arange(negatives.size)
        keys = np.repeat(rows.users * (self.item_count + 1), count)
        flat = negatives.reshape(-1)
        while len(pending):
            key = keys[pending] + flat[pending]
            found = self._clicked[np.minimum(np.searchsorted(self._clicked, key), len(self._clicked) - 1)] == key
            pending = pending[found]
            flat[pending] = random.integers(1, self.item_count + 1, size=len(pending))
        return negatives

    def batch(self, rows, chosen, negatives, time_max=None):
        """The rows `chosen` as one padded batch; with `time_max` also the intervals between times."""
        users, ends, lengths = rows.users[chosen], rows.ends[chosen], rows.lengths[chosen]
        width = max(int(lengths.max()), 1)
        slots = np.arange(width)
        valid = slots < lengths[:, None]
        where = np.where(valid, (ends - lengths)[:, None] + slots, 0)
        pairs = intervals = None
        if time_max is not None:
            pairs, intervals = interval_pairs(self.times[where], self.smallest_gaps()[users], valid, time_max)
        return Batch(
            users=torch.from_numpy(users),
            histories=torch.from_numpy(np.where(valid, self.items[where], 0)),
            lengths=torch.from_numpy(lengths),
            positions=torch.from_numpy(np.where(valid, lengths[:, None] - slots, 0)),
            items=torch.from_numpy(np.concatenate([rows.targets[chosen, None], negatives[chosen]], axis=1)),
            pairs=pairs,
            intervals=intervals,
        )

    def epoch(self, rows, batch_size, negatives, order, time_max=None):
        """Batches over all rows in the order given; the last may be smaller."""
        for start in range(0, len(rows), batch_size):
            yield self.batch(rows, order[start : start + batch_size], negatives, time_max)
