"""ResNet-18, one of the networks that papers compare with.

Source  He et al.: "Deep Residual Learning for Image Recognition", CVPR 2016, doi:10.1109/CVPR.2016.90, Table 1. Layers are those
        of transformers' ResNetModel: blocks of two 3 x 3 convolutions.
Input   float32 (B, 3, H, W), H and W of 32 or more, 224 there.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The head is the original one for fewer classes, with a dropout before it, 0 as in the original: 11 178 051 parameters at
        3 classes, 11 689 512 at the original's 1000. The weights start at random unless ``weights`` names a file.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mer_models.backbone import PictureModel


class ResNet18(PictureModel):
    paper = "He et al. 2016"
    n_parameters = 11_178_051

    def __init__(
        self,
        n_classes: int,
        *,
        dropout: float = 0.0,  # before the last layer
        weights: str = "",  # a safetensors file named as those of ResNetForImageClassification; "": random start
    ) -> None:
        from transformers import ResNetConfig, ResNetModel  # takes seconds: nobody else should wait for it

        super().__init__(n_classes, 512, dropout)
        self.resnet = ResNetModel(ResNetConfig(depths=[2, 2, 2, 2], hidden_sizes=[64, 128, 256, 512], layer_type="basic"))
        # As the pictures: else each step would turn all filters over and back. torch's stub does not know the argument.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.load(weights)

    def maps(self, x: Tensor) -> Tensor:
        return self.resnet(x).last_hidden_state
