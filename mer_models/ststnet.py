"""STSTNet: three shallow convolution streams over one onset-to-apex flow picture.

Source  Liong et al., FG 2019, doi:10.1109/FG.2019.8756567; layer order, padding and filters follow the
        authors' main.py (github.com/christy1206/STSTNet): convolution, ReLU, batch normalisation, max
        pooling, dropout.
Input   float32 (B, 3, 28, 28): horizontal flow u, vertical flow v, optical strain. The authors feed pictures
        whose channels are each scaled to 0..255 (recipe.normalise = minmax255).
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The streams of 3, 5 and 8 filters read the same picture with the same geometry, so side by side they
        are one convolution with 16 filters: same function, same parameters, same initial distribution, a
        quarter less time. The authors' pictures come through OpenCV in the order strain, v, u; ours are u, v,
        strain: the same model again.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from mer_models.shapes import Takes


class STSTNet(nn.Module):
    """1683 parameters at 3 classes, as published."""

    paper = "Liong et al. 2019"
    n_parameters = 1683
    takes: ClassVar[Takes] = {"flow_picture": (3, 28, 28)}
    default_features = "onset_apex_flow"
    uses_aus = False
    filters = (3, 5, 8)  # of the three streams

    def __init__(self, n_classes: int, *, dropout: float = 0.5) -> None:
        """``dropout``: chance in [0, 1) that a pooled activation is set to zero in training."""
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1): {dropout=}")
        width = sum(self.filters)
        self.streams = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=2),  # (B, 16, 30, 30)
            nn.ReLU(),
            nn.BatchNorm2d(width),
            nn.MaxPool2d(3, stride=3, padding=1),  # (B, 16, 10, 10)
            nn.Dropout(dropout),
        )
        self.head = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(width * 5 * 5, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1:] != (3, 28, 28):
            raise ValueError(
                f"STSTNet reads (B, 3, 28, 28), got {tuple(x.shape)}; extract the feature set "
                f"{self.default_features!r}"
            )
        # this memory order is the faster one on CPUs
        maps = self.streams(x.contiguous(memory_format=torch.channels_last))
        return self.head(maps)  # (B, n_classes)
