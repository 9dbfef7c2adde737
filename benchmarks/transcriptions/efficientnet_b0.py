"""EfficientNet-B0 as in Tan and Le, ICML 2019, Table 1: MBConv blocks with squeeze and excitation of a
quarter of their input.

TensorFlow's padding at stride 2: of the k - 2 rows and columns of zeros the smaller half is before the
picture, for even sizes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.efficientnet_b0 import EfficientNetB0

# expansion, channels, layers, kernel, stride of the first layer: stages 2 to 8
TABLE_1 = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)


class SameConv(nn.Conv2d):
    """Output size = input size / stride, the zeros as TensorFlow puts them."""

    def forward(self, x: Tensor) -> Tensor:
        total = self.kernel_size[0] - self.stride[0]
        before, after = total // 2, total - total // 2
        return super().forward(F.pad(x, (before, after, before, after)))


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class MBConv(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        width, squeezed = expansion * inputs, inputs // 4
        self.skip = stride == 1 and inputs == outputs
        self.expand = None
        if expansion != 1:
            self.expand = nn.Sequential(nn.Conv2d(inputs, width, 1, bias=False), norm(width), nn.SiLU())
        self.depthwise = nn.Sequential(
            SameConv(width, width, kernel, stride, groups=width, bias=False), norm(width), nn.SiLU()
        )
        self.squeeze, self.excite = nn.Conv2d(width, squeezed, 1), nn.Conv2d(squeezed, width, 1)
        self.project = nn.Sequential(nn.Conv2d(width, outputs, 1, bias=False), norm(outputs))
        self.dropout = nn.Dropout(drop)

    def forward(self, x: Tensor) -> Tensor:
        h = x if self.expand is None else self.expand(x)
        h = self.depthwise(h)
        scale = torch.sigmoid(self.excite(F.silu(self.squeeze(h.mean((2, 3), keepdim=True)))))
        h = self.project(h * scale)
        return x + self.dropout(h) if self.skip else h


class EfficientNet(nn.Module):
    def __init__(self, classes: int, drop_connect: float, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [SameConv(3, 32, 3, 2, bias=False), norm(32), nn.SiLU()]
        total, done, inputs = sum(row[2] for row in TABLE_1), 0, 32
        for expansion, outputs, repeats, kernel, stride in TABLE_1:
            for repeat in range(repeats):
                drop = drop_connect * done / total
                layers.append(MBConv(inputs, outputs, expansion, kernel, stride if repeat == 0 else 1, drop))
                inputs, done = outputs, done + 1
        self.maps = nn.Sequential(*layers, nn.Conv2d(inputs, 1280, 1, bias=False), norm(1280), nn.SiLU())
        self.dropout, self.out = nn.Dropout(dropout), nn.Linear(1280, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.maps(x).mean((2, 3))))


def transcribe(model: EfficientNetB0) -> nn.Module:
    drop_connect = model.efficientnet.config.drop_connect_rate
    own = EfficientNet(model.classifier[1].out_features, drop_connect, model.classifier[0].p)
    load_in_order(own.maps, model.efficientnet.state_dict().values())
    load_in_order(own.out, model.classifier[1].state_dict().values())
    return own
