"""Frames that were numbered anew after they were cut out: labels say 46..50, the folder holds 1..5."""

from __future__ import annotations

import os
from dataclasses import replace

from preprocessing.datasets.layout import frame_numbers
from preprocessing.schema import Clip


def of_its_folder(clip: Clip) -> Clip:
    """The clip with the frame numbers of its folder, and a repair that says so, where two facts agree: the
    folder holds as many frames as onset..offset, without a gap, and not under these numbers. Else the
    clip."""
    if clip.problem or clip.onset is None or clip.offset is None or not os.path.isdir(clip.frames):
        return clip
    found, _ = frame_numbers(clip.frames)  # whoever reads it tells why there are none
    length = clip.offset - clip.onset
    if not found or len(found) != length + 1 or found[-1] - found[0] != length or found[0] == clip.onset:
        return clip
    less = clip.onset - found[0]
    held = f"{found[0]}..{found[-1]}"
    line = f"frames {clip.onset}..{clip.offset} -> {held}: the folder holds as many, and no other"
    return replace(
        clip,
        onset=found[0],
        apex=None if clip.apex is None else clip.apex - less,
        offset=found[-1],
        repairs=(*clip.repairs, line),
    )
