"""A long video with what was spotted written on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.encode import VideoOut
from preprocessing.spotting.reading import reading
from preprocessing.spotting.run import Curves

SHOWN = 30.0  # frames a second, about, and at most
LONGEST = 960  # pixels, of the longer side
BAR = 28  # pixels below the picture: the time line
HELD = 1.0  # seconds from its onset on that a caption can be read, as a micro-expression is over before that
DARK = 40  # grey of what is not the picture
COLOURS = {"micro": (60, 60, 230), "macro": (200, 130, 40), "clip": (106, 154, 42)}  # BGR


@dataclass(frozen=True)
class Caption:
    """What stands on the frames from onset to offset, inclusive. kind: colour of the interval."""

    onset: int
    offset: int
    kind: str
    text: str


def annotate(
    curves: Curves,
    captions: Sequence[Caption],
    out: Path,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the video in its own time, at about SHOWN frames a second, scaled to LONGEST pixels: above the
    picture, which nothing covers, what is spotted and what was a moment ago; below it the time line.

    Letters beyond ASCII are drawn as question marks. Raises EncodeError, FramesError, and OSError where it
    cannot be written whole: then no file is there.
    """
    step = max(1, round(curves.rate.fps / SHOWN))
    with ExitStack() as ended:
        writer: VideoOut | None = None
        for number, image in reading(curves.source).frames(lambda n: (n - curves.first) % step == 0):
            small = _scaled(image)
            if writer is None:
                size = (small.shape[1], small.shape[0] + _banner(small.shape[1]) + BAR)
                writer = ended.enter_context(VideoOut(out, curves.rate.fps / step, size))
                bar = _bar(curves, captions, small.shape[1])
            writer.write(_drawn(small, bar, number, curves, captions))
            if progress:
                progress(number + 1 - curves.first, curves.frames)


def _scaled(image: NDArray[Any]) -> NDArray[Any]:
    factor = min(1.0, LONGEST / max(image.shape[:2]))
    size = (max(2, round(image.shape[1] * factor)) // 2 * 2, max(2, round(image.shape[0] * factor)) // 2 * 2)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _bar(curves: Curves, captions: Sequence[Caption], width: int) -> NDArray[Any]:
    bar = np.full((BAR, width, 3), DARK, np.uint8)
    for one in captions:
        x0, x1 = (round((at - curves.first) / curves.frames * width) for at in (one.onset, one.offset + 1))
        bar[6:-6, x0 : max(x1, x0 + 2)] = COLOURS[one.kind]
    return bar


def _drawn(
    image: NDArray[Any], bar: NDArray[Any], number: int, curves: Curves, captions: Sequence[Caption]
) -> NDArray[Any]:
    width = image.shape[1]
    high, scale = _banner(width), _scale(width)
    picture = np.vstack([np.full((high, width, 3), DARK, np.uint8), image, bar])
    x = round((number - curves.first) / curves.frames * width)
    picture[-BAR:, max(0, x - 1) : x + 1] = 255
    for one in captions:
        now = one.onset <= number <= one.offset
        if now or one.onset <= number < one.onset + HELD * curves.rate.fps:
            picture[:high] = COLOURS[one.kind] if now else DARK
            colour = (255, 255, 255) if now else COLOURS[one.kind]
            _write(picture, one.text, (8, round(0.7 * high)), scale, colour)
    time = f"{(number - curves.first) / curves.rate.fps:.2f} s"
    _write(picture, time, (width - round(175 * scale), round(0.7 * high)), scale, (255, 255, 255))
    return picture


def _scale(width: int) -> float:
    """Of letters, in a picture so wide."""
    return max(0.4, width / 900)


def _banner(width: int) -> int:
    """Pixels above the picture; even, as the video's sides must be."""
    return round(20 * _scale(width)) * 2


def _write(
    picture: NDArray[Any], text: str, at: tuple[int, int], scale: float, colour: tuple[int, int, int]
) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)
