"""Flow pictures between two key frames: u, v and optical strain. Onset to apex is the input of STSTNet; apex
to offset its sibling.

Source  Liong et al., FG 2019, doi:10.1109/FG.2019.8756567, section II (flow between onset and apex, strain
        from its derivatives); the apex-to-offset window is that of the ROI hybrid's two-window form.
Output  float32 (3, S, S): u to the right and v down in pixels of the 256 px crop from the first key frame to
        the second, and optical strain per pixel. S is 28 (Settings.size), or 224 (Settings.image_size) in the
        names that end in 224. From a published flow picture (onset to apex at 28): the same three as stored,
        0..255, min-max scaled per picture and channel.
Differs the authors use TV-L1 on their own face crop; here the flow method is a setting and the crop is ours.
        Without an annotated apex a stand-in is used and the row's apex_source says so. Reduced by area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.flow import strain
from preprocessing.gaps import UNSEEN
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Box, Frame, Input, KeyFrames, Shared, resized, triple
from preprocessing.schema import Clip


class OnsetApexFlow(Input):
    kind = "flow_picture"
    gaps = UNSEEN
    channels = ("u", "v", "strain")
    needs_flow = True

    def __init__(self, *, second_half: bool = False, large: bool = False):
        self.second_half, self.large = second_half, large
        self.settings = ("image_size",) if large else ("size",)
        self.window = "from apex to offset" if second_half else "from onset to apex"
        self.unit = f"u, v: pixels of the 256 px crop {self.window}; strain: per pixel"
        self.picture_unit = (
            "" if second_half or large else "grey levels 0..255, min-max scaled per picture and channel"
        )

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (3, self.side(settings), self.side(settings))

    def side(self, settings: Settings) -> int:
        return settings.image_size if self.large else settings.size

    def collector(self, clip: Clip, settings: Settings) -> _Pair:
        onset, apex, offset = triple(clip)
        return _Pair(
            apex if self.second_half else onset, offset if self.second_half else apex, self.side(settings)
        )

    def picture_shape(self) -> tuple[int, ...]:
        return (3, 28, 28)

    def from_picture(self, picture: NDArray[Any]) -> NDArray[Any]:
        """picture uint8 (28, 28, 3): u, v, strain -> float32 (3, 28, 28)."""
        if picture.shape != (28, 28, 3):
            raise ValueError(f"a flow picture is 28 x 28 with 3 channels, this one is {picture.shape}")
        return np.ascontiguousarray(picture.transpose(2, 0, 1)).astype(np.float32)


class _Pair:
    def __init__(self, first: int, second: int, size: int):
        self.first, self.second, self.size = first, second, size
        self.frames = KeyFrames((first, second))

    def see(self, frame: Frame, shared: Shared) -> None:
        self.frames.see(frame, shared)

    def result(self, shared: Shared) -> NDArray[Any]:
        return resized(flow_and_strain(shared, self.frames[self.first], self.frames[self.second]), self.size)


def flow_and_strain(shared: Shared, first: Frame, second: Frame, box: Box | None = None) -> NDArray[Any]:
    """float32 (256, 256, 3), or the part inside ``box``: u, v in crop pixels from ``first`` to ``second``,
    and strain per pixel.

    Zero if they are one frame.
    """
    if first.number == second.number:
        x0, y0, x1, y1 = box or (0, 0, *first.grey.shape[::-1])
        return np.zeros((y1 - y0, x1 - x0, 3), np.float32)

    def compute() -> NDArray[Any]:
        field = shared.flow(first, second, box)
        return np.dstack([field, strain(field)])

    return shared.once(("flow and strain", first.number, second.number, box), compute)


INPUTS: dict[str, Input] = {
    "onset_apex_flow": OnsetApexFlow(),
    "apex_offset_flow": OnsetApexFlow(second_half=True),
    "onset_apex_flow224": OnsetApexFlow(large=True),
    "apex_offset_flow224": OnsetApexFlow(second_half=True, large=True),
}
