"""Stochastic weight averaging: the running mean of the weights at the ends of the late epochs (Izmailov et
al. 2018)."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from orchestrator.training.prediction import logits


class WeightAverage:
    """``update`` after each averaged epoch; ``model`` is then the averaged model, in eval mode."""

    def __init__(self, model: nn.Module) -> None:
        self.model = copy.deepcopy(model).eval()
        self.count = 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.count += 1
        for mean, now in zip(self.model.parameters(), model.parameters(), strict=True):
            mean.lerp_(now, 1 / self.count)


@torch.no_grad()
def refresh_batch_norm(model: nn.Module, x: Tensor, aus: Tensor | None, batch_size: int) -> None:
    """Batch normalisation's running statistics anew from the training clips x (n, ...): the old ones belong
    to other weights."""
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    model.eval()  # dropout off: the statistics are those of evaluation
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
        norm.train()
    for index in torch.arange(len(x)).tensor_split(-(-len(x) // batch_size)):
        logits(model, x[index], None if aus is None else aus[index])
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()
