"""Weights of the classes in the loss, estimated from the training clips."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def class_weights(labels: NDArray[Any], n_classes: int) -> Tensor:
    """Inverse class frequency, float32 (C,), mean 1 over the given clips; 0 for a class that has none."""
    counts = np.bincount(labels, minlength=n_classes)
    present = np.count_nonzero(counts)
    weights = np.where(counts > 0, len(labels) / (present * np.maximum(counts, 1)), 0.0)
    return torch.from_numpy(weights.astype(np.float32))
