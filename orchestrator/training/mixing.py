"""MixUp and CutMix on one batch: inputs, label shares and action units are mixed with the same partner and
the same share.

Input   x float32 (B, ...) of any kind of kinds.KINDS; targets float32 (B, C); aus float32 (B, A) or None.
Output  the same three, mixed. A clip's share in its label is its true share of the input. When both are on,
        each batch tosses a coin. Action units are mixed like labels; where either clip has no annotation (a
        row of -1) the mixed clip has none.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from orchestrator.training.parts.cutmix import random_cutmix
from orchestrator.training.parts.mixup import random_mixup
from orchestrator.training.targets import Batch


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
        return random_mixup(x, targets, aus, alpha=mixup_alpha, rng=rng)
    if cutmix_alpha > 0:
        return random_cutmix(x, targets, aus, kind=kind, alpha=cutmix_alpha, rng=rng)
    return x, targets, aus
