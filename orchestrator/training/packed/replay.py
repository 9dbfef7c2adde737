"""What a model does in training besides arithmetic, made fit for a pack: its random draws, and batch
normalisation.

In a pack one forward pass (torch.func.vmap) serves K folds of unequal batches, padded to the longest. Alone,
each fold draws its dropout masks from its own stream, in the order of the layers, in the memory order of what
they drop. So the layers are watched once for each size of batch (``Recorder``), what they drew is drawn again
from each fold's own stream before a step (``Draw``), and the pass is given it (``Replay``). A padding clip is
a copy of a real one with loss 0; masked batch normalisation leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

Draw = Callable[[], Tensor]  # what one layer multiplies by, for one batch


class Recorder(TorchFunctionMode):
    """While it is entered, every random draw of a forward pass is noted in ``draws``, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.draws: list[Draw] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if _drops(func, kwargs):
            # Of ones in the memory order of the input: the same numbers go to the same places.
            self.draws.append(partial(F.dropout, torch.ones_like(args[0]), kwargs["p"], True))
        elif func is torch.rand:
            self.draws.append(partial(torch.rand, *args, **kwargs))
        return out


class Replay(TorchFunctionMode):
    """While it is entered, layers take ``draws`` instead of drawing, and batch normalisation leaves out
    padding.

    kept  float32 (B,): 1 for a clip, 0 for padding; None where there is no padding.
    """

    def __init__(self, draws: Iterable[Tensor], kept: Tensor | None) -> None:
        super().__init__()
        self.draws, self.kept = iter(draws), kept

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _drops(func, kwargs):
            return args[0] * next(self.draws)
        if func is torch.rand:
            return next(self.draws)
        if func is F.batch_norm and kwargs["training"] and self.kept is not None:
            return masked_batch_norm(*args, **kwargs, kept=self.kept)
        if func is F.batch_norm and not kwargs["training"] and args[0].is_cuda and args[0].shape[1] == 1:
            return settled_batch_norm(*args, **kwargs)
        if func is Tensor.contiguous:  # vmap knows no memory order, which changes no number
            return args[0].contiguous()
        return func(*args, **kwargs)


def _drops(func: Any, kwargs: dict[str, Any]) -> bool:
    return func is F.dropout and kwargs["training"] and kwargs["p"] > 0


def masked_batch_norm(
    x: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor,
    bias: Tensor,
    training: bool,
    momentum: float,
    eps: float,
    *,
    kept: Tensor,
) -> Tensor:
    """F.batch_norm in training, of maps (L, C, ...) whose statistics are those of the kept clips alone. L is
    a multiple of B; the maps of a clip follow each other. The running statistics change in place."""
    mask = kept.repeat_interleave(len(x) // len(kept)).reshape(-1, *[1] * (x.ndim - 1))
    axes, wide = [0, *range(2, x.ndim)], (-1, *[1] * (x.ndim - 2))
    count = mask.sum() * x[0, 0].numel()
    mean = (x * mask).sum(axes) / count
    centred = x - mean.reshape(wide)
    variance = (centred.square() * mask).sum(axes) / count
    with torch.no_grad():
        running_mean.mul_(1 - momentum).add_(mean, alpha=momentum)
        running_var.mul_(1 - momentum).add_(variance * count / (count - 1), alpha=momentum)
    return centred * (torch.rsqrt(variance + eps) * weight).reshape(wide) + bias.reshape(wide)


def settled_batch_norm(
    x: Tensor, mean: Tensor, var: Tensor, *, weight: Tensor, bias: Tensor, eps: float, **_: Any
) -> Tensor:
    """F.batch_norm after training, of maps (B, 1, ...). In a pack on a GPU PyTorch 2.11 refuses maps of one
    channel: vmap hands cuDNN a view that is not contiguous."""
    return (x - mean) * (torch.rsqrt(var + eps) * weight) + bias


def padded(values: Tensor, clips: int, size: int, *, pass_major: bool = False) -> Tensor:
    """(r * clips, ...) -> (r * size, ...): every clip's r rows, then zeros, up to ``size`` clips.

    pass_major: the rows are not clip by clip but r times all clips, as where two faces of each clip go
    through one network.
    """
    if clips == size:
        return values
    each = len(values) // clips
    rows = values.unflatten(0, (each, clips)) if pass_major else values.unflatten(0, (clips, each))
    axis = 1 if pass_major else 0
    more = rows.new_zeros([size - clips if i == axis else n for i, n in enumerate(rows.shape)])
    return torch.cat([rows, more], axis).flatten(0, 1)
