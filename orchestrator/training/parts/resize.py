"""Pictures of another size. On stored inputs, before normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS


def resize(x: NDArray[Any], kind: str, size: int) -> NDArray[Any]:
    """Pictures (n, ..., H, W) -> float32 (n, ..., size, size), smoothed where they shrink. Values keep their
    unit.

    Other inputs, and size 0, are given back as they are.
    """
    if size == 0 or not KINDS[kind].picture or x.shape[-2:] == (size, size):
        return x
    flat = torch.from_numpy(x.astype(np.float32).reshape(-1, 1, *x.shape[-2:]))
    small = F.interpolate(flat, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return small.numpy().reshape(*x.shape[:-2], size, size)
