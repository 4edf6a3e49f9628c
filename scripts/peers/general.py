"""Models of users and items without order: BPRMF and LightGCN."""

import warnings

import numpy as np
import torch
from torch import nn

from layers import ItemEmbedding, inner, ranking_loss


class BPRMF(nn.Module):
    """s = <P_u, E_i>."""

    uses_first_interactions = True

    def __init__(self, data, size=64, **_):
        super().__init__()
        self.u_embeddings = nn.Embedding(data.user_count + 1, size)
        self.i_embeddings = ItemEmbedding(data.item_count + 1, size)

    def scores(self, batch):
        return inner(self.u_embeddings(batch.users), self.i_embeddings(batch.items))

    def loss(self, batch):
        return ranking_loss(self.scores(batch))

    def rank_scores(self, batch):
        return self.scores(batch)


class _Propagate(torch.autograd.Function):
    """A x for a constant symmetric sparse A, whose gradient is A again."""

    @staticmethod
    def forward(context, matrix, x):
        context.matrix = matrix
        return matrix @ x

    @staticmethod
    def backward(context, gradient):
        return None, context.matrix @ gradient


def normalised_adjacency(data):
    """D^-1/2 A D^-1/2 of the graph of users and items, rows of users first; isolated nodes have empty rows."""
    users, items = np.unique(np.stack([data.interactions.users, data.interactions.targets]), axis=1)
    items = items + data.user_count + 1
    count = data.user_count + data.item_count + 2
    rows, columns = np.concatenate([users, items]), np.concatenate([items, users])
    degree = np.bincount(rows, minlength=count)
    values = 1 / np.sqrt(degree[rows] * degree[columns].astype(np.float64))
    order = np.lexsort((columns, rows))
    starts = np.concatenate([[0], np.cumsum(degree)])
    parts = (torch.from_numpy(part) for part in (starts, columns[order], values[order].astype(np.float32)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sparse tensors are called beta
        return torch.sparse_csr_tensor(*parts, (count, count))


class LightGCN(nn.Module):
    """X_k = A X_(k-1), final = mean of X_0 ... X_n, s = <final_u, final_i>."""

    uses_first_interactions = True

    def __init__(self, data, size=64, n_layers=3, **_):
        super().__init__()
        self.layers, self.adjacency = n_layers, normalised_adjacency(data)
        self.user_emb = nn.Parameter(nn.init.xavier_uniform_(torch.empty(data.user_count + 1, size)))
        self.item_emb = nn.Parameter(nn.init.xavier_uniform_(torch.empty(data.item_count + 1, size)))
        self._scoring = None

    def final(self):
        if not self.training and self._scoring is not None:
            return self._scoring
        total = x = torch.cat([self.user_emb, self.item_emb])
        for _ in range(self.layers):
            x = _Propagate.apply(self.adjacency, x)
            total = total + x
        total = total / (self.layers + 1)
        if not self.training and not torch.is_grad_enabled():
            self._scoring = total  # the same for all rows of an evaluation
        return total

    def train(self, mode=True):
        self._scoring = None
        return super().train(mode)

    def scores(self, batch):
        final = self.final()
        rows = torch.cat([batch.users[:, None], batch.items + len(self.user_emb)], dim=1)
        picked = torch.nn.functional.embedding(rows, final)
        return inner(picked[:, 0], picked[:, 1:])

    def loss(self, batch):
        return ranking_loss(self.scores(batch))

    def rank_scores(self, batch):
        return self.scores(batch)
