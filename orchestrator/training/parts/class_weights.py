"""Weights of the classes in the loss, estimated from the training clips that an epoch draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def class_weights(drawn: NDArray[Any]) -> Tensor:
    """Inverse class frequency of an epoch with ``drawn`` clips of each class, int (C,): float32 (C,), mean 1
    over those clips; 0 for a class that has none.

    Every class has the same share of the epoch's loss, however far oversampling has gone towards that.
    Weights from the clips that there are would balance a second time what oversampling has balanced.
    """
    present = np.count_nonzero(drawn)
    weights = np.where(drawn > 0, drawn.sum() / (present * np.maximum(drawn, 1)), 0.0)
    return torch.from_numpy(weights.astype(np.float32))
