"""Micro-attention network, layer by layer as the authors describe it: s + s sigmoid(mean_c W [shortcut, F1,
F2]), s = shortcut + F2, in each of four pre-activation blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.micro_attention import MicroAttention


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.expand = None, None
        if stride != 1 or inputs != outputs:
            self.bn1 = nn.BatchNorm2d(inputs)
            self.expand = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
        self.conv1, self.bn2 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.filters = nn.Conv2d(3 * outputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.bn1 is not None:
            x = torch.relu(self.bn1(x))
        shortcut = x if self.expand is None else self.expand(x)
        first = torch.relu(self.bn2(self.conv1(x)))
        second = self.conv2(first)
        total = second + shortcut
        filtered = self.filters(torch.cat([shortcut, first, second], 1))  # (B, C, H, W)
        mask = torch.sigmoid(filtered.mean(1, keepdim=True)).repeat(1, filtered.shape[1], 1, 1)
        return mask * total + total


class Network(nn.Module):
    def __init__(self, planes: int, width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.planes = planes
        self.maps = nn.Sequential(
            nn.BatchNorm2d(planes),
            nn.Conv2d(planes, width, 7, 2, 3),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Block(width, width, 1),
            Block(width, 2 * width, 2),
            Block(2 * width, 4 * width, 2),
            Block(4 * width, 8 * width, 2),
            nn.BatchNorm2d(8 * width),
            nn.ReLU(),
        )
        self.dropout, self.out = nn.Dropout(dropout), nn.Linear(8 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        if self.planes == 1:
            x = (x * x.new_tensor([0.299, 0.587, 0.114]).reshape(3, 1, 1)).sum(1, keepdim=True)
        return self.out(self.dropout(self.maps(x).mean((2, 3))))


def transcribe(model: MicroAttention) -> nn.Module:
    first, (dropout, linear) = model.stem[1], model.classifier
    own = Network(first.in_channels, first.out_channels, linear.out_features, dropout.p)
    load_in_order(own.maps, (*model.stem.state_dict().values(), *model.blocks.state_dict().values()))
    load_in_order(own.out, linear.state_dict().values())
    return own
