"""What a model's own attention looks at: read while it predicts, from the layers that have any.

Attention says where a network looks, not what decides: it is drawn beside the methods that ask for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_models.facesleuth import FaceSleuth
from mer_models.meganet import GradientAttention, SelfAttention
from mer_models.micro_attention import MicroAttentionBlock
from mer_models.orientation import OrientedModule
from mer_models.roi_encoder import AttentionBlock
from mer_models.roi_graph import ROIGraph
from mer_models.roi_hybrid import ROIHybrid
from mer_models.roi_temporal import ROITemporal
from mer_models.stag import EGATLayer

Form = Literal["windows", "map", "regions", "spans"]


class Seen(NamedTuple):
    """One attention of n clips. form: "windows" (n, T, N) of roi_flow; "map" (n, h, w) over a picture;
    "regions" (n, 3) of the ROI ladder; "spans" (n, W), its windows of time.

    edges: (n, N, N), who looks at whom; None where it is no graph.
    """

    form: Form
    values: Tensor
    edges: Tensor | None = None


Read = Callable[[nn.Module, tuple[Any, ...], Any], Seen]


@torch.no_grad()
def looked_at(model: nn.Module, predict: Callable[[], object]) -> dict[str, Seen]:
    """Name -> attention of each layer that has one, while ``predict`` sends clips through the model."""
    found: dict[str, Seen] = {}
    with ExitStack() as stack:
        for name, layer, read in _layers(model):

            def keep(
                of: nn.Module, given: tuple[Any, ...], made: Any, name: str = name, read: Read = read
            ) -> None:
                found[name] = read(of, given, made)

            stack.callback(layer.register_forward_hook(keep).remove)
        predict()
    return found


def _layers(model: nn.Module) -> list[tuple[str, nn.Module, Read]]:
    """(name, layer, how it is read), in the order of the model."""
    made: list[tuple[str, nn.Module, Read]] = []

    def add(name: str, layers: list[nn.Module], read: Read) -> None:
        made.extend((f"{name}_{n}", layer, read) for n, layer in enumerate(layers, 1))

    def of(kind: type[nn.Module], inside: nn.Module = model) -> list[nn.Module]:
        return [layer for layer in inside.modules() if isinstance(layer, kind)]

    add("egat", of(EGATLayer), _graph)
    add("gradient_attention", of(GradientAttention), _gradients)
    add("self_attention", of(SelfAttention), _positions)
    add("micro_attention", of(MicroAttentionBlock), _mask)
    if isinstance(model, FaceSleuth):
        add("soa" if len(model.axes) else "cva", of(OrientedModule), _oriented)
        if model.face is not None:
            stages: Any = model.face
            add("fpf", list(stages.encoder.layers[-1].blocks), _swin)
    for graph in of(ROIGraph):
        add("region_attention", of(AttentionBlock, graph), _regions)
    for temporal in of(ROITemporal):
        add("window_attention", of(AttentionBlock, temporal), _spans)
    if isinstance(model, ROIHybrid) and model.attention is not None:
        made.append(("roi_weights", model.attention, lambda layer, given, out: Seen("regions", out)))
    return made


def _graph(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    adjacency = made[1]  # (n, T, N, N), row i looks at column j
    return Seen("windows", adjacency.mean(2), adjacency.mean(1))


def _oriented(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    maps, attention = made
    return Seen("map", attention.mean(1).expand(-1, *maps.shape[2:]))


def _gradients(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    from mer_models.meganet import gradient

    of: Any = layer
    return Seen("map", torch.sigmoid(of.filter(gradient(given[0])))[:, 0])


def _positions(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    of: Any = layer
    (x,) = given
    positions = x.flatten(2).mT  # (n, HW, C)
    query, key = of.query(positions), of.key(positions)
    received = torch.zeros(positions.shape[:2])
    for rows in query.split(256, dim=1):  # all scores of a large picture at once would take a GiB
        received += torch.softmax(rows @ key.mT, -1).sum(1)
    return Seen("map", (received / query.shape[1]).unflatten(1, x.shape[2:]))


def _mask(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    of: Any = layer
    x = of.before(given[0])
    shortcut, first = of.shortcut(x), of.first(x)
    parts = torch.cat([shortcut, first, of.second(first)], 1)
    return Seen("map", torch.sigmoid(F.conv2d(parts, of.mask.weight.mean(0, keepdim=True)))[:, 0])


def _swin(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    """The attention that each patch of the apex gets inside its window of 7 x 7."""
    of: Any = layer
    height, width = given[1]
    side = of.window_size
    down, across = (-(-length // side) for length in (height, width))
    received = made[1].mean((1, 2))  # (2n * windows, side * side)
    tiles = received.unflatten(0, (-1, down, across)).unflatten(3, (side, side))
    maps = tiles.transpose(2, 3).flatten(3, 4).flatten(1, 2)
    maps = torch.roll(maps, (of.shift_size, of.shift_size), (1, 2))[:, :height, :width]
    return Seen("map", maps.chunk(2)[1])


def _received(layer: nn.Module, given: tuple[Any, ...]) -> Tensor:
    """Attention (n, N) that each token of an AttentionBlock gets."""
    of: Any = layer
    query, key, _ = of.query_key_value(given[0]).unflatten(-1, (3, of.heads, -1)).permute(2, 0, 3, 1, 4)
    return torch.softmax(query @ key.mT / math.sqrt(query.shape[-1]), -1).mean((1, 2))


def _regions(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    return Seen("regions", _received(layer, given))


def _spans(layer: nn.Module, given: tuple[Any, ...], made: Any) -> Seen:
    return Seen("spans", _received(layer, given))
