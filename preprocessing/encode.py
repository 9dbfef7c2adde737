"""Frames -> a video that a browser plays: VP9 in .mp4 (Chromium, Firefox, Edge, Safari from 14 on), VP8 in
.webm, which is written five times as fast (Safari from 14.1 on). H.264 is not in OpenCV's build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.errors import BadInput

CODECS = {".mp4": "vp09", ".webm": "VP80"}


class EncodeError(BadInput):
    """The name's ending is of no video that is written here."""


class VideoOut:
    """A video file that is whole or is not there: written beside its name, checked, moved. A context manager;
    an exception inside leaves no file."""

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        """size: width and height in pixels, made even. Raises EncodeError for an unknown ending, OSError
        where nothing can be written there."""
        if path.suffix.lower() not in CODECS:
            raise EncodeError(f"{path}: a video is written as {' or '.join(CODECS)}")
        self.path, self.fps = path, fps
        self.size = (size[0] // 2 * 2, size[1] // 2 * 2)
        self.part = path.with_name(f".part-{path.name}")
        self.count = 0
        self.part.touch()  # OpenCV says of a folder that is not there only that it cannot open
        code = cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
        self._out = cv2.VideoWriter(str(self.part.absolute()), cv2.CAP_FFMPEG, code, fps, self.size)
        if not self._out.isOpened():
            self.part.unlink()
            raise OSError(f"{path} cannot be written as {code} by this build of OpenCV; try .webm")

    def write(self, frame: NDArray[Any]) -> None:
        """uint8 BGR (H, W, 3) of the size, or a pixel larger."""
        self._out.write(np.ascontiguousarray(frame[: self.size[1], : self.size[0]]))
        self.count += 1

    def __enter__(self) -> VideoOut:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._out.release()
        try:
            if kind is None:
                self._check()
                self.part.replace(self.path)
        finally:
            self.part.unlink(missing_ok=True)

    def _check(self) -> None:
        """OpenCV writes on, and says nothing, where the disk is full. Raises OSError."""
        video = cv2.VideoCapture(str(self.part.absolute()), cv2.CAP_FFMPEG)
        there = 0
        while video.grab():
            there += 1
        video.release()
        if there != self.count:
            raise OSError(
                f"{self.path}: {there} of {self.count} frames could be written; is the disk full? Make room, "
                "and run the same command again"
            )
