"""What the picture models share: feature sets, the check of the input, the head, and weights of the user's
own.

Source  global average pooling before one linear layer: He et al., CVPR 2016, doi:10.1109/CVPR.2016.90,
        section 3.3.
Input   float32 (B, 3, H, W), H and W of 32 or more: an RGB picture, or horizontal flow u, vertical flow v and
        optical strain.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import safetensors.torch
import torch
from torch import Tensor, nn

from mer_models import torchvision_names
from mer_models.checks import check_dropout
from mer_models.shapes import Pattern, Takes
from mer_models.torchvision_names import Renamed

SMALLEST = 32  # pixels: the deepest maps are then one pixel wide
PICTURE: Pattern = (3, (SMALLEST, None), (SMALLEST, None))


class PictureModel(nn.Module):
    """A picture's maps, their mean over the picture, dropout, one linear layer. A subclass gives the maps."""

    takes: ClassVar[Takes] = {"image": PICTURE, "flow_picture": PICTURE}
    default_features: str = "mesti"
    uses_aus = False

    def __init__(self, n_classes: int, width: int, dropout: float) -> None:
        """``width``: channels of the maps; ``dropout``: chance in [0, 1) that one of their means is set to
        zero in training."""
        super().__init__()
        check_dropout(dropout)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, n_classes))

    def maps(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) -> maps (B, width, h, w)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Raises ValueError for a wrong shape."""
        if x.ndim != 4 or x.shape[1] != 3 or min(x.shape[2:]) < SMALLEST:
            raise ValueError(
                f"{type(self).__name__} reads (B, 3, H, W) of {SMALLEST} px or more, got "
                f"{tuple(x.shape)}; extract {self.default_features!r}, or raise recipe.image_size"
            )
        # this memory order is the faster one on CPUs
        maps = self.maps(x.contiguous(memory_format=torch.channels_last))
        return self.classifier(maps.mean((2, 3)))

    def load(self, weights: str, renamed: Renamed = str) -> None:
        """All weights but the classifier's from a safetensors file; "" leaves the random start.

        Names and shapes must be those of this model's state_dict, neither more nor fewer, once ``renamed``
        has made ours of another library's. Whatever begins with ``classifier.`` then, and a missing count of
        batches (older files have none), are passed over. Raises ValueError that names what does not fit.
        """
        load_weights(self, weights, type(self).__name__, but="classifier.", renamed=renamed)


def load_weights(
    module: nn.Module, weights: str, what: str, *, but: str | None = None, renamed: Renamed = str
) -> None:
    """A safetensors file's weights into ``module``; "" leaves its random start.

    what  is loaded, for the message.   but  names that begin so keep their random start, whatever the file
          holds.
    Raises ValueError that names what does not fit; see PictureModel.load.
    """
    if not weights:
        return
    file = Path(weights)
    if not file.is_file():
        raise ValueError(
            f"weights = {weights!r} is no file; name a safetensors file, or leave it empty for a random start"
        )
    try:
        read = {renamed(k): v for k, v in safetensors.torch.load_file(file).items()}
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"weights = {weights!r} is no safetensors file ({error}); convert it to one"
        ) from error
    read, own = (
        {k: v for k, v in state.items() if but is None or not k.startswith(but)}
        for state in (read, module.state_dict())
    )
    wrong = {
        "missing": [k for k in own if k not in read and not k.endswith("num_batches_tracked")],
        "unexpected": [k for k in read if k not in own],
        "of another shape": [
            f"{k} {tuple(read[k].shape)} for {tuple(own[k].shape)}"
            for k in own
            if k in read and read[k].shape != own[k].shape
        ],
    }
    if any(wrong.values()):
        said = "; ".join(f"{len(keys)} {kind}: {_first(keys)}" for kind, keys in wrong.items() if keys)
        raise ValueError(f"{file} does not hold the weights of this {what}: {said}")
    # all that is there is of the module, and what is missing keeps its start
    module.load_state_dict(read, strict=False)


class ResNet(PictureModel):
    """A residual network of He et al. from transformers' layers; ``depths``, ``sizes`` and ``layer`` say
    which."""

    depths: tuple[int, ...]
    sizes: tuple[int, ...]  # channels of the four stages
    layer: str  # "basic": two 3 x 3 convolutions a block, or "bottleneck"

    def __init__(
        self,
        n_classes: int,
        *,
        dropout: float = 0.0,  # before the last layer
        # a safetensors file, named as ResNetForImageClassification's or torchvision's; "": random start
        weights: str = "",
    ) -> None:
        from transformers import ResNetConfig, ResNetModel  # takes seconds: nobody else should wait for it

        super().__init__(n_classes, self.sizes[-1], dropout)
        config = ResNetConfig(depths=list(self.depths), hidden_sizes=list(self.sizes), layer_type=self.layer)
        self.resnet = ResNetModel(config)
        # As the pictures: else each step would turn all filters over and back. torch's stub does not know the
        # argument.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.load(weights, torchvision_names.resnet)

    def maps(self, x: Tensor) -> Tensor:
        return self.resnet(x).last_hidden_state


def _first(keys: list[str], n: int = 5) -> str:
    return ", ".join(keys[:n]) + (", ..." if len(keys) > n else "")
