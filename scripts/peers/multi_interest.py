"""Models with several interest vectors per user: ComiRec, MIND, TiMiRec."""

import torch
import torch.nn.functional as F
from torch import nn

from layers import ItemEmbedding, TransformerLayer, inner, last_hidden, masked_softmax, ranking_loss


def all_scores(interests, candidates):
    """<v_k, e> of every interest and candidate, [B, K, C]."""
    return torch.bmm(interests, candidates.transpose(1, 2))


def hardest(interests, positive):
    """The interest with the largest inner product with the true item, [B, d]; no gradient through the choice."""
    with torch.no_grad():
        choice = torch.bmm(interests, positive.unsqueeze(2)).squeeze(2).argmax(1)
    return interests[torch.arange(len(choice)), choice]


class MultiInterest(nn.Module):
    """Trained with the interest nearest to the true item, scored with the best interest of each item."""

    def scores(self, batch):
        candidates = self.table(batch.items)
        return inner(hardest(self.interests(batch), candidates[:, 0]), candidates)

    def loss(self, batch):
        return ranking_loss(self.scores(batch))

    def queries(self, batch):
        """What all items are scored with, [B, K, d]."""
        return self.interests(batch)

    def rank_scores(self, batch):
        return all_scores(self.interests(batch), self.table(batch.items)).amax(1)


class ComiRec(MultiInterest):
    """A = softmax_l(W2 tanh(W1 (e + p))), v_k = sum_l A_kl e_l."""

    def __init__(self, data, size=64, K=4, attn_size=8, add_pos=1, history_max=20, **_):
        super().__init__()
        self.i_embeddings = self.table = ItemEmbedding(data.item_count + 1, size)
        self.p_embeddings = nn.Embedding(history_max + 1, size) if add_pos else None
        self.W1, self.W2 = nn.Linear(size, attn_size), nn.Linear(attn_size, K)

    def interests(self, batch):
        e = self.table(batch.histories)
        h = e if self.p_embeddings is None else e + self.p_embeddings(batch.positions)
        logits = self.W2(torch.tanh(self.W1(h))).transpose(1, 2)
        return torch.bmm(masked_softmax(logits, batch.mask[:, None]), e)


class Extractor(nn.Module):
    """h = e + p, Transformer layer over all valid slots (if add_trm), A = softmax_l(W2 tanh(W1 h)), v = A h."""

    def __init__(self, data, size, K, attn_size, add_pos, add_trm, history_max):
        super().__init__()
        self.i_embeddings = ItemEmbedding(data.item_count + 1, size)
        self.p_embeddings = nn.Embedding(history_max + 1, size) if add_pos else None
        self.transformer = TransformerLayer(size) if add_trm else None
        self.W1, self.W2 = nn.Linear(size, attn_size), nn.Linear(attn_size, K)

    def forward(self, batch):
        mask = batch.mask
        h = self.i_embeddings(batch.histories)
        if self.p_embeddings is not None:
            h = h + self.p_embeddings(batch.positions)
        if self.transformer is not None:
            h = self.transformer(h, mask[:, None, None])
        logits = self.W2(torch.tanh(self.W1(h))).transpose(1, 2)
        return torch.bmm(masked_softmax(logits, mask[:, None]), h)


class Predictor(nn.Module):
    """A GRU over item vectors of its own."""

    def __init__(self, data, size):
        super().__init__()
        self.i_embeddings = ItemEmbedding(data.item_count + 1, size)
        self.rnn = nn.GRU(size, size, batch_first=True)

    def forward(self, batch):
        return last_hidden(self.rnn, self.i_embeddings(batch.histories), batch.lengths)


class TiMiRec(MultiInterest):
    """pretrain: the extractor, hardest interest. finetune: u = sum_k softmax(y)_k v_k with predicted logits y;
    loss = ranking loss + T^2 KL(softmax(c / T) || softmax(y / T)), c_k = cos(v_k, e+) without gradient."""

    def __init__(
        self, data, size=64, K=6, attn_size=8, add_pos=1, add_trm=1, history_max=20, stage="pretrain", temp=1.0,
        n_layers=1, **_
    ):
        super().__init__()
        self.temperature, self.finetuned = temp, stage == "finetune"
        self.interest_extractor = Extractor(data, size, K, attn_size, add_pos, add_trm, history_max)
        self.table = self.interest_extractor.i_embeddings
        if self.finetuned:
            self.interest_predictor = Predictor(data, size)
            self.proj = nn.Sequential()
            for layer in range(n_layers - 1):
                self.proj.add_module(f"proj_{layer}", nn.Linear(size, size))
                self.proj.add_module(f"dropout_{layer}", nn.Dropout(0.5))
                self.proj.add_module(f"relu_{layer}", nn.ReLU())
            self.proj.add_module("proj_final", nn.Linear(size, K))

    def interests(self, batch):
        return self.interest_extractor(batch)

    def user_vectors(self, batch):
        interests = self.interests(batch)
        logits = self.proj(self.interest_predictor(batch))
        return interests, logits, torch.bmm(torch.softmax(logits, 1).unsqueeze(1), interests).squeeze(1)

    def queries(self, batch):
        return self.user_vectors(batch)[2] if self.finetuned else super().queries(batch)

    def scores(self, batch):
        return self._finetune_forward(batch)[0] if self.finetuned else super().scores(batch)

    def loss(self, batch):
        if not self.finetuned:
            return super().loss(batch)
        scores, interests, logits, positive = self._finetune_forward(batch)
        with torch.no_grad():
            cosines = F.cosine_similarity(interests, positive.unsqueeze(1), dim=2, eps=1e-12)
            target = torch.softmax(cosines / self.temperature, 1)
        divergence = F.kl_div(F.log_softmax(logits / self.temperature, 1), target, reduction="batchmean")
        return ranking_loss(scores) + self.temperature**2 * divergence

    def rank_scores(self, batch):
        return self.scores(batch) if self.finetuned else super().rank_scores(batch)

    def _finetune_forward(self, batch):
        interests, logits, vectors = self.user_vectors(batch)
        candidates = self.table(batch.items)
        return inner(vectors, candidates), interests, logits, candidates[:, 0]


class MIND(MultiInterest):
    """Dynamic routing: W = softmax_k(B), z_k = sum_l W_kl S e_l, v = squash(z), B += x . v; all iterations but the
    last treat x as constant. p = inf trains the best interest, otherwise softmax_k((v.e+)^p) weighs them."""

    def __init__(self, data, size=64, K=4, p="inf", iterations=3, relu_layer=0, **_):
        super().__init__()
        self.K, self.p, self.iterations = K, p, iterations
        self.i_embeddings = self.table = ItemEmbedding(data.item_count + 1, size)
        self.routing = nn.Module()
        self.routing.S = nn.Linear(size, size, bias=False)
        self.routing.layer = nn.Sequential(nn.Linear(size, size), nn.ReLU()) if relu_layer else None

    def interests(self, batch):
        mask = batch.mask[:, None]
        x = self.routing.S(self.table(batch.histories))
        logits = batch.routing
        if logits is None:
            logits = torch.randn(len(x), self.K, x.shape[1])
        constant = x.detach()
        with torch.no_grad():
            for _ in range(self.iterations - 1):
                v = squash(torch.bmm(torch.softmax(logits, 1) * mask, constant))
                logits = logits + torch.bmm(v, constant.transpose(1, 2))
            weights = torch.softmax(logits, 1) * mask
        v = squash(torch.bmm(weights, x))
        return v if self.routing.layer is None else self.routing.layer(v)

    def scores(self, batch):
        if self.p == "inf":
            return super().scores(batch)
        candidates, interests = self.table(batch.items), self.interests(batch)
        closeness = inner(candidates[:, 0], interests)
        weights = torch.softmax(closeness ** int(self.p), 1)
        return inner(torch.bmm(weights.unsqueeze(1), interests).squeeze(1), candidates)


def squash(z):
    square = z.square().sum(-1, keepdim=True)
    return z * (square / (1 + square) * torch.rsqrt(square + 1e-9))
