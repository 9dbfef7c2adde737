"""Micro-attention network: y = ReLU(s + F2(F1(x))) * H W softmax_p(w . [s, F1, F2]_p) in each of ResNet-10's
four blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.micro_attention import MicroAttention


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.project = None
        if stride != 1 or inputs != outputs:
            self.project = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.score = nn.Conv2d(3 * outputs, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.project is None else self.project(x)
        first = torch.relu(self.bn1(self.conv1(x)))
        second = self.bn2(self.conv2(first))
        scores = self.score(torch.cat([shortcut, first, second], 1))  # (B, 1, H, W)
        batch, _, height, width = scores.shape
        attention = torch.softmax(scores.reshape(batch, height * width), 1).reshape(batch, 1, height, width)
        return torch.relu(shortcut + second) * (height * width * attention)


class Network(nn.Module):
    def __init__(self, width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            Block(width, width, 1),
            Block(width, 2 * width, 2),
            Block(2 * width, 4 * width, 2),
            Block(4 * width, 8 * width, 2),
        )
        self.dropout, self.out = nn.Dropout(dropout), nn.Linear(8 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.maps(x).mean((2, 3))))


def transcribe(model: MicroAttention) -> nn.Module:
    own = Network(model.stem[0].out_channels, model.classifier[1].out_features, model.classifier[0].p)
    load_in_order(own.maps, (*model.stem.state_dict().values(), *model.blocks.state_dict().values()))
    load_in_order(own.out, model.classifier[1].state_dict().values())
    return own
