"""MEGANet, equations 6-14 in their order, with SAGAN's attention as the matrix of all pairs of positions that
eq 13 prints."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.meganet import MEGANet, ResidualAttention
from mer_models.meganet import SelfAttention as OurSelfAttention


class GradientAttention(nn.Module):
    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.filter = nn.Conv2d(3, 1, 3, padding=1, bias=False)
        load_in_order(self.filter, (weight,))

    def forward(self, x: Tensor) -> Tensor:
        to_the_right, downwards = torch.zeros_like(x), torch.zeros_like(x)
        to_the_right[:, :, :, :-1] = torch.abs(x[:, :, :, 1:] - x[:, :, :, :-1])  # eq 6
        downwards[:, :, :-1, :] = torch.abs(x[:, :, 1:, :] - x[:, :, :-1, :])
        combined = to_the_right + downwards  # eq 7
        return x * torch.sigmoid(self.filter(combined))  # eq 8-9


class SelfAttention(nn.Module):
    def __init__(self, channels: int, ours: OurSelfAttention) -> None:
        super().__init__()
        inner = channels // 8
        self.residual = ours.residual
        self.query, self.key = nn.Conv2d(channels, inner, 1), nn.Conv2d(channels, inner, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1)
        for own, their in ((self.query, ours.query), (self.key, ours.key), (self.value, ours.value)):
            load_in_order(
                own, (v[:, :, None, None] if v.ndim == 2 else v for v in their.state_dict().values())
            )
        self.gamma = nn.Parameter(ours.gamma.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        # (B, C/8 or C, HW)
        query, key, value = self.query(x).flatten(2), self.key(x).flatten(2), self.value(x).flatten(2)
        pairs = torch.softmax(query.transpose(1, 2) @ key, -1)  # (B, HW, HW)
        seen = self.gamma * (value @ pairs.transpose(1, 2)).reshape(x.shape)  # eq 13
        return x + seen if self.residual else seen


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, ours: ResidualAttention) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        load_in_order(
            nn.ModuleList([self.conv1, self.bn1, self.conv2, self.bn2]),
            ours.convolutions.state_dict().values(),
        )
        self.project = None
        if inputs != outputs or stride != 1:
            self.project = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            load_in_order(self.project, ours.shortcut.state_dict().values())
        self.attention, self.dropout = SelfAttention(outputs, ours.attention), nn.Dropout(ours.dropout.p)

    def forward(self, x: Tensor) -> Tensor:
        transformed = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))  # eq 10
        shortcut = x if self.project is None else self.project(x)  # eq 11
        return self.dropout(torch.relu(self.attention(shortcut + transformed)))  # eq 12-14


class Transcription(nn.Module):
    def __init__(self, ours: MEGANet) -> None:
        super().__init__()
        width, linear = ours.stem[0].out_channels, ours.classifier[1]
        self.gradient_attention = GradientAttention(ours.gradient_attention.filter.weight)
        self.conv, self.bn = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        load_in_order(nn.ModuleList([self.conv, self.bn]), ours.stem.state_dict().values())
        self.blocks = nn.ModuleList()
        inputs = width
        for number, block in enumerate(ours.blocks):
            outputs = width * 2**number
            self.blocks.append(Block(inputs, outputs, 1 if number == 0 else 2, block))
            inputs = outputs
        self.out = nn.Linear(linear.in_features, linear.out_features)
        load_in_order(self.out, linear.state_dict().values())

    def forward(self, x: Tensor) -> Tensor:
        maps = F.max_pool2d(torch.relu(self.bn(self.conv(self.gradient_attention(x)))), 3, 2, 1)
        for block in self.blocks:
            maps = block(maps)
        return self.out(maps.mean((2, 3)))


def transcribe(model: MEGANet) -> nn.Module:
    """Of the full model, with any number of blocks; Table V's ablations have no transcription."""
    return Transcription(model)
