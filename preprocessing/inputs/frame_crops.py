"""Key frames as they are: the face crop at the apex, or at onset and apex.

Source  apex_frame: the Apex Frame of MESTI-MEGANet's comparison and the RGB baseline of the ROI hybrid's
        README. onset_apex_frames: FaceSleuth section 3, which feeds onset frame, apex frame and action units
        (a column of their own).
Output  uint8 (3, S, S), or (2, 3, S, S) onset then apex; S = Settings.image_size; red, green, blue, 0..255.
Differs the papers crop the face each in its own way; here it is the crop of every input (align). Without an
        annotated apex a stand-in is used and the row's apex_source says so. Reduced by area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.gaps import UNSEEN
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Frame, Input, KeyFrames, Shared, resized, triple
from preprocessing.schema import Clip

UNIT = "grey levels 0..255"


class ApexFrame(Input):
    kind = "image"
    gaps = UNSEEN
    dtype = "uint8"
    unit = UNIT
    settings = ("image_size",)

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (3, settings.image_size, settings.image_size)

    def collector(self, clip: Clip, settings: Settings) -> _One:
        _, apex, _ = triple(clip)
        return _One(apex, settings.image_size)


class OnsetApexFrames(Input):
    kind = "frame_pair"
    gaps = UNSEEN
    dtype = "uint8"
    unit = UNIT
    settings = ("image_size",)

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (2, 3, settings.image_size, settings.image_size)

    def collector(self, clip: Clip, settings: Settings) -> _Pair:
        onset, apex, _ = triple(clip)
        return _Pair(onset, apex, settings.image_size)


class _One:
    def __init__(self, number: int, size: int):
        self.number, self.size = number, size
        self.frames = KeyFrames((number,))

    def see(self, frame: Frame, shared: Shared) -> None:
        self.frames.see(frame, shared)

    def result(self, shared: Shared) -> NDArray[Any]:
        return resized(self.frames[self.number].colour, self.size)


class _Pair:
    def __init__(self, onset: int, apex: int, size: int):
        self.ends = (_One(onset, size), _One(apex, size))

    def see(self, frame: Frame, shared: Shared) -> None:
        for end in self.ends:
            end.see(frame, shared)

    def result(self, shared: Shared) -> NDArray[Any]:
        return np.stack([end.result(shared) for end in self.ends])


INPUTS: dict[str, Input] = {"apex_frame": ApexFrame(), "onset_apex_frames": OnsetApexFrames()}
