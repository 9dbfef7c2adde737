"""Single-orientation attention of FaceSleuth: pool along parallel lines, weigh each line, pass the attention
map on.

Source  the FaceSleuth paper, sections 3.1 (CVA, eq 1-4) and 3.4 (SOA, eq 5-7); order of layers, strides, the
        1 x 1 convolutions that carry a map to more channels follow the authors' CA_block.py
        (github.com/Svardfox/FaceSleuth, 3b8837b).
Input   maps float32 (B, C, H, W), the attention map of the module before, of that shape or of one column, and
        theta in radians, pi / 2 = vertical. None stands for no module before, and for CVA.
Output  weighted maps and attention map, both float32 (B, C', ceil(H / stride), ceil(W / stride)); CVA's
        attention map has one column, since a row has one weight: carrying it on so costs next to nothing.
Axis    theta is that of the paper: means are taken along lines orthogonal to it, so pi / 2 (vertical) is the
        mean of each row, CVA. The public code's theta is another: OrientationPoolingVec turns the picture by
        it and averages rows, so its 0 is CVA and its 90 degrees the mean of each column. Theirs is 90 degrees
        minus ours. Their start at 72 degrees is our 18, lines near columns, and the angles that they store
        (70 +- 6 degrees over 26 people of CASME II from that start; 84 +- 40, between 0 and 176, in another
        run) are our 20 and 6, nearly horizontal axes: the "vertical" of the paper is not what its code
        measured. The code also weighs rows by what it has pooled along turned lines; eq 7 turns back.
Differs SOA: the paper averages over lines by a binary mask and speaks of a straight-through estimator; the
        authors' code rotates the picture by interpolation. Here every pixel is projected on the axis and
        shared between the two nearest lines by linear weights. That is differentiable in theta as it stands
        (no straight-through estimator), costs O(C H W), loses no pixel, and at theta = pi / 2 it is the row
        mean of CVA. The map is passed on spread over the picture, not line by line: modules with different
        axes meet at the same pixels. For CVA both are the same. The axis is a vector, as in the authors'
        code, and theta its angle: AdamW's weight decay shortens it but does not turn it. CVA and SOA have the
        same bottleneck, max(8, C / 32) wide, with ReLU; the authors' code has a batch normalisation and
        h-swish in CVA alone, so that there SOA could not become CVA.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

VERTICAL = math.pi / 2


class Lines(NamedTuple):
    """How the pixels of a picture are shared between ``n_lines`` parallel lines, one pixel apart."""

    low: Tensor  # (H * W,) int64: the first of a pixel's two lines; the second is the next one
    share: Tensor  # (H * W,) float in [0, 1]: what the second line gets
    n_lines: int


def lines(theta: Tensor, height: int, width: int) -> Lines:
    """Lines orthogonal to (cos theta, sin theta), x to the right and y down; at pi / 2 line ``margin + i`` is
    row i."""
    y = torch.arange(height, dtype=theta.dtype, device=theta.device) - (height - 1) / 2
    x = torch.arange(width, dtype=theta.dtype, device=theta.device) - (width - 1) / 2
    margin = math.ceil((math.hypot(height - 1, width - 1) - (height - 1)) / 2)
    place = (y[:, None] * theta.sin() + x * theta.cos()).flatten() + (height - 1) / 2 + margin
    n_lines = height + 2 * margin + 1
    low = place.detach().floor().long().clamp(0, n_lines - 2)
    return Lines(low, place - low, n_lines)


def totals(x: Tensor, along: Lines) -> Tensor:
    """Sum over each line: (B, C, H, W) -> (B, C, n_lines). All lines together hold what the picture holds."""
    second = x.flatten(2) * along.share
    sums = second.new_zeros(*x.shape[:2], along.n_lines)
    return sums.index_add(2, along.low, x.flatten(2) - second).index_add(2, along.low + 1, second)


def pool(x: Tensor, along: Lines) -> Tensor:
    """Mean over each line: (B, C, H, W) -> (B, C, n_lines); 0 on a line that no pixel touches (eq 5)."""
    mass = totals(x.new_ones(1, 1, *x.shape[2:]), along)
    return totals(x, along) / mass.clamp(min=1e-6)


def spread(values: Tensor, along: Lines, height: int, width: int) -> Tensor:
    """Back to the pixels: (B, C, n_lines) -> (B, C, H, W), linear between the two nearest lines (eq 7)."""
    first, second = values[..., along.low], values[..., along.low + 1]
    return (first + along.share * (second - first)).unflatten(2, (height, width))


class Axis(nn.Module):
    """The direction that a module pools across; calling it gives its angle in radians, pi / 2 = vertical."""

    # The authors give theta a learning rate 0.005 / 0.0008 times the others'. A step turns a short vector
    # further.
    length = 0.0008 / 0.005

    def __init__(self, theta: float, *, learnable: bool = True) -> None:
        super().__init__()
        direction = self.length * torch.tensor([math.cos(theta), math.sin(theta)])
        self.direction = nn.Parameter(direction) if learnable else nn.Buffer(direction)

    def forward(self) -> Tensor:
        return torch.atan2(self.direction[1], self.direction[0])


class OrientedAttention(nn.Module):
    """One weight in (0, 1) for each line and channel (eq 6). Without theta this is CVA: lines are rows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(8, channels // 32)
        self.weigh = nn.Sequential(
            nn.Conv1d(channels, narrow, 1), nn.ReLU(), nn.Conv1d(narrow, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor, theta: Tensor | None = None) -> Tensor:
        """(B, C, H, W) -> attention (B, C, H, W), constant along lines; without theta (B, C, H, 1)."""
        if theta is None:
            return self.weigh(x.mean(3)).unsqueeze(3)
        along = lines(theta, *x.shape[2:])
        return spread(self.weigh(pool(x, along)), along, *x.shape[2:])


class OrientedModule(nn.Module):
    """Residual block, then attention times the attention map of the module before (eq 1-4)."""

    def __init__(self, inputs: int, channels: int, stride: int = 1, *, first: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip
        same = stride == 1 and inputs == channels
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))
        )
        self.attention = OrientedAttention(channels)
        if not first:
            self.carry = nn.Sequential(
                nn.MaxPool2d(3, stride, 1),
                nn.Identity() if inputs == channels else nn.Conv2d(inputs, channels, 1, bias=False),
            )

    def forward(
        self, x: Tensor, before: Tensor | None = None, theta: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """x (B, inputs, H, W), before: attention map of the same shape, or of one column -> weighted maps (B,
        channels, H', W') and attention map."""
        x = torch.relu(self.body(x) + self.shortcut(x))
        attention = self.attention(x, theta)
        if before is not None:
            attention = attention * self.carry(before)
        return x * attention, attention
