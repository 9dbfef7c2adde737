"""Frames of a clip, one at a time, from a folder of images or a video file; and flow pictures. Refuses what it cannot read whole.

Input   a ``Clip`` whose ``frames`` is a folder of images (jpg, jpeg, bmp, png, tif, tiff) or a video (avi, mp4, mov).
Output  uint8 (H, W, 3) BGR frames, 0..255, with their numbers. Grey is repeated over the channels, alpha is dropped, 16 bit is
        scaled by 1/257 (65535 -> 255).

A frame's number is the last group of digits of its file name: 46 in ``img46.jpg`` and ``reg_img46.jpg``, 5562 in
``006_05562.jpg``. Hidden files and files of other kinds are passed over. A video's frames are numbered from 0.
Nothing is padded, interpolated or skipped: a gap, a damaged file or a change of size is a FramesError, which quarantines the
clip. What no decoder reports (a flipped byte inside an intact JPEG stream) is not found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from preprocessing.schema import Clip

IMAGES = frozenset({".jpg", ".jpeg", ".bmp", ".png", ".tif", ".tiff"})
VIDEOS = frozenset({".avi", ".mp4", ".mov"})


class FramesError(ValueError):
    """A clip's frames cannot be used as they are on disk. Names the file or the frame numbers."""


def list_frames(folder: Path, root: Path | None = None) -> dict[int, Path]:
    """{frame number: file} of an image folder, in ascending order; empty if it holds no image.

    ``root`` bounds symbolic links: a frame that links to a file outside it is refused. By default the folder itself.
    Raises FramesError if the folder cannot be listed, two files have the same number, or a link leaves ``root``.
    """
    found: dict[int, Path] = {}
    bound = os.path.realpath(root or folder)
    for entry in _images(folder):
        path = Path(entry.path)
        if entry.is_symlink() and os.path.commonpath([bound, os.path.realpath(path)]) != bound:
            raise FramesError(f"{path} is a link that leaves {bound}; put the file itself there")
        number = frame_number(path)
        if number in found:
            raise FramesError(f"{found[number]} and {path.name} both are frame {number}; keep one of them")
        found[number] = path
    return dict(sorted(found.items()))


def frame_number(path: Path) -> int:
    """The last group of digits of the file name. Raises FramesError if there is none."""
    digits = re.findall(r"[0-9]+", path.stem)
    if not digits:
        raise FramesError(f"{path} has no number in its name; frames are ordered by the last number of the name")
    return int(digits[-1])


def read_clip(clip: Clip) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (frame number, uint8 (H, W, 3) BGR) from onset to offset inclusive, in order; all frames where onset is None.

    Holds one frame at a time. Raises FramesError on the first ``next`` for a missing file or frame or a clip of fewer than two
    frames, and at the frame itself for one that is damaged or of another size than the first.
    """
    if clip.frames.is_dir():
        numbered = _from_folder(clip)
    elif clip.frames.suffix.lower() in VIDEOS and clip.frames.is_file():
        numbered = _from_video(clip)
    else:
        raise FramesError(f"{clip.frames} is neither a folder of images nor a video ({', '.join(sorted(VIDEOS))})")
    size: tuple[int, ...] | None = None
    for number, frame in numbered:
        if size is not None and frame.shape != size:
            raise FramesError(
                f"{clip.frames}: frame {number} is {_wxh(frame.shape)}, the frames before it are {_wxh(size)}; "
                "all frames of a clip must have one size"
            )
        size = frame.shape
        yield number, frame


def read_picture(path: Path) -> np.ndarray:
    """One picture as uint8 (H, W, 3) RGB. Raises FramesError if the file is missing, damaged or no image."""
    return cv2.cvtColor(_read_image(path), cv2.COLOR_BGR2RGB)


def fingerprint(clip: Clip) -> dict[str, int]:
    """What changes when a clip's files do: ``files``, ``bytes`` in all, newest ``mtime_ns``. Opens no file.

    Raises FramesError if the folder or file does not exist.
    """
    try:
        if clip.frames.is_dir():
            stats = [entry.stat(follow_symlinks=os.path.exists(entry.path)) for entry in _images(clip.frames)]
        else:
            stats = [clip.frames.stat()]
    except OSError as error:
        raise FramesError(f"{clip.frames} cannot be read: {error.strerror}") from error
    return {
        "files": len(stats),
        "bytes": sum(s.st_size for s in stats),
        "mtime_ns": max((s.st_mtime_ns for s in stats), default=0),
    }


def _images(folder: Path) -> list[os.DirEntry[str]]:
    """The visible image files of a folder that have a digit in their name, unordered. A dangling link is among them."""
    try:
        with os.scandir(folder) as entries:
            return [
                entry
                for entry in entries
                if not entry.name.startswith(".")
                and not entry.is_dir()
                and os.path.splitext(entry.name)[1].lower() in IMAGES
                and re.search(r"[0-9]", os.path.splitext(entry.name)[0])
            ]
    except OSError as error:
        raise FramesError(f"{folder} cannot be listed: {error.strerror}") from error


def _from_folder(clip: Clip) -> Iterator[tuple[int, np.ndarray]]:
    files = list_frames(clip.frames)
    if not files:
        raise FramesError(f"{clip.frames} holds no frame ({', '.join(sorted(IMAGES))} with a number in the name)")
    first = min(files) if clip.onset is None else clip.onset
    last = max(files) if clip.offset is None else clip.offset
    _check_range(clip, first, last)
    n_missing = last - first + 1 - sum(first <= number <= last for number in files)
    if n_missing:
        gaps = (str(number) for number in range(first, last + 1) if number not in files)
        names = ", ".join(islice(gaps, 10)) + (", ..." if n_missing > 10 else "")
        raise FramesError(
            f"{clip.frames}: {n_missing} of the frames {first}..{last} missing: {names}; "
            "motion between frames that are not neighbours would be too large, so the clip is left out"
        )
    for number in range(first, last + 1):
        yield number, _read_image(files[number])


def _from_video(clip: Clip) -> Iterator[tuple[int, np.ndarray]]:
    """Reads from the first frame on: seeking by index is not exact in compressed video."""
    first = clip.onset or 0
    if clip.offset is not None:
        _check_range(clip, first, clip.offset)
    video = cv2.VideoCapture(str(clip.frames))
    try:
        if not video.isOpened():
            raise FramesError(f"{clip.frames} ({clip.frames.stat().st_size} bytes) cannot be opened as a video; is it complete?")
        stated = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        # without an offset the container's own count tells a cut file; some containers count a frame or so too many
        end = stated - max(1, stated // 100) if clip.offset is None else clip.offset + 1
        number = 0
        while clip.offset is None or number < end:
            good, frame = video.read() if number >= first else (video.grab(), None)
            if not good:
                break
            if frame is not None:
                yield number, _to_bgr8(frame, clip.frames)
            number += 1
        if number < end:
            wrong = "the file is cut short or the labels are wrong"
            raise FramesError(f"{clip.frames} ends after {number} frames, at least {end} expected; {wrong}")
        if number - first < 2:
            raise FramesError(f"{clip.frames} has {number - first} frame(s) from {first} on; motion needs at least two")
    finally:
        video.release()


def _check_range(clip: Clip, first: int, last: int) -> None:
    if first > last:
        raise FramesError(f"{clip.clip_id}: onset {first} is after offset {last}")
    if first == last:
        raise FramesError(f"{clip.clip_id} is one frame long ({first}); motion needs at least two")


def _read_image(path: Path) -> np.ndarray:
    """uint8 (H, W, 3) BGR of one image file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FramesError(f"{path} cannot be read: {error.strerror}") from error
    if not data:
        raise FramesError(f"{path} has zero bytes")
    if _cut_short(data):
        raise FramesError(f"{path} is cut short: its end marker is missing")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise FramesError(f"{path} ({len(data)} bytes) is damaged or no image")
    return _to_bgr8(image, path)


def _cut_short(data: bytes) -> bool:
    """True for a JPEG without end of image or a PNG without its last chunk: some decoders fill the rest with grey."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND\xaeB`\x82" not in data
    if not data.startswith(b"\xff\xd8\xff"):
        return False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:  # step over segments: a thumbnail has its own end
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return b"\xff\xd9" not in data[at:]


def _to_bgr8(image: np.ndarray, source: Path) -> np.ndarray:
    """uint8 (H, W, 3) BGR of an image as OpenCV decodes it: uint8 or uint16; (H, W), (H, W, 3) or (H, W, 4)."""
    if image.dtype == np.uint16:
        image = ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if image.dtype != np.uint8:
        raise FramesError(f"{source} has {image.dtype} pixels; 8 and 16 bit images are read")
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] == 4:
        return cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)
    return image


def _wxh(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
