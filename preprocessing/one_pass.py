"""A video without labels, decoded once: what Pipeline gives, to the bit, in less time.

Pipeline decodes such a video three times before it looks at a frame: twice to count its frames, once for the
times between them. Here both are read off the packets of the file, which takes no decoding. Where these leave
a doubt (another number of frames than the file states, times that vary or are missing), or the clip ends in
an error, the clip goes through Pipeline as ever. In a file of its own, since Pipeline's code is part of the
version of every feature set.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.align import CROP
from preprocessing.apex import SPOTTERS, Spotter
from preprocessing.decode import VIDEOS, FramesError, open_video, packet_times, stated_fps
from preprocessing.inputs.settings import MIDDLE, Settings
from preprocessing.inputs.view import _AS_IT_IS, Collector, Frame, Shared
from preprocessing.pipeline import OF_ONE, Pipeline, _Aligned
from preprocessing.schema import Clip

EVEN = 1.2  # the longest step between two packets to the shortest; pace.UNEVEN lets more pass
IN_MEMORY = 1024  # frames whose crops wait in memory, 200 MB; those of later ones wait on disk
_NOTHING = np.zeros((0, 0, 3), np.uint8)


class OnePass(Pipeline):
    """As Pipeline."""

    def __init__(self, names: tuple[str, ...], settings: Settings):
        super().__init__(names, settings)
        self._even: Even | None = None  # of the clip at hand

    def rows(
        self, clip: Clip, names: tuple[str, ...] = (), *, pictures: bool = False
    ) -> dict[str, dict[str, Any]]:
        """As Pipeline's."""
        known = None if pictures or clip.problem or clip.offset is not None else even(clip.frames)
        if known and known.frames > (clip.onset or 0):
            self._even = known
            try:
                made = super().rows(replace(clip, offset=known.frames - 1), names)
            finally:
                self._even = None
            if all(row["status"] == "ok" for row in made.values()):
                return {name: row | {"offset": None} for name, row in made.items()}
        return super().rows(clip, names, pictures=pictures)

    def collect(
        self, clip: Clip, make: Callable[[Clip], Mapping[str, Collector]]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """As Pipeline's."""
        if self._even is None:
            return super().collect(clip, make)
        first, last = clip.onset or 0, self._even.frames - 1
        fps = clip.fps or self._even.fps
        whole = replace(clip, onset=first, offset=last, fps=fps)
        frames = _Aligned(whole, last, self.landmarker, self.settings, self.tracks)
        with tempfile.SpooledTemporaryFile(max_size=1) as waiting:
            source: Iterable[Frame] = frames
            apex, apex_source = clip.apex, clip.apex_source
            if apex is None and self.settings.apex == MIDDLE:
                apex, apex_source = (first + last) // 2, MIDDLE
            elif apex is None:
                spotter = SPOTTERS[self.settings.apex]()
                source = list(_kept(frames, spotter, waiting))
                apex, apex_source = spotter.result(), self.settings.apex
            whole = replace(whole, apex=apex, apex_source=apex_source)
            values = _shown(source, dict(make(whole)), Shared(self.flow, whole, self.settings))
        seconds = {"duration_s": (last - first) / fps, "apex_s": (apex - first) / fps} if fps else {}
        return values, {
            "n_frames": last - first + 1,
            "height": frames.height,
            "width": frames.width,
            "apex": apex,
            "apex_source": apex_source,
            "fps": fps,
            "duration_s": None,
            "apex_s": None,
            "notes": "",
        } | seconds


def _shown(frames: Iterable[Frame], collectors: dict[str, Collector], shared: Shared) -> dict[str, Any]:
    """Results of collectors that see all frames; of one that fails its exception."""
    values: dict[str, Any] = {}
    for frame in frames:
        for name, collector in list(collectors.items()):
            try:
                collector.see(frame, shared)
            except OF_ONE as error:
                values[name] = error
                del collectors[name]
    for name, collector in collectors.items():
        try:
            values[name] = collector.result(shared)
        except OF_ONE as error:
            values[name] = error
    return values


class _Waiting(Frame):
    """A frame whose crop lies in a file until an input looks at it: most look at two or three of all."""

    def __init__(self, of: Frame, file: IO[bytes]) -> None:
        super().__init__(of.number, of.landmarks, _NOTHING, _AS_IT_IS, of._table)
        self._file, self._place = file, file.tell()
        file.write(of._cut.data)

    @cached_property
    def _cut(self) -> NDArray[Any]:
        self._file.seek(self._place)
        return np.frombuffer(self._file.read(CROP * CROP * 3), np.uint8).reshape(CROP, CROP, 3)


def _held(of: Frame) -> Frame:
    """The same frame without the picture that it was cut from."""
    made = Frame(of.number, of.landmarks, _NOTHING, _AS_IT_IS, of._table)
    made.__dict__["_cut"] = of._cut
    return made


def _kept(frames: Iterable[Frame], spotter: Spotter, file: IO[bytes]) -> Iterator[Frame]:
    """Shows the frames to the spotter, and keeps them."""
    for seen, frame in enumerate(frames):
        spotter.see(frame)
        yield _held(frame) if seen < IN_MEMORY else _Waiting(frame, file)


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
