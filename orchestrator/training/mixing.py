"""MixUp and CutMix on one batch: inputs, label shares and action units are mixed with the same partner and
the same share.

Source  MixUp: Zhang et al. 2018, arXiv:1710.09412. CutMix: Yun et al. 2019, arXiv:1905.04899.
Input   x float32 (B, ...) of any kind of kinds.KINDS; targets float32 (B, C); aus float32 (B, A) or None.
Output  the same three, mixed. A clip's share in its label is its true share of the input.
Differs CutMix cuts along time for roi_flow: a stretch of steps of all regions comes from the partner, so that
each step stays one
        face. A picture's box lies wholly inside, never clipped at the border; of a clip with several pictures
        (two frames, windows and regions of ROI maps) the same box is cut from all. When both are on, each
        batch tosses a coin. Action units are mixed like labels; where either clip has no annotation (a row of
        -1) the mixed clip has none.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orchestrator.training.kinds import KINDS

Batch = tuple[Tensor, Tensor, Tensor | None]
Where = tuple[slice | EllipsisType, ...]


def mix(
    x: Tensor,
    targets: Tensor,
    aus: Tensor | None,
    *,
    kind: str,
    mixup_alpha: float,
    cutmix_alpha: float,
    rng: np.random.Generator,
) -> Batch:
    """One of the two, as switched on by alphas above 0; neither: the batch as it came."""
    if mixup_alpha > 0 and (cutmix_alpha <= 0 or rng.random() < 0.5):
        return mixup(
            x, targets, aus, share=rng.beta(mixup_alpha, mixup_alpha), partner=rng.permutation(len(x))
        )
    if cutmix_alpha > 0:
        share, partner = rng.beta(cutmix_alpha, cutmix_alpha), rng.permutation(len(x))
        where = (
            _box(x.shape[-2], x.shape[-1], share, rng)
            if KINDS[kind].picture
            else _stretch(x.shape[1], share, rng)
        )
        return cutmix(x, targets, aus, where=where, partner=partner)
    return x, targets, aus


def mixup(x: Tensor, targets: Tensor, aus: Tensor | None, *, share: float, partner: NDArray[Any]) -> Batch:
    """``share`` 0..1 of each clip, the rest of the clip that ``partner`` (B,) names."""
    other = torch.from_numpy(partner)
    return torch.lerp(x[other], x, share), *_labels(targets, aus, other, share)


def cutmix(x: Tensor, targets: Tensor, aus: Tensor | None, *, where: Where, partner: NDArray[Any]) -> Batch:
    """The part ``where`` of each clip, an index of all axes after the first, is taken from its partner."""
    other = torch.from_numpy(partner)
    mixed, part = x.clone(), (slice(None), *where)
    mixed[part] = x[other][part]
    return mixed, *_labels(targets, aus, other, 1 - mixed[part].numel() / x.numel())


def _labels(targets: Tensor, aus: Tensor | None, other: Tensor, share: float) -> tuple[Tensor, Tensor | None]:
    mixed = torch.lerp(targets[other], targets, share)
    if aus is None:
        return mixed, None
    known = ((aus >= 0) & (aus[other] >= 0)).all(1, keepdim=True)
    return mixed, torch.where(known, torch.lerp(aus[other], aus, share), -torch.ones_like(aus))


def _stretch(steps: int, share: float, rng: np.random.Generator) -> Where:
    length = round((1 - share) * steps)
    first = int(rng.integers(steps - length + 1))
    return (slice(first, first + length),)


def _box(height: int, width: int, share: float, rng: np.random.Generator) -> Where:
    side = np.sqrt(1 - share)
    h, w = round(side * height), round(side * width)
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    return ..., slice(top, top + h), slice(left, left + w)
