"""An input of your own: the mean absolute difference of all frames to the onset frame, as an image.

    python -m orchestrator.sweep rgb_baseline --features onset_difference --plugin examples/my_input.py ...

Any model that takes an ``image`` can read it. A clip's aligned frames come one after the other, so that one
decoding serves every input asked for. orchestrator.testing.InputContract checks the result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Frame, Input, Shared, resized
from preprocessing.schema import Clip


class OnsetDifference(Input):
    kind = "image"  # what the axes mean: (3, S, S), red, green, blue
    unit = "grey levels: mean absolute difference to the onset frame"
    dtype = "float16"
    settings = ("image_size",)  # what is read of Settings: part of the version, nothing else is

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (3, settings.image_size, settings.image_size)

    def collector(self, clip: Clip, settings: Settings) -> _Mean:
        return _Mean(settings.image_size)


class _Mean:
    """Sees the frames from onset to offset; keeps the first and a sum, not the clip."""

    def __init__(self, size: int):
        self.size, self.frames = size, 0
        self.onset: NDArray[Any] | None = None
        self.total: Any = 0.0

    def see(self, frame: Frame, shared: Shared) -> None:
        now = frame.colour.astype(np.float32)  # (256, 256, 3), 0..255
        self.onset = now if self.onset is None else self.onset
        self.total = self.total + np.abs(now - self.onset)
        self.frames += 1

    def result(self, shared: Shared) -> NDArray[Any]:
        if self.onset is None:
            raise ValueError("no frame was seen")
        return resized(self.total / np.float32(self.frames), self.size).astype(np.float16)


INPUTS = {"onset_difference": OnsetDifference()}
