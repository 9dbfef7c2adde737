"""The files of a clip before anything of them is decoded: which they are and when they changed, and whether a
decoder may have them.

``Files.state`` says whether they changed (plan.py, contents.py). ``danger`` keeps from the decoders what
makes them wait for ever (a pipe), grow without bound (a device, a picture of a billion pixels) or abort (a
side beyond what OpenCV's warping takes): such a clip is quarantined by name. Both stand outside of what
decides a feature's numbers, so that neither changes the version of a feature set.
"""

from __future__ import annotations

import bisect
import hashlib
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2

from preprocessing.decode import IMAGES, VIDEOS, FramesError, hidden, open_video, unread
from preprocessing.frames import _files, list_frames
from preprocessing.regular import not_regular
from preprocessing.schema import Clip

MOST_PIXELS = 1 << 26  # 67 million, 200 MB decoded: twice a frame of 8K
LONGEST_SIDE = 16384  # from 32767 on the warping of the landmark model aborts the process
MOST_BYTES = 8 * MOST_PIXELS  # of an image file: 16 bits a channel, not compressed, and room
Order = Literal["little", "big"]


@dataclass(frozen=True)
class Files:
    """A clip's folder of frames, in the order of their numbers, or its one file.

    numbers  of the frames; () of a video and of a picture. paths: as many, or the one. states: of each file
    its name, size, time of the last write and time of change (ns).
    """

    numbers: tuple[int, ...]
    paths: tuple[Path, ...]
    states: tuple[str, ...]

    def between(self, first: int | None, last: int | None) -> Files:
        """Those from frame ``first`` to ``last``, both included; None is the end."""
        if not self.numbers:
            return self
        low = 0 if first is None else bisect.bisect_left(self.numbers, first)
        high = len(self.numbers) if last is None else bisect.bisect_right(self.numbers, last)
        return Files(self.numbers[low:high], self.paths[low:high], self.states[low:high])

    @property
    def newest(self) -> int:
        """When the last of them changed (ns since 1970)."""
        return max((int(one.rpartition(" ")[2]) for one in self.states), default=0)

    @property
    def state(self) -> str:
        """64 hex digits of numbers and states. The time of change (ctime) is the system's own and cannot be
        set back: a file that was replaced by another of equal size and equal mtime is noticed too."""
        return hashlib.sha256("\0".join([repr(self.numbers), *self.states]).encode()).hexdigest()


def files_of(frames: Path) -> Files:
    """The files of a clip. ``frames``: its folder or its file. Opens none. Raises FramesError if there is no
    such folder or file, and as ``frames.list_frames``."""
    try:
        if not os.path.isdir(frames):
            if why := hidden(frames):
                raise why
            return Files((), (frames,), (_stated(frames),))
        found = list_frames(frames)
        return Files(tuple(found), tuple(found.values()), tuple(map(_stated, found.values())))
    except OSError as error:
        raise unread(frames, error) from error


def _stated(path: Path) -> str:
    held = path.stat() if path.exists() else path.lstat()  # a link that leads nowhere is a state too
    return f"{os.fsencode(path.name)!r} {held.st_size} {held.st_mtime_ns} {held.st_ctime_ns}"


def danger(clip: Clip) -> str:
    """Why no decoder may have this clip, or "". Reads the headers of its files from onset to offset; what is
    missing or cut short is for the decoder to say."""
    if not os.path.isdir(clip.frames):
        return danger_of(clip.frames)
    try:
        files = list_frames(clip.frames)
    except FramesError:
        return ""
    first = -1 if clip.onset is None else clip.onset
    wanted = [path for number, path in files.items() if clip.offset is None or first <= number <= clip.offset]
    return next(filter(None, map(danger_of, wanted)), "")


def window(clip: Clip) -> list[Path]:
    """The files that hold a clip's frames from onset to offset, in order and without a gap, or its video.

    Raises FramesError as ``frames.extent`` does of a folder, and for what is no regular file.
    """
    found = list(_files(clip).values()) if os.path.isdir(clip.frames) else [clip.frames]
    if why := next(filter(None, map(no_regular_file, found)), ""):
        raise FramesError(why)
    return found


def no_regular_file(path: Path) -> str:
    """As regular.not_regular, of a file of a corpus."""
    why = not_regular(path)
    return why and f"{why}: remove it"


def danger_of(path: Path) -> str:
    """As ``danger``, of one image or video file; of other names no decoder is asked (frames.no_clip)."""
    if why := no_regular_file(path):
        return why
    try:
        ending = path.suffix.lower()
        sizes = _of_video(path) if ending in VIDEOS else _of_image(path) if ending in IMAGES else []
    except (OSError, FramesError, ForeignImage) as error:
        # of what is missing, empty or cut short the decoder says so itself
        return str(error) if isinstance(error, ForeignImage) else ""
    for width, height in sizes:
        if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
            return (
                f"{path} says that it is {width}x{height}; decoded are at most {LONGEST_SIDE} pixels a side "
                f"and {MOST_PIXELS} in all: crop it or scale it down"
            )
    return ""


class ForeignImage(ValueError):
    """A file that is no JPEG, PNG, BMP or TIFF inside, or has more bytes than any that is decoded."""


def _of_image(path: Path) -> list[tuple[int, int]]:
    """(width, height) as the header states it; [] if it does not. Raises ForeignImage, OSError."""
    size = path.stat().st_size
    if not size:
        return []
    if size > MOST_BYTES:
        raise ForeignImage(f"{path} has {size} bytes; images of at most {MOST_BYTES} are decoded")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:2] == b"\xff\xd8":
            return _of_jpeg(data)
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            return [(_number(data, 16, 4, "big"), _number(data, 20, 4, "big"))]
        if data[:2] == b"BM":
            bytes_ = 2 if _number(data, 14, 4, "little") == 12 else 4
            width, height = (_number(data, at, bytes_, "little") for at in (18, 18 + bytes_))
            return [(width, min(height, 256**bytes_ - height))]  # a negative height: from the top down
        if data[:2] in (b"II", b"MM"):
            return _of_tiff(data, "little" if data[:1] == b"I" else "big")
    raise ForeignImage(f"{path} is no JPEG, PNG, BMP or TIFF inside, whatever its name; save it as one")


def _of_jpeg(data: mmap.mmap) -> list[tuple[int, int]]:
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 <= len(data):
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker == 0xDA:  # the picture begins, and nothing said its size
            return []
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return [(_number(data, at + 7, 2, "big"), _number(data, at + 5, 2, "big"))]
        else:
            at += 2 + (0 if marker <= 1 or 0xD0 <= marker <= 0xD9 else _number(data, at + 2, 2, "big"))
    return []


def _of_tiff(data: mmap.mmap, order: Order) -> list[tuple[int, int]]:
    """Of the first page's directory: entries of 12 bytes (tag, type, count, value)."""
    first = _number(data, 4, 4, order) + 2
    found = {256: 0, 257: 0}
    for at in range(first, first + 12 * _number(data, first - 2, 2, order), 12):
        tag = _number(data, at, 2, order)
        if tag in found:
            bytes_ = {1: 1, 3: 2}.get(_number(data, at + 2, 2, order), 4)
            found[tag] = max(found[tag], _number(data, at + 8, bytes_, order))
    return [(found[256], found[257])]


def _of_video(path: Path) -> list[tuple[int, int]]:
    """As the container's header states it, before FFmpeg, which decodes to find out, has seen it; then as
    FFmpeg says; [] of an empty file. Raises FramesError, OSError."""
    if not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        # the main header of an AVI; what a MP4 or MOV states FFmpeg reads without decoding
        is_avi = data[:4] == b"RIFF" and data[8:12] == b"AVI "  # not a sound under a video's name
        found = [(_number(data, 64, 4, "little"), _number(data, 68, 4, "little"))] if is_avi else []
    if any(width * height > MOST_PIXELS for width, height in found):
        return found
    with open_video(path) as video:
        sides = (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    return [*found, (int(sides[0]), int(sides[1]))]


def _number(data: mmap.mmap, at: int, bytes_: int, order: Order) -> int:
    """Unsigned; 0 behind the end."""
    return int.from_bytes(data[at : at + bytes_], order)
