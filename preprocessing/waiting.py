"""Frames of a clip that wait until its apex is known, which takes the whole clip: before it no input can
start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.align import CROP
from preprocessing.apex import Spotter
from preprocessing.inputs.view import NO_PICTURE, Frame

IN_MEMORY = 512  # frames whose crops wait in memory, 100 MB; those of later ones wait on disk


def kept(frames: Iterable[Frame], spotter: Spotter, file: IO[bytes]) -> Iterator[Frame]:
    """Shows the frames to the spotter, and keeps them without the pictures that they were cut from."""
    for seen, frame in enumerate(frames):
        spotter.see(frame)
        yield frame.without_picture() if seen < IN_MEMORY else _OnDisk(frame, file)


class _OnDisk(Frame):
    """Its crop lies in a file until an input looks at it: most look at two or three of all."""

    def __init__(self, of: Frame, file: IO[bytes]) -> None:
        super().__init__(of.number, of.landmarks, NO_PICTURE, of._crop, of._table)
        self._file, self._place = file, file.tell()
        file.write(of._cut.data)

    @cached_property
    def _cut(self) -> NDArray[Any]:
        self._file.seek(self._place)
        return np.frombuffer(self._file.read(CROP * CROP * 3), np.uint8).reshape(CROP, CROP, 3)
