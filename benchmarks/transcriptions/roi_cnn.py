"""ROI CNN: each region's features, mean over the windows, side by side, one hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.roi_parts import Head, RegionEncoders
from mer_models.roi_cnn import ROICNN


class CNN(nn.Module):
    def __init__(self, ours: ROICNN) -> None:
        super().__init__()
        self.encode = RegionEncoders(ours.encode, ours.head[0].in_features // 3)
        self.head = Head(ours.head)

    def forward(self, x: Tensor) -> Tensor:
        features = self.encode(x)  # (B, W, 3, F)
        eyes, eyebrows, mouth = (features[:, :, r].mean(1) for r in range(3))
        return self.head(torch.cat([eyes, eyebrows, mouth], 1))


def transcribe(model: ROICNN) -> nn.Module:
    return CNN(model)
