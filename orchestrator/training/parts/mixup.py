"""MixUp on one batch: two clips, one over the other.

Source  Zhang et al. 2018, arXiv:1710.09412.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orchestrator.training.parts.mixed_labels import mixed_labels
from orchestrator.training.targets import Batch


def random_mixup(
    x: Tensor, targets: Tensor, aus: Tensor | None, *, alpha: float, rng: np.random.Generator
) -> Batch:
    """The batch with partners drawn from it, and one share of Beta(alpha, alpha)."""
    return mixup(x, targets, aus, share=rng.beta(alpha, alpha), partner=rng.permutation(len(x)))


def mixup(x: Tensor, targets: Tensor, aus: Tensor | None, *, share: float, partner: NDArray[Any]) -> Batch:
    """``share`` 0..1 of each clip, the rest of the clip that ``partner`` (B,) names."""
    other = torch.from_numpy(partner)
    return torch.lerp(x[other], x, share), *mixed_labels(targets, aus, other, share)
