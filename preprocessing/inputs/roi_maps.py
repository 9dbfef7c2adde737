"""ROI flow maps: flow and strain of eyes, eyebrows and mouth over 1, 2 or 4 windows of time. The input of the
ROI ladder.

Source  outline of the ROI hybrid, section 3.1 (four windows, frame-specific landmarks), its README (224 x 224
        x 3 ROI flow maps, two windows) and its code (precompute_roi_optical_flow.py, 8059835).
Output  float16 (W, 3, 3, S, S): window, region (eyes, eyebrows, mouth), (u, v, strain); S =
        Settings.image_size. u to the right and v down in pixels of the 256 px crop from the window's first
        frame to its last, strain per pixel of the crop. W = 1: onset to apex. 2: that and apex to offset. 4:
        onset to mid 1, mid 1 to apex, apex to mid 2, mid 2 to offset, where mid 1 and mid 2 are the integer
        middles of their ends (as in the code). A window of one frame has no motion: its maps are 0.
        roi_stack9: float16 (9, S, S), the maps of onset to apex region by region.
Differs the code cuts either frame of a window by that frame's own landmarks, resizes both and computes the
        flow between the two: a region's motion as a whole is lost and the landmarks' jitter becomes motion.
        Here the flow is that of the face crop, cut out by the landmarks of the window's first frame, in whose
        coordinates a flow lives, then resized without keeping its proportions, as there. The code stores the
        flow as a picture (hue: direction, value: magnitude, min-max scaled per picture), which loses its
        size; we keep u, v and strain, STSTNet's three. "9-channel stacked flow" leaves open which channels
        and which windows; in the code it is three colours of three regions, once a window. roi_stack9 is that
        for one window, with u, v, strain as the three; roi_maps hold the same for more windows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.gaps import UNSEEN
from preprocessing.inputs.onset_apex_flow import flow_and_strain
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Frame, Input, KeyFrames, Shared, resized, triple
from preprocessing.regions import REGIONS, around, regions
from preprocessing.schema import Clip

COMPONENTS = ("u", "v", "strain")


class RoiMaps(Input):
    kind = "roi_maps"
    gaps = UNSEEN
    dtype = "float16"
    channels = COMPONENTS
    needs_landmarks = True
    needs_flow = True
    settings = ("image_size",)
    unit = "u, v: pixels of the 256 px crop from a window's first to its last frame; strain: per pixel"

    def __init__(self, n_windows: int):
        self.n_windows = n_windows

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (self.n_windows, len(REGIONS), len(COMPONENTS), settings.image_size, settings.image_size)

    def collector(self, clip: Clip, settings: Settings) -> _Maps:
        return _Maps(spans(*triple(clip))[self.n_windows], settings.image_size)


class RoiStack(Input):
    kind = "roi_stack"
    gaps = UNSEEN
    dtype = "float16"
    channels = tuple(f"{region}_{component}" for region in REGIONS for component in COMPONENTS)
    needs_landmarks = True
    needs_flow = True
    settings = ("image_size",)
    unit = "u, v: pixels of the 256 px crop from onset to apex; strain: per pixel"

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (len(self.channels), settings.image_size, settings.image_size)

    def collector(self, clip: Clip, settings: Settings) -> _Stack:
        return _Stack(spans(*triple(clip))[1], settings.image_size)


class _Maps:
    def __init__(self, windows: tuple[tuple[int, int], ...], size: int):
        self.windows, self.size = windows, size
        self.frames = KeyFrames(tuple(number for ends in windows for number in ends))

    def see(self, frame: Frame, shared: Shared) -> None:
        self.frames.see(frame, shared)

    def result(self, shared: Shared) -> NDArray[Any]:
        maps = [
            region_maps(shared, self.frames[first], self.frames[last], self.size)
            for first, last in self.windows
        ]
        return np.stack(maps)


class _Stack(_Maps):
    def result(self, shared: Shared) -> NDArray[Any]:
        return super().result(shared).reshape(-1, self.size, self.size)


def spans(onset: int, apex: int, offset: int) -> dict[int, tuple[tuple[int, int], ...]]:
    """Number of windows -> first and last frame of each."""
    mid1, mid2 = (onset + apex) // 2, (apex + offset) // 2
    return {
        1: ((onset, apex),),
        2: ((onset, apex), (apex, offset)),
        4: ((onset, mid1), (mid1, apex), (apex, mid2), (mid2, offset)),
    }


def region_maps(shared: Shared, first: Frame, last: Frame, size: int) -> NDArray[Any]:
    """float16 (3, 3, size, size): region, (u, v, strain), from ``first`` to ``last``, cut out by the
    landmarks of ``first``.

    Raises ValueError where the landmarks are missing or a region lies outside the crop.
    """
    if first.landmarks is None:
        raise ValueError("ROI maps need landmarks of every frame")
    boxes = regions(first.landmarks)

    # Flow between onset, apex and offset is that of the whole crop, which other inputs need as well. A window
    # that ends at a mid is nobody else's: the regions and the room around them are enough.
    box = None if {first.number, last.number} <= set(triple(shared.clip)) else around(boxes)

    def compute() -> NDArray[Any]:
        field = flow_and_strain(shared, first, last, box)
        x, y = box[:2] if box else (0, 0)
        parts = [resized(field[y0 - y : y1 - y, x0 - x : x1 - x], size) for x0, y0, x1, y1 in boxes]
        return np.stack(parts).astype(np.float16)

    return shared.once(("region maps", first.number, last.number, size), compute)


INPUTS: dict[str, Input] = {
    "roi_maps1": RoiMaps(1),
    "roi_maps2": RoiMaps(2),
    "roi_maps4": RoiMaps(4),
    "roi_stack9": RoiStack(),
}
