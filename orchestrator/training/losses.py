"""Class-aware focal loss with label smoothing (STAG, eq 34-35), cross-entropy is its neutral case; and the
loss of a linear SVM.

Input   logits float (B, C); targets float (B, C): rows are class shares that sum to 1, one-hot or mixed by
        MixUp.
Output  scalar: mean over the clips of  - sum_c  w_c (1 - p_c)^gamma y_c log p_c,  y smoothed to (1 - eps) y +
        eps / C.
Differs The weights w are scaled so that their mean over the training clips is 1: the loss keeps its size, and
the learning rate
        its meaning, whatever the class counts are. PyTorch divides by the batch's sum of weights; the paper,
        as we, by B.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def one_hot(labels: NDArray[Any], n_classes: int) -> Tensor:
    """int64 (n,) -> float32 (n, C). Raises ValueError for a label outside 0..C-1."""
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(
            f"labels must be 0..{n_classes - 1}, got {labels.min()}..{labels.max()}; check the label scheme"
        )
    return torch.eye(n_classes)[torch.from_numpy(labels.astype(np.int64))]


def class_weights(labels: NDArray[Any], n_classes: int) -> Tensor:
    """Inverse class frequency, float32 (C,), mean 1 over the given clips; 0 for a class that has none."""
    counts = np.bincount(labels, minlength=n_classes)
    present = np.count_nonzero(counts)
    weights = np.where(counts > 0, len(labels) / (present * np.maximum(counts, 1)), 0.0)
    return torch.from_numpy(weights.astype(np.float32))


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    gamma: float = 0.0,
    smoothing: float = 0.0,
    weights: Tensor | None = None,
) -> Tensor:
    """See the module's docstring. ``weights`` (C,) or None for 1 each."""
    log_p = torch.log_softmax(logits.float(), -1)
    terms = -((1 - smoothing) * targets + smoothing / targets.shape[-1]) * log_p
    if gamma:
        # clamped: at p = 1 the power's slope is infinite for gamma < 1
        terms = terms * (1 - log_p.exp()).clamp(min=1e-6) ** gamma
    if weights is not None:
        terms = terms * weights
    return terms.sum(-1).mean()


def hinge_loss(logits: Tensor, targets: Tensor, *, weights: Tensor | None = None) -> Tensor:
    """Squared hinge loss of one class against the rest, the L2-loss SVM of LIBLINEAR (Fan et al. 2008, JMLR
    9, 1871-1874).

    Mean over the clips of  w_y (max(0, 1 - z_y)^2 + sum over the other classes c of max(0, 1 + z_c)^2);  for
    mixed targets its expectation over the class y, and weighted by class as in ``focal_loss``. ``weights``
    (C,) or None for 1 each.
    """
    z = logits.float()
    own = targets if weights is None else targets * weights
    others = own.sum(-1, keepdim=True) - own
    return (own * (1 - z).relu() ** 2 + others * (1 + z).relu() ** 2).sum(-1).mean()
