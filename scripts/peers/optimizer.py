"""Adam as the published results used it."""

import torch


def adam(model, lr, l2, fused=True):
    """L2 is added to the gradient, not for parameters whose name contains 'bias'; every row moves at every step."""
    biases = [p for name, p in model.named_parameters() if "bias" in name]
    others = [p for name, p in model.named_parameters() if "bias" not in name]
    groups = [{"params": others, "weight_decay": l2}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.Adam([group for group in groups if group["params"]], lr=lr, fused=fused)
