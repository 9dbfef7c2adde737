"""OFF-ApexNet: horizontal and vertical flow in two streams of two convolutions each, then three linear
layers.

Source  Gan, Liong, Yau, Huang, Tan: "OFF-ApexNet on micro-expression recognition system", Signal Processing:
        Image Communication 74 (2019), 129-139, doi:10.1016/j.image.2019.02.005.
Input   float32 (B, 3, 28, 28): horizontal flow u, vertical flow v from onset to apex; the third plane,
        strain, is not read.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs Dropout: the rate is not at hand; 0.5 after both hidden layers, as in PRICAI2021-Off-TANet (5ae73be),
        which counts the 2.66 million parameters that ours has: 2 664 475 at 3 classes. The second convolution
        keeps the size, as the first does: 16 maps of 7 x 7 from each stream.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.shapes import Takes


class OFFApexNet(nn.Module):
    paper = "Gan et al. 2019"
    n_parameters = 2_664_475
    takes: ClassVar[Takes] = {"flow_picture": (3, 28, 28)}
    default_features = "onset_apex_flow"
    uses_aus = False

    def __init__(self, n_classes: int, *, hidden_dim: int = 1024, dropout: float = 0.5) -> None:
        """``dropout``: chance in [0, 1) that a hidden unit is set to zero in training."""
        super().__init__()
        check_dropout(dropout)
        self.horizontal, self.vertical = _stream(), _stream()
        self.head = nn.Sequential(
            nn.Linear(2 * 16 * 7 * 7, hidden_dim), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden_dim, n_classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Raises ValueError for a wrong shape."""
        if x.ndim != 4 or x.shape[1:] != (3, 28, 28):
            raise ValueError(
                f"OFFApexNet reads (B, 3, 28, 28), got {tuple(x.shape)}; extract the feature set "
                f"{self.default_features!r}"
            )
        x = x.contiguous(memory_format=torch.channels_last)  # this memory order is the faster one on CPUs
        return self.head(torch.cat([self.horizontal(x[:, 0:1]), self.vertical(x[:, 1:2])], 1))


def _stream() -> nn.Sequential:
    """One component (B, 1, 28, 28) -> (B, 16 * 7 * 7)."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
    )  # fmt: skip
