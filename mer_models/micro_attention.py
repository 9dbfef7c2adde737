"""Micro-attention network: a residual network of ten layers whose blocks weigh their maps by position.

Source  Wang, Peng, Bi, Chen: "Micro-attention for micro-expression recognition", Neurocomputing 410 (2020),
        354-362, doi:10.1016/j.neucom.2020.06.005; layers, starts and sizes follow the authors' network
        description (github.com/CodeShareBot/Micro-Attention-for-Micro-Expression, 692439c,
        train_test.prototxt). 5 943 813 parameters at 3 classes, as counted from it.
Input   float32 (B, 3, H, W), H and W of 32 or more, 224 there: the apex frame, a MESTI in Table II of
        MESTI-MEGANet. The network reads one grey plane, 0.299 R + 0.587 G + 0.114 B; ``grey=False`` reads all
        three planes as they are. Flow pictures have no colours: set it for them.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The description has no dropout; ``dropout`` is here for the search, 0 by default. Caffe's slow running
        statistics, the doubled step of its biases, and its own start of the last layer are left out. Where
        the recipe standardises the colours, grey is made of standardised ones; a batch normalisation of the
        grey plane follows in any case, as there. ``weights`` are of networks trained by this project: the
        authors' own, learnt on other expressions, are not public.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_models.backbone import PictureModel


class MicroAttention(PictureModel):
    paper = "Wang et al. 2020"
    n_parameters = 5_943_813
    default_features = "apex_frame"

    def __init__(
        self,
        n_classes: int,
        *,
        width: int = 64,  # channels of the stem and the first block, doubled from block to block
        grey: bool = True,  # False: three planes, as for flow pictures
        dropout: float = 0.0,  # before the last layer
        weights: str = "",  # a safetensors file of a MicroAttention trained before; "": random start
    ) -> None:
        super().__init__(n_classes, 8 * width, dropout)
        self.grey, planes = grey, 1 if grey else 3
        first = nn.Conv2d(planes, width, 7, 2, 3)
        nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(first.bias)  # type: ignore[arg-type]  # it has one
        self.stem = nn.Sequential(
            nn.BatchNorm2d(planes), first, nn.BatchNorm2d(width), nn.ReLU(),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )  # fmt: skip
        widths = (width, width, 2 * width, 4 * width, 8 * width)
        self.blocks = nn.Sequential(
            *(MicroAttentionBlock(i, o, 1 if i == o else 2) for i, o in itertools.pairwise(widths)),
            nn.BatchNorm2d(8 * width),
            nn.ReLU(),
        )
        # As the pictures: else each step would turn all filters over and back. torch's stub does not know the
        # argument.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.load(weights)

    def maps(self, x: Tensor) -> Tensor:
        if self.grey:
            red, green, blue = x.split(1, 1)
            x = 0.299 * red + 0.587 * green + 0.114 * blue
        return self.blocks(self.stem(x))


class MicroAttentionBlock(nn.Module):
    """Pre-activation block, s = shortcut + second, then s + s * mask: (B, inputs, H, W) -> (B, outputs,
    H/stride, W/stride), sides rounded up.

    The mask, (B, 1, H/stride, W/stride) in (0, 1), reads what sees 1, 3 and 5 positions: the shortcut and the
    block's two convolutions. A position's gain is so between 1 and 2.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        same = inputs == outputs and stride == 1  # the first block, whose input the stem has rectified
        self.before = nn.Identity() if same else nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU())
        self.shortcut = nn.Identity() if same else _convolution(inputs, outputs, 1, stride)
        self.first = nn.Sequential(
            _convolution(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU()
        )
        self.second = _convolution(outputs, outputs, 3, 1)
        self.mask = _convolution(3 * outputs, outputs, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        shortcut, first = self.shortcut(x), self.first(x)
        second = self.second(first)
        # The mean of the filters' maps is the map of their mean: one filter to apply in place of many.
        mean = self.mask.weight.mean(0, keepdim=True)
        mask = torch.sigmoid(F.conv2d(torch.cat([shortcut, first, second], 1), mean))  # (B, 1, H', W')
        total = shortcut + second
        return total + total * mask


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Conv2d:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return convolution
