"""Labels as the losses take them, and a batch that holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# inputs (B, ...), targets (B, C), action units (B, A) or None, all float32
Batch = tuple[Tensor, Tensor, Tensor | None]


def one_hot(labels: NDArray[Any], n_classes: int) -> Tensor:
    """int64 (n,) -> float32 (n, C). Raises ValueError for a label outside 0..C-1."""
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(
            f"labels must be 0..{n_classes - 1}, got {labels.min()}..{labels.max()}; check the label scheme"
        )
    return torch.eye(n_classes)[torch.from_numpy(labels.astype(np.int64))]
