"""CutMix on one batch: a part of each clip is taken from another.

Source  Yun et al. 2019, arXiv:1905.04899.
Differs It cuts along time for roi_flow: a stretch of steps of all regions comes from the partner, so that
        each step stays one face. A picture's box lies wholly inside, never clipped at the border; of a clip
        with several pictures (two frames, windows and regions of ROI maps) the same box is cut from all.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orchestrator.training.kinds import KINDS
from orchestrator.training.parts.mixed_labels import mixed_labels
from orchestrator.training.targets import Batch

Where = tuple[slice | EllipsisType, ...]


def random_cutmix(
    x: Tensor, targets: Tensor, aus: Tensor | None, *, kind: str, alpha: float, rng: np.random.Generator
) -> Batch:
    """The batch with partners drawn from it, and a part whose share is 1 less one of Beta(alpha, alpha)."""
    share, partner = rng.beta(alpha, alpha), rng.permutation(len(x))
    where = (
        _box(x.shape[-2], x.shape[-1], share, rng)
        if KINDS[kind].picture
        else _stretch(x.shape[1], share, rng)
    )
    return cutmix(x, targets, aus, where=where, partner=partner)


def cutmix(x: Tensor, targets: Tensor, aus: Tensor | None, *, where: Where, partner: NDArray[Any]) -> Batch:
    """The part ``where`` of each clip, an index of all axes after the first, is taken from its partner."""
    other = torch.from_numpy(partner)
    mixed, part = x.clone(), (slice(None), *where)
    mixed[part] = x[other][part]
    return mixed, *mixed_labels(targets, aus, other, 1 - mixed[part].numel() / x.numel())


def _stretch(steps: int, share: float, rng: np.random.Generator) -> Where:
    length = round((1 - share) * steps)
    first = int(rng.integers(steps - length + 1))
    return (slice(first, first + length),)


def _box(height: int, width: int, share: float, rng: np.random.Generator) -> Where:
    side = np.sqrt(1 - share)
    h, w = round(side * height), round(side * width)
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    return ..., slice(top, top + h), slice(left, left + w)
