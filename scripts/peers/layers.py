"""Layers and losses that several models share. Formulas: [B] batch, [L] history, [d] embedding, [K] interests."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class ItemEmbedding(nn.Embedding):
    """A table whose row 0 stands for padding: zero and never trained, unless `free_padding`."""

    free_padding = False

    def __init__(self, rows, size):
        super().__init__(rows, size)

    def forward(self, ids):
        return F.embedding(ids, self.weight, padding_idx=None if self.free_padding else 0)


def initialise(model):
    """N(0, 0.01) for embeddings, linear weights and linear biases; other layers as they are made."""
    for module in model.modules():
        if isinstance(module, (nn.Embedding, nn.Linear)):
            nn.init.normal_(module.weight, std=0.01)
            if getattr(module, "bias", None) is not None:
                nn.init.normal_(module.bias, std=0.01)
        if isinstance(module, ItemEmbedding) and not module.free_padding:
            with torch.no_grad():
                module.weight[0] = 0


def inner(vectors, candidates):
    """<u, e> of each candidate: [B, d] and [B, C, d] to [B, C]."""
    return torch.bmm(candidates, vectors.unsqueeze(2)).squeeze(2)


def ranking_loss(scores):
    """-log sum_j w_j sigmoid(s+ - s-_j) with w = softmax(s-), mean over the batch; the true item is column 0."""
    positive, negative = scores[:, :1], scores[:, 1:]
    if negative.shape[1] == 1:
        return F.softplus(negative - positive).mean()
    return -torch.logsumexp(F.log_softmax(negative, dim=1) + F.logsigmoid(positive - negative), dim=1).mean()


def masked_softmax(logits, mask):
    """Softmax over the last axis where the mask holds; a row without any valid slot is zero."""
    weights = torch.softmax(logits.masked_fill(~mask, -1e30), dim=-1)
    return weights * mask


def attend(queries, keys, values, mask):
    """softmax(q k^T / sqrt(d_head)) v over heads, [B, H, L, d_head]; mask [L, L] or [B, 1, 1, L]."""
    weights = torch.matmul(queries, keys.transpose(-1, -2)) / math.sqrt(queries.shape[-1])
    return torch.matmul(torch.softmax(weights.masked_fill(~mask, -1e30), dim=-1), values)


def split_heads(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(x):
    return x.transpose(1, 2).flatten(2)


class Attention(nn.Module):
    """Queries, keys and values of a Transformer layer, without output projection."""

    def __init__(self, size):
        super().__init__()
        self.q_linear = nn.Linear(size, size)
        self.k_linear = nn.Linear(size, size)
        self.v_linear = nn.Linear(size, size)


class TransformerLayer(nn.Module):
    """Post-norm: c = LN1(drop(a v) + x), y = LN2(drop(W2 relu(W1 c + b1) + b2) + c)."""

    def __init__(self, size, heads=1, dropout=0.0):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.masked_attn_head = Attention(size)
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.linear1, self.linear2 = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x, mask):
        head = self.masked_attn_head
        q, k, v = (split_heads(linear(x), self.heads) for linear in (head.q_linear, head.k_linear, head.v_linear))
        return self.after_attention(join_heads(attend(q, k, v, mask)), x)

    def after_attention(self, attended, x):
        c = self.layer_norm1(self._drop(attended) + x)
        return self.layer_norm2(self._drop(self.linear2(F.relu(self.linear1(c)))) + c)

    def _drop(self, x):
        return F.dropout(x, self.dropout, self.training) if self.dropout else x


def last_hidden(rnn, x, lengths):
    """The state of a GRU after the last valid slot, [B, H]."""
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return rnn(packed)[1][0]
