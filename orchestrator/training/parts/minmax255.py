"""Each picture's components to 0..255 on their own, the colours of an image by one range. Nothing is
estimated; what is constant becomes 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS


def check_picture(kind: str) -> None:
    """Raises ValueError for anything but pictures."""
    if not KINDS[kind].picture:
        raise ValueError(f"recipe.normalise = 'minmax255' is for pictures, not for {kind}; use 'scale'")


def minmax255(x: NDArray[Any], kind: str) -> NDArray[Any]:
    """Pictures float32 (n, ..., H, W) -> the same shape, 0..255."""
    about = KINDS[kind]
    axes = (about.components, -2, -1) if about.jointly else (-2, -1)
    low, high = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
    return (x - low) / np.where(high > low, high - low, 1) * np.float32(255)
