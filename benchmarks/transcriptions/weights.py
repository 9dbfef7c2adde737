"""How a transcription gets the numbers of ours."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn


def load_in_order(own: nn.Module, values: Iterable[Tensor]) -> None:
    """Copy ``values`` to the parameters and buffers of ``own``, first to first; dtype and device come along.

    Raises ValueError for another number of tensors, RuntimeError that names a shape that differs.
    """
    copies = (value.detach().contiguous().clone() for value in values)
    own.load_state_dict(dict(zip(own.state_dict(), copies, strict=True)), assign=True)
