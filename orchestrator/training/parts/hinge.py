"""The loss of a linear SVM."""

from __future__ import annotations

from torch import Tensor


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
