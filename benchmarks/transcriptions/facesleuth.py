"""FaceSleuth: equations 1-7 with every line of pixels as a row of a matrix; the Swin is the library's, once
for each frame.

The Swin is ``transformers.SwinModel`` in both, here with its explicit softmax(Q K^T) V: the paper takes it as
it is.
"""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.facesleuth import FaceSleuth
from mer_models.orientation import OrientedModule


def shares(theta: Tensor, height: int, width: int) -> Tensor:
    """(n_lines, H W): what a line gets of a pixel, linear in their distance along (cos theta, sin theta), x
    to the right, y down."""
    reach = math.ceil(math.hypot(height, width) / 2) + 1  # lines on either side of the middle of the picture
    y = torch.arange(height, dtype=theta.dtype, device=theta.device) - (height - 1) / 2
    x = torch.arange(width, dtype=theta.dtype, device=theta.device) - (width - 1) / 2
    place = (y[:, None] * torch.sin(theta) + x[None, :] * torch.cos(theta)).reshape(-1)
    # Half a pixel beside the middle where the rows are: at pi / 2 a line is a row.
    at = torch.arange(-reach, reach + 1, dtype=theta.dtype, device=theta.device) - (height - 1) % 2 / 2
    return torch.relu(1 - torch.abs(place[None, :] - at[:, None]))


class Attention(nn.Module):
    """A = sigmoid(W_2 ReLU(W_1 z)), z the means over the lines, back at the pixels (eq 2-3, 5-7): (B, C, H,
    W) -> same shape."""

    def __init__(self, channels: int, ours: nn.Sequential) -> None:
        super().__init__()
        narrow = max(8, channels // 32)
        self.w1, self.w2 = nn.Conv1d(channels, narrow, 1), nn.Conv1d(narrow, channels, 1)
        load_in_order(nn.ModuleList([self.w1, self.w2]), ours.state_dict().values())

    def weigh(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.w2(torch.relu(self.w1(z))))

    def forward(self, x: Tensor, theta: Tensor | None) -> Tensor:
        batch, channels, height, width = x.shape
        if theta is None:
            return self.weigh(x.mean(3))[:, :, :, None].repeat(1, 1, 1, width)
        share = shares(theta, height, width)  # (L, H W)
        z = x.flatten(2) @ share.T / share.sum(1).clamp(min=1e-6)  # (B, C, L)
        return (self.weigh(z) @ share).reshape(batch, channels, height, width)


class Module(nn.Module):
    """One of the four modules of eq 4."""

    def __init__(self, inputs: int, channels: int, stride: int, ours: OrientedModule, first: bool) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels)
        load_in_order(
            nn.ModuleList([self.conv1, self.bn1, self.conv2, self.bn2]), ours.body.state_dict().values()
        )
        self.project, self.widen = None, None
        if stride != 1 or inputs != channels:
            self.project = nn.Sequential(
                nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
            load_in_order(self.project, ours.shortcut.state_dict().values())
        self.attention, self.stride = Attention(channels, ours.attention.weigh), stride
        if not first and inputs != channels:
            self.widen = nn.Conv2d(inputs, channels, 1, bias=False)
            load_in_order(self.widen, ours.carry.state_dict().values())

    def forward(self, x: Tensor, before: Tensor | None, theta: Tensor | None) -> tuple[Tensor, Tensor]:
        h = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        h = torch.relu(h + (x if self.project is None else self.project(x)))
        attention = self.attention(h, theta)
        if before is not None:
            before = F.max_pool2d(before, 3, self.stride, 1)
            attention = attention * (before if self.widen is None else self.widen(before))  # eq 1
        return h * attention, attention


class Transcription(nn.Module):
    def __init__(self, ours: FaceSleuth) -> None:
        super().__init__()
        wide, width = ours.stem[0].out_channels, ours.stem[3].out_channels
        self.grid = ours.grid
        self.stem = nn.Sequential(
            nn.Conv2d(3, wide, 3, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.Conv2d(wide, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        )  # fmt: skip
        load_in_order(self.stem, ours.stem.state_dict().values())
        sizes = ((width, width, 1), (width, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 2))
        self.modules_ = nn.ModuleList(
            Module(*size, module, first=n == 0)
            for n, (size, module) in enumerate(zip(sizes, ours.motion, strict=True))
        )
        self.directions = nn.ParameterList(axis.direction.detach().clone() for axis in ours.axes)
        for own, axis in zip(self.directions, ours.axes, strict=True):
            own.requires_grad_(isinstance(axis.direction, nn.Parameter))
        self.swin = copy.deepcopy(ours.face)
        self.swin.set_attn_implementation("eager")
        linear, norm, au = ours.flat[1], ours.flat[2], ours.au_embed[0]
        self.linear, self.norm = (
            nn.Linear(linear.in_features, linear.out_features),
            nn.LayerNorm(linear.out_features),
        )
        self.au = nn.Linear(au.in_features, au.out_features)
        self.out = nn.Linear(ours.head[2].in_features, ours.head[2].out_features)
        self.dropout = nn.Dropout(ours.head[1].p)
        for own_layer, their in (
            (self.linear, linear),
            (self.norm, norm),
            (self.au, au),
            (self.out, ours.head[2]),
        ):
            load_in_order(own_layer, their.state_dict().values())

    def face(self, frame: Tensor, height: int, width: int) -> Tensor:
        tokens = self.swin(frame, always_partition=True).last_hidden_state  # (B, H W, C)
        return tokens.transpose(1, 2).reshape(len(tokens), -1, height, width)

    def forward(self, x: Tensor, aus: Tensor) -> Tensor:
        """x (B, 2, 3, H, W), aus (B, n_aus), every row annotated or every number of it -1 -> logits (B,
        n_classes)."""
        onset, apex = x[:, 0], x[:, 1]
        maps, attention = self.stem(apex - onset), None
        for number, module in enumerate(self.modules_):
            theta = None
            if len(self.directions):
                direction = self.directions[number % len(self.directions)]
                theta = torch.atan2(direction[1], direction[0])
            maps, attention = module(maps, attention, theta)
        height, width = maps.shape[2:]
        maps = maps + self.face(onset, height, width) + self.face(apex, height, width)
        flat = self.norm(self.linear(F.adaptive_avg_pool2d(maps, self.grid).flatten(1)))
        known = (aus[:, :1] >= 0).to(x.dtype)
        embedded = known * torch.relu(self.au(aus * known))
        return self.out(self.dropout(torch.relu(torch.cat([flat, embedded], 1))))


def transcribe(model: FaceSleuth) -> nn.Module:
    """Of the model with AUs, in any orientation."""
    return Transcription(model)
