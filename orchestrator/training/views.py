"""The training clips as a recipe shows them: as they are or mirrored, upright or turned.

The upright views are normalised once and kept. Turned ones are made batch by batch: ten views of each clip of
224 pixels would take 6 MB a clip, which no table of thousands of clips can afford.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orchestrator.study.recipe import Recipe
from orchestrator.training import normalise
from orchestrator.training.parts.mirror import mirror
from orchestrator.training.parts.rotate import ANGLES, rotate
from orchestrator.training.prediction import prepare


class TrainingViews:
    """x (n, ...) as stored, resized. ``upright``: float32 (1 or 2, n, ...), normalised, the mirrored clips
    second if they are shown."""

    def __init__(
        self,
        x: NDArray[Any],
        normaliser: dict[str, NDArray[Any]],
        recipe: Recipe,
        kind: str,
        channels: tuple[str, ...],
        device: torch.device,
    ):
        self.x, self.normaliser, self.recipe, self.kind, self.channels, self.device = (
            x,
            normaliser,
            recipe,
            kind,
            channels,
            device,
        )
        self.upright = prepare(x, normaliser, recipe, kind, channels, mirrored=recipe.mirror > 0).to(device)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """For each of ``n`` clips whether it is mirrored, bool (n,), and which of parts.rotate.ANGLES turns
        it, int (n,); -1 for none."""
        nobody = np.zeros(n, bool), np.full(n, -1)
        if not self.recipe.mirror and not self.recipe.rotate:
            return nobody
        mirrored = rng.random(n) < self.recipe.mirror
        if not self.recipe.rotate:
            return mirrored, nobody[1]
        turned = rng.random(n) < self.recipe.rotate
        return mirrored, np.where(turned, rng.integers(len(ANGLES), size=n), -1)

    def show(self, index: NDArray[Any], mirrored: NDArray[Any], angle: NDArray[Any]) -> Tensor:
        """Clips ``index`` (b,), each in its view: float32 (b, ...), normalised, in memory of its own."""
        shown = self.upright[torch.from_numpy(mirrored.astype(np.int64)), torch.from_numpy(index)]
        for flipped, turn in sorted(set(zip(mirrored.tolist(), angle.tolist(), strict=True))):
            if turn < 0:
                continue
            here = np.flatnonzero((mirrored == flipped) & (angle == turn))
            x = self.x[index[here]]
            x = mirror(x, self.kind, self.channels) if flipped else x
            x = rotate(x, self.kind, ANGLES[turn])
            made = normalise.apply(x, self.recipe.normalise, self.kind, self.normaliser)
            shown[torch.from_numpy(here)] = torch.from_numpy(made).to(self.device)
        return shown
