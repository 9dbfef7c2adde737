"""MDMO: mean displacement since the onset, frame by frame; magnitudes over the clip's largest; a linear
classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.mdmo import MDMO


class Mean(nn.Module):
    def __init__(self, ours: MDMO) -> None:
        super().__init__()
        self.since_onset = ours.since_onset
        self.svm = nn.Linear(ours.svm.in_features, ours.svm.out_features)
        load_in_order(self.svm, ours.svm.state_dict().values())

    def forward(self, x: Tensor) -> Tensor:
        steps = x.shape[1]
        place, total = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])  # (B, N, 2)
        for t in range(steps):
            place = place + x[:, t] if self.since_onset else x[:, t]
            total = total + place
        mean = total / steps
        magnitude = (mean[..., 0] ** 2 + mean[..., 1] ** 2).sqrt()  # (B, N)
        largest = magnitude.max(1).values
        largest = torch.where(largest > 0, largest, torch.ones_like(largest))
        return self.svm((mean / largest[:, None, None]).flatten(1))


def transcribe(model: MDMO) -> nn.Module:
    return Mean(model)
