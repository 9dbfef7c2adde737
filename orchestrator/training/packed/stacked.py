"""The weights of K models of one architecture as one tensor, a row a model, and Adam on it.

One tensor, because K times hundreds of small ones would cost more time to start the work on than the work
takes. Every weight begins at a multiple of four numbers, where matrix products are fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import stack_module_state

ALIGNED = 4
BETAS, EPS = (0.9, 0.999), 1e-8  # torch's defaults


@dataclass
class Stack:
    """weights (K, P), the parameters row by row; buffers by name, (K, ...) each."""

    weights: Tensor
    buffers: dict[str, Tensor]
    shapes: dict[str, torch.Size]

    @classmethod
    @torch.no_grad()
    def of(cls, models: Sequence[nn.Module]) -> Stack:
        parameters, buffers = stack_module_state(list(models))
        flat = [
            nn.functional.pad(p.reshape(len(p), -1), (0, _width(p[0].numel()) - p[0].numel()))
            for p in parameters.values()
        ]
        return cls(torch.cat(flat, 1), buffers, {name: p.shape[1:] for name, p in parameters.items()})

    def named(self, weights: Tensor) -> dict[str, Tensor]:
        """Rows (R, P) -> parameters by name, (R, ...) each; views, through which gradients come back."""
        parts = weights.split([_width(shape.numel()) for shape in self.shapes.values()], 1)
        return {
            name: part[:, : shape.numel()].reshape(-1, *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    @torch.no_grad()
    def into(self, model: nn.Module, row: int) -> None:
        """Row ``row`` into a model of this architecture."""
        held = self.named(self.weights[row : row + 1])
        for name, parameter in model.named_parameters():
            parameter.copy_(held[name][0])
        for name, buffer in model.named_buffers():
            buffer.copy_(self.buffers[name][row])

    def copy(self) -> Stack:
        return Stack(
            self.weights.clone(), {name: value.clone() for name, value in self.buffers.items()}, self.shapes
        )


class StackedAdam:
    """Adam (Kingma and Ba 2015), or AdamW where ``decoupled``, of K models; each has its own learning rate
    and count of steps."""

    def __init__(self, weights: Tensor, *, decoupled: bool) -> None:
        self.decoupled = decoupled
        self.steps = [0] * len(weights)
        self.mean, self.square = torch.zeros_like(weights), torch.zeros_like(weights)

    def step(
        self, weights: Tensor, rows: list[int], gradient: Tensor, rates: list[float], decays: list[float]
    ) -> None:
        """Change the rows ``rows`` of weights (K, P) in place. gradient (R, P); rates and decays one a row of
        it."""
        for row in rows:
            self.steps[row] += 1
        first, second = ([1 - beta ** self.steps[row] for row in rows] for beta in BETAS)
        rate, decay = _column(rates, weights), _column(decays, weights)
        where = whole_or(rows, len(weights))
        now = weights[where]
        if self.decoupled:
            now = now * (1 - rate * decay)
        else:
            gradient = gradient + decay * now
        self.mean[where] = mean = self.mean[where].lerp(gradient, 1 - BETAS[0])
        self.square[where] = square = BETAS[1] * self.square[where] + (1 - BETAS[1]) * gradient.square()
        scale = square.sqrt().div_(_column([bias**0.5 for bias in second], weights)).add_(EPS)
        weights[where] = (
            now - _column([r / bias for r, bias in zip(rates, first, strict=True)], weights) * mean / scale
        )


def clipped(gradient: Tensor, largest: list[float]) -> Tensor:
    """Gradients (R, P), each row's norm at most its ``largest``; 0 = as it is. As
    nn.utils.clip_grad_norm_."""
    if not any(largest):
        return gradient
    limit = torch.tensor([norm or float("inf") for norm in largest], device=gradient.device)
    return gradient * (limit / (gradient.norm(dim=1) + 1e-6)).clamp(max=1)[:, None]


def whole_or(rows: list[int], count: int) -> slice | list[int]:
    """An index of ``rows``; of all ``count`` rows it is a view, no copy."""
    return slice(None) if len(rows) == count else rows


def _column(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None]


def _width(numel: int) -> int:
    return -(-numel // ALIGNED) * ALIGNED
