"""VGG19, one of the networks that papers compare with.

Source  Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015,
        arXiv 1409.1556, Table 1, column E.
Input   float32 (B, 3, H, W), H and W of 32 or more, 224 there.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The head is the mean over positions, dropout 0.5 and one linear layer. The original flattens 7 x 7
        positions into two hidden layers of 4096, which fix the picture's size and hold 120 of its 143 667 240
        parameters (1000 classes): ours has 20 025 923 at 3 classes. ``batch_norm`` (20 036 931) is not of the
        paper; without it so deep a network hardly learns from a random start. Weights start as in He et al.,
        ICCV 2015, which the paper could not know, unless ``weights`` names a file.
"""

from __future__ import annotations

import re

from torch import Tensor, nn

from mer_models.backbone import PictureModel


class VGG19(PictureModel):
    paper = "Simonyan and Zisserman 2015"
    n_parameters = 20_025_923
    # channels in widths, convolutions; a max pooling ends each
    stages = ((1, 2), (2, 2), (4, 4), (8, 4), (8, 4))

    def __init__(
        self,
        n_classes: int,
        *,
        batch_norm: bool = False,
        width: int = 64,  # channels of the first stage
        dropout: float = 0.5,  # before the last layer
        # a safetensors file with torchvision's names (features.0.weight ...); "": random start
        weights: str = "",
    ) -> None:
        super().__init__(n_classes, self.stages[-1][0] * width, dropout)
        layers: list[nn.Module] = []
        inputs = 3
        for times, convolutions in self.stages:
            for _ in range(convolutions):
                outputs = times * width
                layers += [
                    nn.Conv2d(inputs, outputs, 3, padding=1),
                    *([nn.BatchNorm2d(outputs)] if batch_norm else []),
                    nn.ReLU(),
                ]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.convolutions = nn.Sequential(*layers)
        for layer in self.convolutions:
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        self.load(weights, lambda name: re.sub(r"^features\.", "convolutions.", name))

    def maps(self, x: Tensor) -> Tensor:
        return self.convolutions(x)
