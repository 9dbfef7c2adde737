"""Onset-to-apex flow picture: u, v and optical strain at 28 x 28. The input of STSTNet.

Source  Liong et al., FG 2019, doi:10.1109/FG.2019.8756567, section II (flow between onset and apex, strain from its derivatives).
Output  float32 (3, 28, 28): u to the right and v down in pixels of the 256 px crop from onset to apex, and optical strain per
        pixel; from a published flow picture: the same three as stored, 0..255, min-max scaled per picture and channel.
Differs the authors use TV-L1 on their own face crop; here the flow method is a setting and the crop is ours. Without an
        annotated apex the middle frame stands in and the row's apex_source says so. Reduced to 28 x 28 by area.
"""

from __future__ import annotations

import cv2
import numpy as np

from preprocessing.flow import Flow, strain
from preprocessing.inputs.view import Collector, Frame, Settings
from preprocessing.schema import Clip


class OnsetApexFlow:
    kind = "flow_picture"
    unit = "u, v: pixels of the 256 px crop from onset to apex; strain: per pixel"
    picture_unit = "grey levels 0..255, min-max scaled per picture and channel"
    channels: tuple[str, ...] = ()

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (3, settings.size, settings.size)

    def picture_shape(self) -> tuple[int, ...]:
        return (3, 28, 28)

    def collector(self, clip: Clip, settings: Settings) -> Collector:
        return _OnsetApex(clip, settings)

    def from_picture(self, picture: np.ndarray) -> np.ndarray:
        """picture uint8 (28, 28, 3): u, v, strain -> float32 (3, 28, 28)."""
        if picture.shape != (28, 28, 3):
            raise ValueError(f"a flow picture is 28 x 28 with 3 channels, this one is {picture.shape}")
        return np.ascontiguousarray(picture.transpose(2, 0, 1)).astype(np.float32)


class _OnsetApex:
    def __init__(self, clip: Clip, settings: Settings):
        self.apex, self.size = clip.apex, settings.size
        self.onset_frame: Frame | None = None
        self.apex_frame: Frame | None = None

    def see(self, frame: Frame, flow: Flow) -> None:
        if self.onset_frame is None:
            self.onset_frame = frame
        if frame.number == self.apex:
            self.apex_frame = frame

    def result(self, flow: Flow) -> np.ndarray:
        if self.apex is None:
            raise ValueError("this input needs an apex, or onset and offset whose middle stands in; give them in the labels")
        if self.onset_frame is None or self.apex_frame is None:
            raise ValueError(f"frame {self.apex}, the apex, is not among the frames read")
        field = flow(self.onset_frame.grey, self.apex_frame.grey)
        picture = np.dstack([field, strain(field)])
        return np.ascontiguousarray(cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA).transpose(2, 0, 1))
