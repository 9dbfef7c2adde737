"""EfficientNet-B0, one of the networks that papers compare with.

Source  Tan, Le: "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, arXiv
        1905.11946, Table 1. Layers are those of transformers' EfficientNetModel.
Input   float32 (B, 3, H, W), H and W of 32 or more, 224 there.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The head is the original one for fewer classes, dropout 0.2 and a linear layer on the mean over
        positions: 4 011 391 parameters at 3 classes, 5 288 548 at the original's 1000. Three defaults of
        transformers serve files that are trained already and not a random start; here
        start     convolutions as in He et al. (fan out), batch normalisation 1 and 0, as the authors' code;
                  there the scales of the batch normalisation are drawn from N(0, 0.02), so that a signal is
                  lost after a few layers;
        momentum  of the running statistics 0.1, torch's; there 0.99, TensorFlow's number, which in torch
                  keeps 1 % of the past;
        skips     transformers sets single values of a block's output to zero where the authors skip the
                  block: kept, as ``drop_connect``.
"""

from __future__ import annotations

from torch import Tensor, nn

from mer_models import torchvision_names
from mer_models.backbone import PictureModel


class EfficientNetB0(PictureModel):
    paper = "Tan and Le 2019"
    n_parameters = 4_011_391

    def __init__(
        self,
        n_classes: int,
        *,
        drop_connect: float = 0.2,  # in [0, 1): rate in the last block; in proportion less in the ones before
        dropout: float = 0.2,  # before the last layer
        # a safetensors file, named as those of EfficientNetForImageClassification or torchvision's, whose
        # network pads evenly and has another epsilon: a start as good, not the same maps; "": random start
        weights: str = "",
    ) -> None:
        # takes seconds: nobody else should wait for it
        from transformers import EfficientNetConfig, EfficientNetModel

        if not 0 <= drop_connect < 1:
            raise ValueError(f"drop_connect must be in [0, 1): {drop_connect=}")
        super().__init__(n_classes, 1280, dropout)
        config = EfficientNetConfig(
            width_coefficient=1.0,
            depth_coefficient=1.0,
            hidden_dim=1280,
            batch_norm_momentum=0.1,
            drop_connect_rate=drop_connect,
        )
        self.efficientnet = EfficientNetModel(config)
        for layer in self.efficientnet.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
            elif isinstance(layer, nn.BatchNorm2d):
                layer.reset_parameters()
        self.load(weights, torchvision_names.efficientnet)

    def maps(self, x: Tensor) -> Tensor:
        return self.efficientnet(x).last_hidden_state
