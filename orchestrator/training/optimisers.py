"""torch's optimisers without what they do for torch.compile, which is not used here (200 s to compile STAG on
a CPU, for no gain)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer


def eager(optimiser: type[Optimizer]) -> Callable[..., Optimizer]:
    """The same optimiser, to the bit. torch wraps its methods in calls into torch._dynamo, whose import at
    the first step costs every process that trains a second and 70 MiB; here they are the methods
    themselves."""
    take_step: Callable[..., Any] = inspect.unwrap(optimiser.step)

    class Eager(optimiser):  # type: ignore[misc, valid-type]
        add_param_group = inspect.unwrap(Optimizer.add_param_group)
        zero_grad = inspect.unwrap(Optimizer.zero_grad)

        def step(self, closure: Callable[[], float] | None = None) -> Any:
            with torch.no_grad():
                return take_step(self, closure)

    return Eager


OPTIMISERS = {"adam": eager(torch.optim.Adam), "adamw": eager(torch.optim.AdamW)}
