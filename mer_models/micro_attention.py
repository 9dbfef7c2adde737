"""Micro-attention network: a ResNet of ten layers whose blocks weigh their maps by position.

Source  Wang, Peng, Bi, Chen: "Micro-attention for micro-expression recognition", Neurocomputing 410 (2020),
        354-362, doi:10.1016/j.neucom.2020.06.005.
Input   float32 (B, 3, H, W), H and W of 32 or more: the apex frame there, a MESTI in Table II of
        MESTI-MEGANet.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The text is not at hand. Known of it: a residual network, in each block an attention map made from the
        block's own features of several scales, hardly any parameters for it, and weights learnt before on
        other expressions (``weights``). Chosen:
        layers  ResNet's stem, four basic blocks of 64, 128, 256 and 512 channels, the last three with stride
                2, one linear layer on the mean over positions: ten layers with weights along the way;
        scales  the shortcut and the outputs of the block's two convolutions, which see 1, 3 and 5 positions
                (PRICAI2021-Off-TANet, 5ae73be, compares with a network that takes these three);
        map     one 1 x 1 filter over the three, a softmax over positions, times their number. So its mean is
                1 at every picture size. The block's output, after its ReLU, is multiplied by it. The filters
                start at zero, so that the network starts as the plain ResNet: at a random one the softmax has
                all its weight on one position;
        dropout 0.5 before the last layer.
        4 910 211 parameters at 3 classes: a ResNet-10 and 2880 of the attention. A published number is not at
        hand.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_models.backbone import PictureModel


class MicroAttention(PictureModel):
    paper = "Wang et al. 2020"
    n_parameters = 4_910_211
    default_features = "apex_frame"

    def __init__(
        self,
        n_classes: int,
        *,
        width: int = 64,  # channels of the stem and the first block, doubled from block to block
        dropout: float = 0.5,  # before the last layer
        weights: str = "",  # a safetensors file of a MicroAttention trained before; "": random start
    ) -> None:
        super().__init__(n_classes, 8 * width, dropout)
        self.stem = nn.Sequential(*_convolution(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        widths = (width, width, 2 * width, 4 * width, 8 * width)
        self.blocks = nn.Sequential(
            *(MicroAttentionBlock(i, o, 1 if i == o else 2) for i, o in itertools.pairwise(widths))
        )
        # As the pictures: else each step would turn all filters over and back. torch's stub does not know the
        # argument.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.load(weights)

    def maps(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x))


class MicroAttentionBlock(nn.Module):
    """Basic residual block, then the map: (B, inputs, H, W) -> (B, outputs, H/stride, W/stride)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Sequential(*_convolution(inputs, outputs, 1, stride))
        self.first = nn.Sequential(*_convolution(inputs, outputs, 3, stride), nn.ReLU())
        self.second = nn.Sequential(*_convolution(outputs, outputs, 3, 1))
        self.filter = nn.Conv2d(3 * outputs, 1, 1, bias=False)
        nn.init.zeros_(self.filter.weight)

    def forward(self, x: Tensor) -> Tensor:
        shortcut, first = self.shortcut(x), self.first(x)
        second = self.second(first)
        scores = self.filter(torch.cat([shortcut, first, second], 1))  # (B, 1, H, W)
        attention = torch.softmax(scores.flatten(2), -1).view_as(scores) * scores[0].numel()
        return F.relu(shortcut + second) * attention


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """A convolution and its normalisation; the side is divided by the stride."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")  # as ResNet
    return convolution, nn.BatchNorm2d(outputs)
