"""ResNet-18, one of the networks that papers compare with.

Source  He et al.: "Deep Residual Learning for Image Recognition", CVPR 2016, doi:10.1109/CVPR.2016.90, Table
        1. Layers are those of transformers' ResNetModel: blocks of two 3 x 3 convolutions.
Input   float32 (B, 3, H, W), H and W of 32 or more, 224 there.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The head is the original one for fewer classes, with a dropout before it, 0 as in the original: 11 178
        051 parameters at 3 classes, 11 689 512 at the original's 1000. The weights start at random unless
        ``weights`` names a file.
"""

from __future__ import annotations

from mer_models.backbone import ResNet


class ResNet18(ResNet):
    paper = "He et al. 2016"
    n_parameters = 11_178_051
    depths, sizes, layer = (2, 2, 2, 2), (64, 128, 256, 512), "basic"
