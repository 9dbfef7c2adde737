"""STSTNet: three streams of 3, 5 and 8 filters over the same picture, stacked, 2 x 2 mean pooling, one linear
layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.ststnet import STSTNet


class Streams(nn.Module):
    def __init__(self, ours: STSTNet) -> None:
        super().__init__()
        convolution, norm, dropout, linear = ours.streams[0], ours.streams[2], ours.streams[4].p, ours.head[2]
        self.streams = nn.ModuleList()
        first = 0
        for filters in (3, 5, 8):
            own = slice(first, first + filters)
            stream = nn.Sequential(
                nn.Conv2d(3, filters, 3, padding=2),
                nn.ReLU(),
                nn.BatchNorm2d(filters),
                nn.MaxPool2d(3, stride=3, padding=1),
                nn.Dropout(dropout),
            )
            values = (*convolution.state_dict().values(), *norm.state_dict().values())
            # the count of batches is one number
            load_in_order(stream, (value[own] if value.ndim else value for value in values))
            self.streams.append(stream)
            first += filters
        self.pool = nn.AvgPool2d(2)
        self.out = nn.Linear(16 * 5 * 5, linear.out_features)
        load_in_order(self.out, linear.state_dict().values())

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.cat([stream(x) for stream in self.streams], 1)  # (B, 16, 10, 10)
        return self.out(self.pool(maps).flatten(1))


def transcribe(model: STSTNet) -> nn.Module:
    return Streams(model)
