"""Does the class go when what counts is taken away? Places are covered in order of their importance, as in
occlusion, and the probability of the class is asked on the way; random orders are the measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from orchestrator.results.explain.places import Places
from orchestrator.training.prediction import CHUNK, logits

COVERED = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)  # shares of all (step, place)
ORDERS, RANDOM = 5, "random order"


@torch.no_grad()
def curves(
    model: nn.Module, x: Tensor, still: Tensor, aus: Tensor | None, target: Tensor, places: Places,
    importance: Mapping[str, NDArray[np.float32]], seed: int,
) -> dict[str, NDArray[np.float32]]:  # fmt: skip
    """Method, and RANDOM -> probability of the target class, float32 (n, len(COVERED)).

    importance  method -> (n, T, P), signed where the method has a sign: what speaks for the class goes first.
    Of the random orders, which are the same for all clips, the mean of ORDERS. Other arguments: as
    methods.explained.
    """
    rng = np.random.default_rng(seed)
    made = {}
    for name, shares in importance.items():
        # equals in a random order, or a method that found nothing would cover row by row
        flat = shares.reshape(len(shares), -1)
        order = np.lexsort((np.broadcast_to(rng.random(flat.shape[1]), flat.shape), -flat))
        made[name] = _curve(model, x, still, aus, target, places, order)
    orders = [rng.permutation(int(np.prod(places.shape))) for _ in range(ORDERS)]
    drawn = [_curve(model, x, still, aus, target, places, np.tile(order, (len(x), 1))) for order in orders]
    return made | {RANDOM: np.mean(drawn, axis=0)}


def area(curve: NDArray[Any]) -> NDArray[Any]:
    """Area below curves (..., len(COVERED)): the mean probability on the way; the lower, the earlier the
    class goes."""
    widths = np.diff(COVERED)
    made: NDArray[Any] = ((curve[..., 1:] + curve[..., :-1]) / 2 * widths).sum(-1)
    return made


def _curve(
    model: nn.Module, x: Tensor, still: Tensor, aus: Tensor | None, target: Tensor, places: Places,
    order: NDArray[Any],
) -> NDArray[np.float32]:  # fmt: skip
    """order (n, T * P): places of each clip, the first to be covered first."""
    n, count = order.shape
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(count)[None].repeat(n, 0), axis=1)
    of_number = torch.from_numpy(rank[:, places.index])  # (n, *clip)
    found = []
    for share in COVERED:
        covered = torch.where(of_number < round(share * count), still, x)
        out = [
            logits(model, covered[i : i + CHUNK], None if aus is None else aus[i : i + CHUNK])
            for i in range(0, n, CHUNK)
        ]
        found.append(torch.softmax(torch.cat(out), -1)[torch.arange(n), target])
    made: NDArray[np.float32] = torch.stack(found, 1).numpy()
    return made
