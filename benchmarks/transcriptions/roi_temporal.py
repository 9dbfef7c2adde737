"""ROI temporal transformer: t_w = concat_r(f[w, r] + p[w, r]); the tokens attend to each other; their mean,
one hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.roi_parts import Attention, Head, RegionEncoders
from mer_models.roi_temporal import ROITemporal


class Temporal(nn.Module):
    def __init__(self, ours: ROITemporal) -> None:
        super().__init__()
        self.encode = RegionEncoders(ours.encode, ours.positions.shape[-1])
        self.positions = nn.Parameter(ours.positions.detach().expand(-1, 3, -1).clone())
        self.layers = nn.ModuleList(Attention(layer) for layer in ours.layers)
        self.head = Head(ours.head)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.encode(x))

    def classify(self, features: Tensor) -> Tensor:
        tokens = []
        for w in range(features.shape[1]):
            regions = [features[:, w, r] + self.positions[w, r] for r in range(3)]
            tokens.append(torch.cat(regions, -1))
        h = torch.stack(tokens, 1)  # (B, W, 3 F)
        for layer in self.layers:
            h = layer(h)
        return self.head(h.mean(1))


def transcribe(model: ROITemporal) -> nn.Module:
    return Temporal(model)
