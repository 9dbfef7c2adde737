"""What each place of the face counted for one class, by several methods, in one form: importance (n, T, P).

integrated_gradients  Sundararajan et al., ICML 2017: gradient times difference to a clip in which nothing
                      happens (still.py), along the way from there. Captum.
occlusion             what the class' score loses when one place is as in that clip. Captum's FeatureAblation.
grad_cam              Selvaraju et al., ICCV 2017, on the last maps. Captum. Of a model that averages its maps
                      before one linear layer it is that layer's class activation map.
and what attention.py finds. Each clip's importance is made positive and sums to 1, so that clips compare.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import FeatureAblation, IntegratedGradients, LayerGradCam
from numpy.typing import NDArray
from torch import Tensor, nn

from mer_models.backbone import PictureModel
from mer_models.roi_encoder import RegionEncoder
from orchestrator.results.explain.attention import Seen, looked_at
from orchestrator.results.explain.places import Places
from orchestrator.training.prediction import logits
from preprocessing.regions import REGIONS

GRADIENTS, OCCLUSION, GRAD_CAM = "integrated_gradients", "occlusion", "grad_cam"
ATTENTION = "attention"  # whatever of it a model has
METHODS = (GRADIENTS, OCCLUSION, GRAD_CAM, ATTENTION)
STEPS = 16  # of the way that gradients are integrated along
NUMBERS = 2_000_000  # in the inputs of one pass: bounds the memory


@dataclass(frozen=True)
class Explained:
    """Of n clips. importance: method -> float32 (n, T, P), 0 or more; each clip sums to 1, or is all 0 where
    the method found nothing. signed: likewise as the method gave it, where it has a sign: above 0 speaks for
    the class. edges: attention layer -> float32 (n, N, N). lacking: method -> why this model has none."""

    importance: dict[str, NDArray[np.float32]]
    signed: dict[str, NDArray[np.float32]]
    edges: dict[str, NDArray[np.float32]]
    lacking: dict[str, str]


def explained(
    model: nn.Module, x: Tensor, still: Tensor, aus: Tensor | None, target: Tensor, places: Places,
    only: Collection[str] = METHODS,
) -> Explained:  # fmt: skip
    """x, still (n, *clip): as still.seen gives them. aus (n, A) or None. target int64 (n,): the class that is
    explained. only: of METHODS."""
    model.eval()
    extra = None if aus is None else (aus,)

    def score(x: Tensor, *given: Tensor) -> Tensor:
        return logits(model, x, given[0] if given else None)

    at_once = max(1, NUMBERS // x[0].numel())
    found: dict[str, Tensor] = {}
    lacking: dict[str, str] = {}
    edges = {}
    if GRADIENTS in only:
        made = IntegratedGradients(score).attribute(
            x, still, target, additional_forward_args=extra, n_steps=STEPS,
            internal_batch_size=max(at_once, len(x)),
        )  # fmt: skip
        found[GRADIENTS] = places.total(made.detach())
    if OCCLUSION in only:
        found[OCCLUSION] = places.mean(_occluded(score, x, still, target, extra, places, at_once))
    signed = {name: values.numpy().astype(np.float32) for name, values in found.items()}
    if GRAD_CAM in only:
        if tapped := _tapped(model):
            found[GRAD_CAM] = places.mean(_cam(*tapped, x, target, extra, places))
        else:
            lacking[GRAD_CAM] = f"{type(model).__name__} has no convolution, so that no map can be weighed"
    if ATTENTION in only:
        looked = looked_at(model, lambda: score(x, *(extra or ())))
        if not looked:
            lacking[ATTENTION] = f"{type(model).__name__} has no attention"
        found |= {name: places.mean(_spread(one, places)) for name, one in looked.items()}
        edges = {name: one.edges.numpy() for name, one in looked.items() if one.edges is not None}
    return Explained({name: shares(values) for name, values in found.items()}, signed, edges, lacking)


def shares(values: Tensor) -> NDArray[np.float32]:
    """Importance (n, T, P) of any sign -> its share of the clip's."""
    size = values.abs()
    total = size.sum((1, 2), keepdim=True)
    made: NDArray[np.float32] = (size / torch.where(total > 0, total, 1)).numpy().astype(np.float32)
    return made


@torch.no_grad()
def _occluded(
    score: Callable[..., Tensor], x: Tensor, still: Tensor, target: Tensor,
    extra: tuple[Tensor] | None, places: Places, at_once: int,
) -> Tensor:  # fmt: skip
    """What covering each place takes from the score, spread over the place's numbers: as x."""
    mask = torch.from_numpy(places.coarse)[None]
    lost: Tensor = FeatureAblation(score).attribute(
        x, still, target, additional_forward_args=extra, feature_mask=mask,
        perturbations_per_eval=max(1, at_once // len(x)),
    )  # fmt: skip
    return lost


class _Averaging(nn.Module):
    """A picture model whose maps pass a layer of their own, which Captum can take hold of."""

    def __init__(self, model: PictureModel) -> None:
        super().__init__()
        self.model, self.last = model, nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.model.classifier(self.last(self.model.maps(x)).mean((2, 3)))
        return made


_MAP_LAYERS = (nn.BatchNorm2d, nn.ReLU, nn.LeakyReLU, nn.GELU)
Layers = list[tuple[nn.Module, int | None]]  # layer, and which region it sees; None: the whole picture


def _tapped(model: nn.Module) -> tuple[nn.Module, Layers] | None:
    """(model, the layers whose maps Grad-CAM weighs); None where there is no convolution."""
    if isinstance(model, PictureModel):
        made = _Averaging(model).eval()
        return made, [(made.last, None)]
    encoders = [one for one in model.modules() if isinstance(one, RegionEncoder)]
    if encoders:
        return model, [
            (_last_maps(own), None if len(each.encoders) == 1 else region)
            for each in encoders
            for region, own in enumerate(each.encoders)
        ]
    if motion := getattr(model, "motion", None):  # FaceSleuth: the last module of its stream of motion
        return model, [(_last_maps(motion[-1].body), None)]
    # streams side by side (OFF-ApexNet) each end in a convolution; a module of its own holds each
    parts = [_last_maps(child) for child in model.children() if _convolves(child)]
    return (model, [(one, None) for one in parts]) if parts else None


def _convolves(model: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d) for layer in model.modules())


def _last_maps(model: nn.Module) -> nn.Module:
    """The last convolution, or the last of the normalisation and activation right behind it: before these a
    map's 0 is not nothing, and where nothing happens it may be high."""
    leaves = [layer for layer in model.modules() if not list(layer.children())]
    last = max(n for n, layer in enumerate(leaves) if isinstance(layer, nn.Conv2d))
    while last + 1 < len(leaves) and isinstance(leaves[last + 1], _MAP_LAYERS):
        last += 1
    return leaves[last]


def _cam(
    model: nn.Module, layers: Layers, x: Tensor, target: Tensor, extra: tuple[Tensor] | None, places: Places
) -> Tensor:
    """The sum over the layers of their maps, on the clip's places: (n, *clip) or what broadcasts to it."""

    def score(x: Tensor, *given: Tensor) -> Tensor:
        return logits(model, x, given[0]) if given else model(x)

    total: Any = 0
    for layer, region in layers:
        weighed = LayerGradCam(score, layer)
        maps = weighed.attribute(x, target, additional_forward_args=extra, relu_attributions=True)
        total = total + _of_maps(maps.detach(), len(x), region, places)
    summed: Tensor = total
    return summed


def _of_maps(maps: Tensor, n: int, region: int | None, places: Places) -> Tensor:
    """Maps (n', 1, h, w), n' a multiple of n: the windows and regions of a clip, in order -> numbers on the
    clip's places."""
    shape = places.index.shape
    large = F.interpolate(maps, shape[-2:], mode="bilinear", align_corners=False)
    each: Tensor = large.unflatten(0, (n, -1)).squeeze(2)  # (n, windows * regions, H, W)
    if each.shape[1] == 1 and region is None:
        return each.reshape(n, *[1] * (len(shape) - 2), *shape[-2:])
    if region is None:  # one encoder that regions share
        return _as_clip(each.unflatten(1, (-1, len(REGIONS))).unsqueeze(3), shape)
    whole = each.new_zeros(n, each.shape[1], len(REGIONS), 1, *shape[-2:])
    whole[:, :, region, 0] = each
    return _as_clip(whole, shape)


def _as_clip(whole: Tensor, shape: tuple[int, ...]) -> Tensor:
    """(n, W, 3, 1, H, W') -> (n, *clip): as it is, or of a stack of the maps of one window."""
    if len(shape) == 5:
        return whole
    return whole.expand(-1, 1, len(REGIONS), 3, -1, -1).flatten(1, 3)


def _spread(one: Seen, places: Places) -> Tensor:
    """Attention on the clip's places: (n, *clip) or what broadcasts to it."""
    shape = places.index.shape
    if one.form == "windows":
        return one.values.unsqueeze(-1)
    if one.form == "map":
        return _of_maps(one.values.unsqueeze(1), len(one.values), None, places)
    flat = one.values[:, None] if one.form == "regions" else one.values[:, :, None]
    whole = flat.expand(-1, shape[0] if len(shape) == 5 else 1, len(REGIONS))
    return _as_clip(whole[..., None, None, None].expand(*whole.shape, 1, *shape[-2:]), shape)
