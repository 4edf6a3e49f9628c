"""Models with one vector per history: YouTube, GRU4Rec, SASRec, TiSASRec."""

import math

import torch
from torch import nn

from layers import ItemEmbedding, TransformerLayer, inner, join_heads, last_hidden, ranking_loss, split_heads


class Sequential(nn.Module):
    """s = <u, E_i> with u of the history; a model defines `user_vectors`."""

    def __init__(self, data, size):
        super().__init__()
        self.i_embeddings = ItemEmbedding(data.item_count + 1, size)

    @property
    def table(self):
        return self.i_embeddings

    def queries(self, batch):
        """What all items are scored with, [B, d]."""
        return self.user_vectors(batch)

    def scores(self, batch):
        return inner(self.user_vectors(batch), self.i_embeddings(batch.items))

    def loss(self, batch):
        return ranking_loss(self.scores(batch))

    def rank_scores(self, batch):
        return self.scores(batch)


class YouTube(Sequential):
    """u = W mean_l(e_l) + b."""

    def __init__(self, data, size=64, **_):
        super().__init__(data, size)
        self.layer = nn.Linear(size, size)

    def user_vectors(self, batch):
        return self.layer(self.i_embeddings(batch.histories).sum(1) / batch.lengths[:, None])


class GRU4Rec(Sequential):
    """u = W h_L + b with the last state of a GRU."""

    def __init__(self, data, size=64, hidden_size=100, **_):
        super().__init__(data, size)
        self.rnn = nn.GRU(size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, size)

    def user_vectors(self, batch):
        return self.out(last_hidden(self.rnn, self.i_embeddings(batch.histories), batch.lengths))


def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).tril()


def last_slots(x, lengths):
    return x[torch.arange(len(x)), lengths - 1]


class SASRec(Sequential):
    """Causal Transformer layers over e + p; u is the newest slot. Padding is on the right and never seen."""

    def __init__(self, data, size=64, num_layers=1, num_heads=1, dropout=0.0, history_max=20, **_):
        super().__init__(data, size)
        self.p_embeddings = nn.Embedding(history_max + 1, size)
        self.transformer_block = nn.ModuleList(TransformerLayer(size, num_heads, dropout) for _ in range(num_layers))

    def user_vectors(self, batch):
        x = self.i_embeddings(batch.histories) + self.p_embeddings(batch.positions)
        mask = causal_mask(x.shape[1])
        for layer in self.transformer_block:
            x = layer(x, mask)
        return last_slots(x, batch.lengths)


class TiSASRec(Sequential):
    """SASRec whose keys and values get vectors of the position and of the interval between two slots."""

    def __init__(self, data, size=64, num_layers=1, num_heads=1, dropout=0.0, time_max=512, history_max=20, **_):
        super().__init__(data, size)
        self.time_max = time_max
        self.p_k_embeddings, self.p_v_embeddings = (nn.Embedding(history_max + 1, size) for _ in range(2))
        self.t_k_embeddings, self.t_v_embeddings = (nn.Embedding(time_max + 1, size) for _ in range(2))
        self.transformer_block = nn.ModuleList(TransformerLayer(size, num_heads, dropout) for _ in range(num_layers))

    def user_vectors(self, batch):
        x = self.i_embeddings(batch.histories)
        p_k, p_v = self.p_k_embeddings(batch.positions), self.p_v_embeddings(batch.positions)
        mask = causal_mask(x.shape[1])
        for layer in self.transformer_block:
            x = self._layer(layer, x, p_k, p_v, mask, batch)
        return last_slots(x, batch.lengths)

    def _layer(self, layer, x, p_k, p_v, mask, batch):
        """Intervals are looked up for pairs of valid slots only, [P, d], instead of [B, L, L, d]."""
        head, heads, length = layer.masked_attn_head, layer.heads, x.shape[1]
        queries = head.q_linear(x)
        q = split_heads(queries, heads)
        k, v = split_heads(head.k_linear(x) + p_k, heads), split_heads(head.v_linear(x) + p_v, heads)
        rows = batch.pairs // length  # b L + i
        t_k, t_v = self.t_k_embeddings(batch.intervals), self.t_v_embeddings(batch.intervals)

        products = (queries.flatten(0, 1).index_select(0, rows) * t_k).unflatten(1, (heads, -1)).sum(2)  # [P, H]
        by_interval = products.new_zeros(len(x) * length * length, heads).index_copy(0, batch.pairs, products)
        by_interval = by_interval.view(len(x), length, length, heads).permute(0, 3, 1, 2)
        logits = (torch.matmul(q, k.transpose(2, 3)) + by_interval) / math.sqrt(q.shape[-1])
        weights = torch.softmax(logits.masked_fill(~mask, -1e30), dim=3)

        chosen = weights.permute(0, 2, 3, 1).reshape(-1, heads).index_select(0, batch.pairs)  # [P, H]
        weighted = (chosen.unsqueeze(2) * t_v.unflatten(1, (heads, -1))).flatten(1)
        sums = torch.zeros_like(x).flatten(0, 1).index_add(0, rows, weighted).view_as(x)
        return layer.after_attention(join_heads(torch.matmul(weights, v)) + sums, x)
