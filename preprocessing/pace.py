"""How evenly the frames of a video follow each other: phones and screen recorders vary their rate.

Every input takes frames as evenly spaced. Of a video whose rate varies the mean rate over the clip is taken,
and the row's ``notes`` say so.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import cv2

from preprocessing.containers import empty_frames, kind_of
from preprocessing.decode import VIDEOS, FramesError, open_video, packet_times, stated_fps
from preprocessing.frames import _number_of_start
from preprocessing.schema import Clip

# times as long as usual: rounding to milliseconds alone makes 1.33 of 300 frames per second
UNEVEN = 1.5
EVEN = 1.2  # the longest step between two packets to the shortest


class Even(NamedTuple):
    """What is known of a video without decoding it. fps: as it states."""

    frames: int
    fps: float | None


def even(path: Path) -> Even | None:
    """Of a video whose packets say that they follow each other evenly, and are as many as the file states;
    None for any other, for a folder, and for what is no video."""
    if path.suffix.lower() not in VIDEOS or not path.is_file():
        return None
    try:
        with open_video(path) as video:
            made = Even(int(video.get(cv2.CAP_PROP_FRAME_COUNT)), stated_fps(path, video))
            if not video.grab():
                return None
            first = video.get(cv2.CAP_PROP_POS_MSEC)
    except FramesError:
        return None
    times = packet_times(path)
    steps = [b - a for a, b in pairwise(times)]
    if len(times) != made.frames or not steps or min(steps) <= 0 or max(steps) > EVEN * min(steps):
        return None
    return made if abs(times[0] - first) < min(steps) / 10 else None


def varying(clip: Clip, first: int, last: int) -> tuple[float, str]:
    """(mean frames per second from frame ``first`` to ``last``, what a reader should know) of a video whose
    rate varies, or is far from what it states; (0.0, "") of one with an even rate, or without time stamps.
    Raises FramesError if it cannot be opened."""
    times: list[float] = []
    with open_video(clip.frames) as video:
        if _is_even_avi(clip.frames):
            return 0.0, ""
        stated = stated_fps(clip.frames, video)
        number = _number_of_start(clip, video)
        while number <= last and video.grab():
            if number >= first:
                times.append(video.get(cv2.CAP_PROP_POS_MSEC))
            number += 1
    steps = [b - a for a, b in pairwise(times)]
    if not steps or min(steps) <= 0:
        return 0.0, ""
    usual, rate = median(steps), 1000 * len(steps) / (times[-1] - times[0])
    if max(steps) > UNEVEN * usual or min(steps) < usual / UNEVEN:
        apart = f"{min(steps):.0f} to {max(steps):.0f} ms apart, taken as evenly spaced"
        return rate, f"a variable frame rate: {apart}"
    # the clock of a browser's recorder, or frames that a camera dropped
    if stated and not stated / UNEVEN <= rate <= stated * UNEVEN:
        return rate, f"{rate:.4g} frames per second, as they follow each other; the file states {stated:g}"
    return 0.0, ""


def _is_even_avi(path: Path) -> bool:
    """An AVI has one rate, so that nothing need be decoded to know it; unless frames are empty."""
    with path.open("rb") as file:
        return kind_of(file) == "avi" and not empty_frames(file, path.stat().st_size)
