"""Adam as the published results used it."""

import itertools
import math

import torch


def adam(model, lr, l2, fused=True, old_epsilon=False):
    """L2 is added to the gradient, not for parameters whose name contains 'bias'; every row moves at every step.

    `old_epsilon`: as PyTorch before 1.3 did it, epsilon is added before the correction of the second moment's bias.
    """
    biases = [p for name, p in model.named_parameters() if "bias" in name]
    others = [p for name, p in model.named_parameters() if "bias" not in name]
    groups = [{"params": others, "weight_decay": l2}, {"params": biases, "weight_decay": 0.0}]
    optimizer = torch.optim.Adam([group for group in groups if group["params"]], lr=lr, fused=fused)
    if old_epsilon:
        steps = itertools.count(1)

        def scale(optimizer, *_):
            factor = math.sqrt(1 - 0.999 ** next(steps))
            for group in optimizer.param_groups:
                group["eps"] = 1e-8 / factor

        optimizer.register_step_pre_hook(scale)
    return optimizer
