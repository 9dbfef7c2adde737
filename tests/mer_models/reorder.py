"""A model's regions in another order: nothing may depend on a region's place but the parameters that belong
to the region."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

# Name of a parameter -> its axes along which the regions stand, one block each; name of a list of modules,
# one a region -> ().
Parts = Mapping[str, tuple[int, ...]]
# (model, clips) -> what lies within that follows the regions, such as attention weights: tensors and their
# axes of regions.
Seen = Callable[[Any, Tensor], list[tuple[Tensor, tuple[int, ...]]]]


def reordered(model: nn.Module, order: Tensor, parts: Parts) -> nn.Module:
    """A copy of ``model`` whose place r has the parameters of region order[r]."""
    state = model.state_dict()
    moved = dict(state)
    for part, axes in parts.items():
        for axis in axes:
            blocks = moved[part].unflatten(axis, (len(order), -1))
            moved[part] = blocks.index_select(axis, order).flatten(axis, axis + 1)
        for place, region in enumerate(order.tolist() if not axes else []):
            old, new = f"{part}.{region}.", f"{part}.{place}."
            moved |= {
                new + key.removeprefix(old): value for key, value in state.items() if key.startswith(old)
            }
    other = copy.deepcopy(model)
    other.load_state_dict(moved)
    return other


def check(model: Any, x: Tensor, axis: int, parts: Parts, seen: Seen) -> None:
    """Regions and ``parts`` in another order leave the logits as they are; each part left behind changes
    them.

    x  clips with the regions along ``axis``.
    """
    model, x = model.double().eval(), x.double()
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        # those that start at 0 or alike would hide that they stayed behind
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=random, dtype=parameter.dtype))
        order = torch.arange(x.shape[axis]).roll(1)
        turned, follower = x.index_select(axis, order), reordered(model, order, parts)
        torch.testing.assert_close(follower(turned), model(x))
        for (before, axes), (after, _) in zip(seen(model, x), seen(follower, turned), strict=True):
            wanted = before
            for each in axes:
                wanted = wanted.index_select(each, order)
            torch.testing.assert_close(after, wanted)
            assert not torch.allclose(wanted, before)
        for left_behind in parts:
            others = {part: axes for part, axes in parts.items() if part != left_behind}
            moved = (reordered(model, order, others)(turned) - model(x)).abs().max()
            assert moved > 1e-5, (
                f"{left_behind} does not belong to the regions: without it the logits are the same"
            )
