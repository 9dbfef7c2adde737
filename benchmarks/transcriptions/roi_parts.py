"""What the transcriptions of the ROI ladder share: one picture's encoder, a loop over the regions, attention
head by head."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.roi_encoder import AttentionBlock, RegionEncoder


class Encoder(nn.Module):
    """Blocks h = ReLU(BN(conv 3 x 3, stride 2)), their mean over positions, dropout(ReLU(linear)): (B, 3, H,
    W) -> (B, F)."""

    def __init__(self, ours: nn.Sequential, widths: tuple[int, ...], features: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        for inputs, outputs in zip((3, *widths), widths, strict=False):
            self.blocks.append(
                nn.Sequential(
                    nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outputs)
                )
            )
        self.linear = nn.Linear(widths[-1], features)
        self.dropout = nn.Dropout(ours[-1].p)
        load_in_order(self, ours.state_dict().values())

    def forward(self, picture: Tensor) -> Tensor:
        h = picture
        for block in self.blocks:
            h = torch.relu(block(h))
        return self.dropout(torch.relu(self.linear(h.mean((2, 3)))))


class RegionEncoders(nn.Module):
    """f[b, w, r] = encoder_r(x[b, w, r]): (B, W, 3, 3, H, W') -> (B, W, 3, F). A region's windows are one
    batch.

    With a single encoder all regions go through it one after another: so the batch statistics are each
    region's own, in training.
    """

    def __init__(self, ours: RegionEncoder, features: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(
            Encoder(encoder, (32, 64, 128, 256), features) for encoder in ours.encoders
        )

    def forward(self, x: Tensor) -> Tensor:
        clips, windows, regions, channels, height, width = x.shape
        features = []
        for r in range(regions):
            pictures = x[:, :, r].reshape(clips * windows, channels, height, width)
            encoder = self.encoders[r % len(self.encoders)]
            features.append(encoder(pictures).reshape(clips, windows, -1))
        return torch.stack(features, 2)


class Attention(nn.Module):
    """LN(x + concat_h(dropout(softmax(Q_h K_h^T / sqrt d)) V_h) W_o): (B, N, D) -> same,
    d = D / heads."""

    def __init__(self, ours: AttentionBlock) -> None:
        super().__init__()
        dim = ours.out.in_features
        self.heads, self.d = ours.heads, dim // ours.heads
        self.dropout = nn.Dropout(ours.dropout.p)
        self.query, self.key, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.out, self.norm = nn.Linear(dim, dim), nn.LayerNorm(dim)
        joint = ours.query_key_value
        for layer, weight, bias in zip(
            (self.query, self.key, self.value), joint.weight.chunk(3), joint.bias.chunk(3), strict=True
        ):
            load_in_order(layer, (weight, bias))
        load_in_order(self.out, ours.out.state_dict().values())
        load_in_order(self.norm, ours.norm.state_dict().values())

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.query(x), self.key(x), self.value(x)
        heads = []
        for h in range(self.heads):
            own = slice(h * self.d, (h + 1) * self.d)
            q, k, v = query[..., own], key[..., own], value[..., own]
            weights = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(self.d), -1)  # (B, N, N)
            heads.append(self.dropout(weights) @ v)
        return self.norm(x + self.out(torch.cat(heads, -1)))


class Head(nn.Module):
    """W2 dropout(ReLU(W1 f)): (B, F) -> (B, n_classes)."""

    def __init__(self, ours: nn.Sequential) -> None:
        super().__init__()
        self.hidden = nn.Linear(ours[0].in_features, ours[0].out_features)
        self.dropout = nn.Dropout(ours[2].p)
        self.out = nn.Linear(ours[3].in_features, ours[3].out_features)
        load_in_order(self, ours.state_dict().values())

    def forward(self, f: Tensor) -> Tensor:
        return self.out(self.dropout(torch.relu(self.hidden(f))))
