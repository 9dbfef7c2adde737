"""How evenly the frames of a video follow each other: phones and screen recorders vary their rate.

Every input takes frames as evenly spaced. Of a video whose rate varies the mean rate over the clip is taken,
and the row's ``notes`` say so.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

import cv2

from preprocessing.decode import open_video
from preprocessing.frames import _number_of_start
from preprocessing.schema import Clip

# times as long as usual: rounding to milliseconds alone makes 1.33 of 300 frames per second
UNEVEN = 1.5


def varying(clip: Clip, first: int, last: int) -> tuple[float, str]:
    """(mean frames per second from frame ``first`` to ``last``, what a reader should know) of a video whose
    rate varies; (0.0, "") of one with an even rate, or without time stamps. Raises FramesError if it cannot
    be opened."""
    if clip.frames.suffix.lower() in (".avi", ".divx"):  # they have one rate
        return 0.0, ""
    times: list[float] = []
    with open_video(clip.frames) as video:
        number = _number_of_start(clip, video)
        while number <= last and video.grab():
            if number >= first:
                times.append(video.get(cv2.CAP_PROP_POS_MSEC))
            number += 1
    steps = [b - a for a, b in pairwise(times)]
    if not steps or min(steps) <= 0:
        return 0.0, ""
    usual = median(steps)
    if max(steps) <= UNEVEN * usual and min(steps) >= usual / UNEVEN:
        return 0.0, ""
    apart = f"{min(steps):.0f} to {max(steps):.0f} ms apart, taken as evenly spaced"
    return 1000 * len(steps) / (times[-1] - times[0]), f"a variable frame rate: {apart}"
