"""Class-aware focal loss with label smoothing (STAG, eq 34-35); cross-entropy is its neutral case.

Input   logits float (B, C); targets float (B, C): rows are class shares that sum to 1, one-hot or mixed by
        MixUp.
Output  scalar: mean over the clips of  - sum_c  w_c (1 - p_c)^gamma_c y_c log p_c,  y smoothed to
        (1 - eps) y + eps / C. gamma is one number for all classes, or one for each: eq 35's "class-specific
        hard-sample focusing power".
Differs The paper's numbers are lost. The weights w are scaled so that their mean over the clips that an epoch
        draws is 1: the loss keeps its size, and the learning rate its meaning, whatever the class counts are.
        PyTorch divides by the batch's sum of weights; the paper, as we, by B.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    gamma: float | Sequence[float] = 0.0,
    smoothing: float = 0.0,
    weights: Tensor | None = None,
) -> Tensor:
    """See the module's docstring. ``weights`` (C,) or None for 1 each. Raises ValueError for powers of other
    than C classes."""
    log_p = torch.log_softmax(logits.float(), -1)
    terms = -((1 - smoothing) * targets + smoothing / targets.shape[-1]) * log_p
    if gamma:
        # clamped: at p = 1 the power's slope is infinite for gamma < 1
        terms = terms * (1 - log_p.exp()).clamp(min=1e-6) ** _power(gamma, log_p)
    if weights is not None:
        terms = terms * weights
    return terms.sum(-1).mean()


def _power(gamma: float | Sequence[float], like: Tensor) -> float | Tensor:
    if not isinstance(gamma, Sequence):
        return gamma
    if len(gamma) != like.shape[-1]:
        raise ValueError(f"gamma has {len(gamma)} powers for {like.shape[-1]} classes; give one for each")
    return torch.tensor(gamma, dtype=like.dtype, device=like.device)
