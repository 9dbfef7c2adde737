"""What a model can be fed with: one file per kind of input, one name per feature set.

An input is told of a clip's aligned frames one after the other (``collector``), so that one decoding serves every input asked
for, and nothing holds a whole clip. A corpus of flow pictures has no frames: ``from_picture`` reads the input off the picture.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from preprocessing.inputs import onset_apex_flow, roi_flow
from preprocessing.inputs.view import Collector, Frame, Settings
from preprocessing.schema import Clip

__all__ = ["INPUTS", "Collector", "Frame", "Input", "Settings"]


class Input(Protocol):
    """name -> kind, shape, unit, channels; and the two ways to compute it."""

    kind: str
    unit: str
    picture_unit: str
    channels: tuple[str, ...]

    def shape(self, settings: Settings) -> tuple[int, ...]: ...
    def picture_shape(self) -> tuple[int, ...]: ...
    def collector(self, clip: Clip, settings: Settings) -> Collector: ...
    def from_picture(self, picture: np.ndarray) -> np.ndarray: ...


INPUTS: dict[str, Input] = {
    "roi_flow14": roi_flow.RoiFlow(14),
    "roi_flow18": roi_flow.RoiFlow(18),
    "roi_flow14_iod": roi_flow.RoiFlow(14, by_eye_distance=True),
    "roi_flow18_iod": roi_flow.RoiFlow(18, by_eye_distance=True),
    "onset_apex_flow": onset_apex_flow.OnsetApexFlow(),
}
