"""Pixels of one image file or one open video. Refuses a file that is not whole or whose colours OpenCV would
change.

Images  jpg, jpeg, bmp, png, tif, tiff as uint8 (H, W, 3) BGR, 0..255. Grey, 1 bit and palette are expanded,
        CMYK is converted, 16 bit is scaled by 1/257 (65535 -> 255), an orientation in EXIF or TIFF is
        applied: a picture stands upright as in a viewer.
Alpha   is dropped; a transparent pixel keeps the colour that is stored under it. A TIFF that declares alpha
        is refused, because OpenCV multiplies it into the colours.
Videos  avi, mp4, mov, mkv, webm, mts, wmv ... (VIDEOS) through FFmpeg, as
        uint8 (H, W, 3) BGR, turned upright by the display matrix of the file
        (90, 180 or 270 degrees). A matrix that mirrors is not undone: FFmpeg gives its angle only.
"""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.containers import frames_shown, missing_bytes, says_its_length, sizes_tell

IMAGES = frozenset({".jpg", ".jpeg", ".bmp", ".png", ".tif", ".tiff"})
# what cameras, screen recorders, browsers and archives write, and FFmpeg, which OpenCV carries, reads
_NAMES = (
    "3g2 3gp amv asf avi divx dv f4v flv h264 h265 hevc ivf m1v m2ts m2v m4v mj2 mjpeg mjpg mkv mov mp4 mpe "
    "mpeg mpg mts mxf nsv nut ogm ogv qt rm rmvb ts vob webm wmv wtv y4m"
)
VIDEOS = frozenset(f".{name}" for name in _NAMES.split())
BEHIND = 1000  # times that a video which gave no frame is asked for another
MOST_HIDDEN = 1.25  # packets a frame: VP8 has some that are not shown
# JPEG alone: fewer coefficients are decoded
REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}


class FramesError(ValueError):
    """A clip's frames cannot be used as they are on disk. Names the file or the frame numbers."""


class Unreadable(FramesError):
    """This machine could not read what is there: no right, no mount, a broken disk, no memory. That is no
    verdict on the clip: the next run tries it again."""


# what a file itself can cause: nothing there, a folder, a link in a circle, a name that is too long
_OF_THE_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL)


def unread(path: Path, error: OSError, done: str = "read") -> FramesError:
    """What to raise for a clip's file or folder that could not be read, listed ..."""
    if error.errno in _OF_THE_FILE:
        return FramesError(f"{path} cannot be {done}: {error.strerror}")
    return Unreadable(f"{path} cannot be {done} by this user on this machine: {error.strerror or error}")


def hidden(path: Path) -> FramesError | None:
    """Why this machine cannot tell what is at ``path`` (a folder above it that this user may not enter, a
    mount that does not answer), or None. Whether anything is there is another question."""
    try:
        path.stat()
    except OSError as error:
        why = unread(path, error)
        return why if isinstance(why, Unreadable) else None
    return None


def read_image(path: Path, reduce: int = 1) -> NDArray[Any]:
    """uint8 (ceil(H / reduce), ceil(W / reduce), 3) BGR of one image file; ``reduce`` is 1, 2 or 4.

    Raises FramesError if the file is missing, damaged, cut short, no image, holds several pictures, or has
    pixels of another type.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unread(path, error) from error
    if not data:
        raise FramesError(f"{path} has zero bytes")
    is_jpeg = data.startswith(b"\xff\xd8\xff")
    problem = _jpeg_problem(data) if is_jpeg else _png_problem(data) or _tiff_problem(data)
    if problem:
        raise FramesError(f"{path} {problem}")
    by_decoder = is_jpeg and reduce > 1
    flags = REDUCED[reduce] if by_decoder else cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:  # a size beyond OpenCV's limit
        raise FramesError(f"{path} ({len(data)} bytes) cannot be decoded: {error.err}") from error
    if image is None:
        raise FramesError(
            f"{path} ({len(data)} bytes) is damaged, no image, or has other pixels than 8 and 16 bit"
        )
    if image.dtype == np.uint16:
        image = ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if image.dtype != np.uint8:
        raise FramesError(f"{path} has {image.dtype} pixels; 8 and 16 bit images are read")
    return image if by_decoder else shrink(image, reduce)


def shrink(image: NDArray[Any], reduce: int) -> NDArray[Any]:
    """Mean over squares of ``reduce`` x ``reduce`` pixels; the last row and column are repeated to fill the
    last squares."""
    if reduce == 1:
        return image
    height, width = image.shape[:2]
    image = cv2.copyMakeBorder(image, 0, -height % reduce, 0, -width % reduce, cv2.BORDER_REPLICATE)
    return cv2.resize(
        image, (image.shape[1] // reduce, image.shape[0] // reduce), interpolation=cv2.INTER_AREA
    )


@contextmanager
def open_video(path: Path) -> Iterator[cv2.VideoCapture]:
    """The video before its first frame, released at the end. Raises FramesError if it is missing, cut short
    or cannot be opened."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            missing = missing_bytes(file, size)
            stopped = bool(missing) and not says_its_length(file, size)
    except OSError as error:
        raise unread(path, error) from error
    if missing:
        mended = shlex.quote(f"{path.stem}-mended{path.suffix}")
        keep = f"ffmpeg -i {shlex.quote(path.name)} -c copy {mended}"
        raise FramesError(
            f"{path} is cut short: {missing} of its bytes are missing, at least; copy it again"
            f"{f', or if its recorder was stopped, keep what is whole: {keep}' if stopped else ''}"
        )
    # FFmpeg alone, so that all platforms read alike; absolute, so that no name is taken for a protocol
    # ("http:...")
    video = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise FramesError(
                f"{path} ({size} bytes) cannot be opened as a video; is it complete? Else convert it: "
                f"{conversion(path)}"
            )
        video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        angle = video.get(cv2.CAP_PROP_ORIENTATION_META)
        if angle % 90:
            raise FramesError(f"{path} is to be shown turned by {angle:g} degrees; write it again upright")
        yield video
    finally:
        video.release()


def conversion(path: Path) -> str:
    """The command that makes a video that is read, without loss, of one that is not."""
    return f"ffmpeg -i {shlex.quote(path.name)} -c:v ffv1 {shlex.quote(f'{path.stem}.avi')}"


def lacking(path: Path, video: cv2.VideoCapture, count: int) -> str:
    """What is not there of a video that has given ``count`` frames and gives no more; "" where it is whole.

    FFmpeg ends at a damaged frame as at the end of the file; what is behind it tells them apart. Else the
    container does, where it says how many frames it shows (containers.py). Some say a frame or so too many,
    so that 1 percent may be lacking. MKV, WebM and MP4 in fragments say their bytes, which were looked at
    before. Of the others FFmpeg states duration times rate, which is wrong where the rate varies: there it is
    the time that counts, of which a tenth may have sound alone. A recorder that was stopped, or a browser,
    has not said it: then the end is the end, and ``endless`` says so.
    """
    if any(video.grab() for _ in range(BEHIND)):
        return "a frame there cannot be decoded, and others follow"
    stated = _stated(video)
    if count >= stated - max(1, stated // 100):
        return ""
    if (shown := frames_stated(path, video)) is not None:
        end = shown - max(1, shown // 100)
        return "" if count >= end else f"at least {end} expected"
    times = packet_times(path)
    if len(times) > 1 + count * MOST_HIDDEN:
        return f"{len(times)} are in the file"
    seconds, fps = (times[-1] - times[0]) / 1000 if times else 0.0, video.get(cv2.CAP_PROP_FPS)
    with path.open("rb") as file:
        whole = sizes_tell(file, path.stat().st_size)
    if whole or fps <= 0 or seconds >= 0.9 * stated / fps:
        return ""
    return f"{seconds:.2f} s, and it states {stated / fps:.2f} s"


def endless(path: Path) -> str:
    """What is to be said of a video that does not tell whether it is whole, or "". Raises FramesError."""
    try:
        with path.open("rb") as file:
            if says_its_length(file, path.stat().st_size):
                return ""
    except OSError as error:
        raise unread(path, error) from error
    return "its container does not say how long it is: if it was cut, nothing shows it"


def frames_stated(path: Path, video: cv2.VideoCapture) -> int | None:
    """Frames that a whole video gives, as its container says it; None where it does not."""
    with path.open("rb") as file:
        return frames_shown(file, path.stat().st_size, stated) if (stated := _stated(video)) else None


def _stated(video: cv2.VideoCapture) -> int:
    return int(max(0, min(video.get(cv2.CAP_PROP_FRAME_COUNT), 1 << 31)))


def packet_times(path: Path) -> list[float]:
    """Milliseconds of a video's packets, sorted: they are stored in the order in which they are decoded."""
    raw = cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    try:
        times = []
        while raw.grab():
            times.append(raw.get(cv2.CAP_PROP_POS_MSEC))
        return sorted(times)
    finally:
        raw.release()


def stated_fps(path: Path, video: cv2.VideoCapture) -> float | None:
    """Frames per second as the container states them, if between 1 and 1000, else None: others are clock
    rates or junk."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head[:4] == b"RIFF":  # without a rate in an AVI FFmpeg answers 25
        # then 4 bytes each: scale, rate; the main header's microseconds per frame are at 32
        stream = head.find(b"vids") + 20
        if not (any(head[32:36]) or (any(head[stream : stream + 4]) and any(head[stream + 4 : stream + 8]))):
            return None
    fps = video.get(cv2.CAP_PROP_FPS)
    return fps if 1 <= fps <= 1000 else None


def _jpeg_problem(data: bytes) -> str:
    """What is wrong with a JPEG that decoders let pass, or "": some fill what is missing with grey."""
    at, components, adobe = 2, 0, False
    # over the segments: a thumbnail has its own end
    while at + 10 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            components = data[at + 9]
        adobe |= marker == 0xEE and data[at + 4 : at + 9] == b"Adobe"
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if data.rfind(b"\xff\xd9", at) < 0:  # from the end, where it is
        return "is cut short: its end marker is missing"
    if components == 4 and not adobe:
        return (
            "is CMYK without an Adobe marker: nothing tells whether its colours are inverted; save it as RGB"
        )
    return ""


def _png_problem(data: bytes) -> str:
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ""
    if data.rfind(b"IEND\xaeB`\x82") < 0:
        return "is cut short: its end marker is missing"
    if data.find(b"acTL", 0, data.find(b"IDAT")) >= 0:
        return "holds an animation; save each picture as a file of its own"
    return ""


def _tiff_problem(data: bytes) -> str:
    """Of the first page's directory: entries of 12 bytes (tag, type, count, value), then where the next
    page's is, or 0."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return "is a BigTIFF; save it as TIFF or PNG" if data[:4] in (b"II+\0", b"MM\0+") else ""

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little" if data[:1] == b"I" else "big")

    first = number(4, 4) + 2
    end = first + 12 * number(first - 2, 2)
    if number(end, 4):
        return "holds more than one page; save each as a file of its own"
    if any(
        number(at, 2) == 338 and number(at + 8, 2) in (1, 2) for at in range(first, min(end, len(data)), 12)
    ):
        return "is a TIFF with an alpha channel, which would darken its colours; save it without, or as PNG"
    return ""
