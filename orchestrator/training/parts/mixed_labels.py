"""Label shares and action units of clips that are mixed of two."""

from __future__ import annotations

import torch
from torch import Tensor


def mixed_labels(
    targets: Tensor, aus: Tensor | None, other: Tensor, share: float
) -> tuple[Tensor, Tensor | None]:
    """``share`` 0..1 of each clip's targets (B, C) and action units (B, A), the rest of those of clip
    ``other`` (B,)."""
    mixed = torch.lerp(targets[other], targets, share)
    if aus is None:
        return mixed, None
    known = ((aus >= 0) & (aus[other] >= 0)).all(1, keepdim=True)
    return mixed, torch.where(known, torch.lerp(aus[other], aus, share), -torch.ones_like(aus))
