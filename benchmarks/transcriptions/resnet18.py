"""ResNet-18 as in He et al., CVPR 2016, Table 1: conv 7 x 7, max pooling, [2, 2, 2, 2] basic blocks, global
mean, linear."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.resnet18 import ResNet18


class BasicBlock(nn.Module):
    """y = ReLU(F(x) + x), F of two 3 x 3 convolutions; a projection by 1 x 1 where the size changes (option
    B)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.project = None
        if stride != 1 or inputs != outputs:
            self.project = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.project is None else self.project(x)
        h = torch.relu(self.bn1(self.conv1(x)))
        h = self.bn2(self.conv2(h))
        return torch.relu(h + shortcut)


class ResNet(nn.Module):
    def __init__(self, blocks: list[nn.Module], width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            *blocks,
        )
        self.dropout, self.out = nn.Dropout(dropout), nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.maps(x).mean((2, 3))))


def transcribe(model: ResNet18) -> nn.Module:
    blocks: list[nn.Module] = []
    inputs = 64
    for stage, outputs in enumerate((64, 128, 256, 512)):
        blocks += [BasicBlock(inputs, outputs, 1 if stage == 0 else 2), BasicBlock(outputs, outputs, 1)]
        inputs = outputs
    own = ResNet(blocks, 512, model.classifier[1].out_features, model.classifier[0].p)
    load_in_order(own.maps, model.resnet.state_dict().values())
    load_in_order(own.out, model.classifier[1].state_dict().values())
    return own
