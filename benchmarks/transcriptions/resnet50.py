"""ResNet-50 as in He et al., CVPR 2016, Table 1: [3, 4, 6, 3] bottlenecks; the 3 x 3 convolution has the
stride."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.resnet18 import ResNet
from benchmarks.transcriptions.weights import load_in_order
from mer_models.resnet50 import ResNet50


class Bottleneck(nn.Module):
    """y = ReLU(F(x) + x), F of 1 x 1, 3 x 3, 1 x 1 convolutions; a projection by 1 x 1 where the size changes
    (option B)."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.project = None
        if stride != 1 or inputs != outputs:
            self.project = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.project is None else self.project(x)
        h = torch.relu(self.bn1(self.conv1(x)))
        h = torch.relu(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return torch.relu(h + shortcut)


def transcribe(model: ResNet50) -> nn.Module:
    blocks: list[nn.Module] = []
    inputs = 64
    for stage, (width, repeats) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for repeat in range(repeats):
            blocks.append(Bottleneck(inputs, width, 2 if stage > 0 and repeat == 0 else 1))
            inputs = 4 * width
    own = ResNet(blocks, 2048, model.classifier[1].out_features, model.classifier[0].p)
    load_in_order(own.maps, model.resnet.state_dict().values())
    load_in_order(own.out, model.classifier[1].state_dict().values())
    return own
