"""What the models of the ROI ladder share: convolution blocks, one encoder per region, attention with a
residual.

Source  README and outline of "ROI-Attention Enhanced Multi-Temporal Micro-Expression Recognition" (four
        blocks, global average pooling, fully connected, 256 features per region); widths, strides and
        attention follow its code (github.com/sandeshraop/FacialDetection.github.io,
        production_advanced_architectures.py, 8059835).
Input   float32 (B, W, 3, 3, H, W'): W windows of time, region (eyes, eyebrows, mouth), (u, v, strain); or
        (B, 9, H, W'), the nine maps of one window.
Output  float32 (B, W, 3, F): F features for each window and region.
Differs convolutions before a batch normalisation have no bias, which it would subtract again.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.shapes import Takes

REGIONS = 3
MAX_WINDOWS = 4
TAKES: Takes = {
    "roi_maps": ((1, MAX_WINDOWS), REGIONS, 3, None, None),
    "roi_stack": (3 * REGIONS, None, None),
}
WIDTHS = (32, 64, 128, 256)  # channels of the four blocks


def as_windows(model: nn.Module, x: Tensor) -> Tensor:
    """Clips as (B, W, 3, 3, H, W'): as they are, or of a stack (B, 9, H, W') the one window that it holds.

    Raises ValueError for another shape.
    """
    if x.ndim == 4 and x.shape[1] == 3 * REGIONS:
        return x.unflatten(1, (1, REGIONS, 3))
    if x.ndim != 6 or x.shape[2:4] != (REGIONS, 3) or not 1 <= x.shape[1] <= MAX_WINDOWS:
        raise ValueError(
            f"{type(model).__name__} reads (B, windows in 1..{MAX_WINDOWS}, 3, 3, H, W) or (B, 9, H, W), got "
            f"{tuple(x.shape)}; extract roi_maps1, roi_maps2, roi_maps4 or roi_stack9"
        )
    return x


class PictureEncoder(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        # this memory order is the faster one on CPUs
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self:
            x = layer(x)
        return x


def picture_encoder(widths: tuple[int, ...], outputs: int, dropout: float) -> PictureEncoder:
    """(B, 3, H, W) -> (B, outputs). Each block halves the side; the mean over the last maps goes through a
    linear layer."""
    layers: list[nn.Module] = []
    for inputs, width in zip((3, *widths), widths, strict=False):
        layers += [nn.Conv2d(inputs, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    layers += [
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(widths[-1], outputs),
        nn.ReLU(),
        nn.Dropout(dropout),
    ]
    encoder = PictureEncoder(*layers)
    # As the pictures: else each step would turn all filters over and back. torch's stub does not know the
    # argument.
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class RegionEncoder(nn.Module):
    """Every window of a region through the region's encoder; with ``shared`` the three regions have one
    encoder."""

    def __init__(self, feature_dim: int, dropout: float, *, shared: bool = False) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(
            picture_encoder(WIDTHS, feature_dim, dropout) for _ in range(1 if shared else REGIONS)
        )

    def forward(self, x: Tensor) -> Tensor:
        if len(self.encoders) == 1:
            return self.encoders[0](x.flatten(0, 2)).unflatten(0, x.shape[:3])
        regions = [encoder(x[:, :, r].flatten(0, 1)) for r, encoder in enumerate(self.encoders)]
        return torch.stack(regions, 1).unflatten(0, x.shape[:2])


class AttentionBlock(nn.Module):
    """Multi-head self-attention, residual, layer normalisation: (B, N, D) -> (B, N, D), every token looks at
    all N. ``dropout``: chance in [0, 1) that a token overlooks another in training, head by head."""

    def __init__(self, dim: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_dropout(dropout)
        if heads < 1 or dim % heads:
            raise ValueError(f"the width of a token must be a multiple of the heads: {dim=}, {heads=}")
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.query_key_value, self.out, self.norm = (
            nn.Linear(dim, 3 * dim),
            nn.Linear(dim, dim),
            nn.LayerNorm(dim),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = (
            self.query_key_value(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        )
        # Written out, as torch's fused form draws its dropout where a pack of folds cannot see it
        # (training/packed/replay.py); tokens are four at most, so nothing is lost.
        scores = query @ key.mT / math.sqrt(query.shape[-1])  # (B, heads, N, N)
        seen = (self.dropout(scores.softmax(-1)) @ value).transpose(1, 2).flatten(2)
        return self.norm(tokens + self.out(seen))
