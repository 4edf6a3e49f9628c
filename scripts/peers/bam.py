"""The variants of ComiRec and MIND that BaM published, trained by a softmax over negatives that the batch shares."""

import torch
import torch.nn.functional as F
from torch import nn

from layers import ItemEmbedding, masked_softmax
from multi_interest import squash


class Balanced(nn.Module):
    """loss = cross entropy of <u, e+> among <u, e_j> of the shared negatives; u = one interest of the user:
    hard: the one nearest to the true item; soft: drawn from softmax_k <v_k, e+>, without gradient through the draw."""

    def __init__(self, data, size, K, selection, negatives, history_max):
        super().__init__()
        self.K, self.selection, self.negatives, self.history_max = K, selection, negatives, history_max
        self.embeddings = self.table = ItemEmbedding(data.item_count + 1, size)

    def queries(self, batch):
        """What all items are scored with, [B, K, d]."""
        return self.interests(batch)

    def scores(self, batch):
        """The true item first, then the shared negatives: [B, 1 + N]."""
        interests, positive = self.interests(batch), self.table(batch.items[:, 0])
        choice = batch.selected
        if choice is None:
            with torch.no_grad():
                closeness = torch.bmm(interests, positive.unsqueeze(2)).squeeze(2)
                if self.selection == "soft":
                    choice = torch.multinomial(torch.softmax(closeness, 1), 1).squeeze(1)
                else:
                    choice = closeness.argmax(1)
        users = interests[torch.arange(len(choice)), choice]
        noise = batch.noise
        if noise is None:
            noise = torch.randint(1, self.table.num_embeddings, (self.negatives,))
        return torch.cat([(users * positive).sum(1, keepdim=True), users @ self.table(noise).T], dim=1)

    def loss(self, batch):
        scores = self.scores(batch)
        return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


class BaMComiRec(Balanced):
    """A = softmax_l(W2 tanh(W1 (e + p))), positions from the oldest, v_k = sum_l A_kl e_l."""

    def __init__(self, data, size=64, K=4, selection="soft", negatives=1280, history_max=50, **_):
        super().__init__(data, size, K, selection, negatives, history_max)
        self.position_embedding = nn.Parameter(torch.randn(1, history_max, size) * 0.01)
        self.linear1 = nn.Sequential(nn.Linear(size, 4 * size, bias=False), nn.Tanh())
        self.linear2 = nn.Linear(4 * size, K, bias=False)

    def interests(self, batch):
        e = self.table(batch.histories)
        logits = self.linear2(self.linear1(e + self.position_embedding[:, : e.shape[1]])).transpose(1, 2)
        return torch.bmm(masked_softmax(logits, batch.mask[:, None]), e)


class BaMMIND(Balanced):
    """Dynamic routing with weights over all slots of `history_max`: those beyond the history swallow weight."""

    def __init__(self, data, size=64, K=4, selection="soft", negatives=1280, history_max=50, iterations=3, **_):
        super().__init__(data, size, K, selection, negatives, history_max)
        self.iterations = iterations
        self.capsule_network = nn.Module()
        self.capsule_network.linear = nn.Linear(size, size, bias=False)

    def interests(self, batch):
        mask = batch.mask[:, None]
        x = self.capsule_network.linear(self.table(batch.histories)) * batch.mask.unsqueeze(2)
        width, constant = x.shape[1], x.detach()
        with torch.no_grad():
            logits = batch.routing
            if logits is None:
                logits = torch.randn(len(x), self.K, self.history_max)
            beyond = logits[:, :, width:].exp().sum(2, keepdim=True)
            logits = logits[:, :, :width]
            for _ in range(self.iterations - 1):
                v = squash(torch.bmm(self._weights(logits, beyond) * mask, constant))
                logits = logits + torch.bmm(v, constant.transpose(1, 2))
            weights = self._weights(logits, beyond) * mask
        return squash(torch.bmm(weights, x))

    @staticmethod
    def _weights(logits, beyond):
        """Softmax over slots, of which those beyond the width count by the sum of their exponentials."""
        largest = logits.amax(2, keepdim=True).clamp(min=0)
        powers = (logits - largest).exp()
        return powers / (powers.sum(2, keepdim=True) + beyond * (-largest).exp())
