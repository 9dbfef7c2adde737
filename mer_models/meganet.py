"""MEGANet: attention to the picture's gradients, then residual blocks with self-attention over all positions.

Source  Nguyen, Khuong, Le, Ngo: "MESTI-MEGANet: Micro-expression Spatio-Temporal Image and Micro-expression
        Gradient Attention Networks for Micro-expression Recognition", arXiv 2509.00056, section II-B,
        equations 6-14. The ablations of its Tables V and VI are constructor arguments. Self-attention: SAGAN,
        Zhang et al., arXiv 1805.08318.
Input   float32 (B, 3, H, W), H and W of 32 or more, 224 in the paper: a MESTI or another picture of a clip.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The paper gives no widths, strides or rates. Chosen: stem and max pooling halve the side, as in
        ResNet; blocks of 64, 128, 256 (and 512) channels, of which all but the first halve the side; dropout
        0.3. 1 340 761 parameters at 3 classes.
        eq 13   as printed, Y_attn = gamma V E^T, the block's own maps are lost, and SAGAN's start gamma = 0
                would leave a network that is zero and stays so, since no gradient passes the ReLU of eq 14 at
                0. SAGAN, which the paper follows, adds gamma times the attention to the maps: so do we.
                   ``attention_residual=False`` is the printed form, from gamma = 1.
        eq 8    the filter has no bias, as printed. Convolutions before a batch normalisation have none, which
                it would subtract again; the keys' would add the same to all scores of a query, and drop out
                of the softmax.
        Table V "self-attention" without "residual block" leaves F(X) out of eq 12; with neither there is no
        block at all.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_models.backbone import PictureModel


class MEGANet(PictureModel):
    """``gradient_attention``, ``residual``, ``self_attention``: Table V; ``blocks``: Table VI."""

    paper = "Nguyen et al. 2025"
    n_parameters = 1_340_761

    def __init__(
        self,
        n_classes: int,
        *,
        gradient_attention: bool = True,
        residual: bool = True,
        self_attention: bool = True,
        attention_residual: bool = True,  # False: eq 13 as printed
        blocks: int = 3,
        width: int = 64,  # channels of the stem and the first block, doubled from block to block
        dropout: float = 0.3,  # on the maps of each block
    ) -> None:
        blocks = blocks if residual or self_attention else 0
        if blocks < 0 or width < 8 or width % 8:
            raise ValueError(f"blocks must be 0 or more, width a multiple of 8: {blocks=}, {width=}")
        # Eq 14 drops maps, not their means; without blocks the means are all that is left.
        super().__init__(n_classes, width * 2 ** max(0, blocks - 1), 0.0 if blocks else dropout)
        self.gradient_attention = GradientAttention() if gradient_attention else nn.Identity()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )  # fmt: skip
        self.blocks = nn.ModuleList()
        for number in range(blocks):
            inputs, outputs, stride = (
                (width, width, 1) if number == 0 else (width * 2 ** (number - 1), width * 2**number, 2)
            )
            attention = (
                SelfAttention(outputs, residual=attention_residual) if self_attention else nn.Identity()
            )
            self.blocks.append(
                ResidualAttention(inputs, outputs, stride, attention, residual=residual, dropout=dropout)
            )

    def maps(self, x: Tensor) -> Tensor:
        x = self.stem(self.gradient_attention(x))  # (B, W, H/4, W/4)
        for block in self.blocks:
            x = block(x)
        return x


def gradient(x: Tensor) -> Tensor:
    """|difference to the right neighbour| + |difference to the lower one|, eq 6-7: same shape; 0 where there
    is no neighbour."""
    right, lower = (x[..., :, 1:] - x[..., :, :-1]).abs(), (x[..., 1:, :] - x[..., :-1, :]).abs()
    return F.pad(right, (0, 1, 0, 0)) + F.pad(lower, (0, 0, 0, 1))


class GradientAttention(nn.Module):
    """The picture times one map in (0, 1), seen in its gradients (eq 6-9): (B, 3, H, W) -> same shape."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv2d(3, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.filter(gradient(x)))


class ResidualAttention(nn.Module):
    """Two convolutions beside a shortcut, then attention (eq 10-14): (B, inputs, H, W) -> (B, outputs,
    H/stride, W/stride)."""

    def __init__(
        self, inputs: int, outputs: int, stride: int, attention: nn.Module, *, residual: bool, dropout: float
    ) -> None:
        super().__init__()
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)  # eq 11
        self.convolutions = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        ) if residual else None  # fmt: skip
        self.attention, self.dropout = attention, nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.shortcut(x)
        if self.convolutions is not None:
            maps = maps + self.convolutions(x)  # eq 12
        return self.dropout(F.relu(self.attention(maps)))  # eq 14


class SelfAttention(nn.Module):
    """Every position looks at all others (eq 13): (B, C, H, W) -> same shape. 1 x 1 convolutions are linear
    layers on positions."""

    def __init__(self, channels: int, *, residual: bool) -> None:
        super().__init__()
        self.residual, inner = residual, channels // 8
        self.query, self.key = nn.Linear(channels, inner), nn.Linear(channels, inner, bias=False)
        self.value = nn.Linear(channels, channels)
        self.gamma = nn.Parameter(torch.zeros(1) if residual else torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        positions = x.flatten(2).mT.unsqueeze(1)  # (B, 1, HW, C)
        query, key, value = self.query(positions), self.key(positions), self.value(positions)
        # Zeros up to the values' width change no score. Without them torch finds no fused kernel on a CPU and
        # keeps HW x HW scores.
        query, key = (F.pad(part, (0, value.shape[-1] - part.shape[-1])) for part in (query, key))
        # SAGAN does not divide by the root of the width
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        seen = self.gamma * seen.squeeze(1).mT.unflatten(2, x.shape[2:])
        return x + seen if self.residual else seen
