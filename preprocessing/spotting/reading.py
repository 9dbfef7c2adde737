"""The frames of a long video or folder that somebody wants, in one pass, the others not even converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
from numpy.typing import NDArray

from preprocessing.decode import IMAGES, FramesError, open_video, read_image
from preprocessing.frames import _check_end, list_frames, no_clip
from preprocessing.schema import Clip

Wanted = Callable[[int], bool]  # of a frame's number


def reading(source: Path) -> FolderFrames | VideoFrames:
    """Raises FramesError for what is neither a video nor a folder of frames without a gap."""
    return FolderFrames(source) if source.is_dir() else VideoFrames(source)


class _Alike:
    """Passes frames on. Raises FramesError for one of another size than the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shape: tuple[int, ...] | None = None

    def __call__(self, number: int, image: NDArray[Any]) -> NDArray[Any]:
        self.shape = self.shape or image.shape[:2]
        if image.shape[:2] != self.shape:
            (height, width), (first_height, first_width) = image.shape[:2], self.shape
            raise FramesError(
                f"{self.path}: frame {number} is {width}x{height}, the frames before it are {first_width}x"
                f"{first_height}; all must have one size"
            )
        return image


class FolderFrames:
    """Frames of a folder of pictures."""

    def __init__(self, path: Path) -> None:
        files = list_frames(path)
        if len(files) < 2:
            raise FramesError(
                f"{path} holds {len(files)} frame(s) ({', '.join(sorted(IMAGES))} with a number in the "
                "name); a video has more"
            )
        self.first, last = min(files), max(files)
        if missing := sorted(set(range(self.first, last + 1)) - set(files)):
            raise FramesError(f"{path}: {len(missing)} frames are missing, the first is {missing[0]}")
        self.path = path
        self.files, self.count, self.seen = files, len(files), len(files)

    def frames(self, wanted: Wanted) -> Iterator[tuple[int, NDArray[Any]]]:
        """(number, uint8 BGR) of the frames that are wanted, in order. Raises FramesError."""
        like = _Alike(self.path)
        for number, path in self.files.items():
            if wanted(number):
                yield number, like(number, read_image(path))


class VideoFrames:
    """Frames of a video, numbered from 0."""

    first = 0

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FramesError(f"{path} is not there; name a video or a folder of frames")
        if why := no_clip(path):
            raise FramesError(why)
        self.path, self.seen = path, 0
        with open_video(path) as video:
            self.count = max(0, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))

    def frames(self, wanted: Wanted) -> Iterator[tuple[int, NDArray[Any]]]:
        """(number, uint8 BGR) of the frames that are wanted, in order. Raises FramesError where the video
        ends before its header says."""
        like = _Alike(self.path)
        with open_video(self.path) as video:
            number = 0
            while video.grab():
                if wanted(number):
                    good, image = video.retrieve()
                    if not good:
                        break
                    yield number, like(number, image)
                number += 1
            self.seen = number
            _check_end(Clip("video", "video/somebody", self.path.name, self.path, ""), 0, number, video)
