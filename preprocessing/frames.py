"""Frames of a clip, one at a time, from a folder of images or a video file; and flow pictures. Refuses what
it cannot read whole.

Input   a ``Clip`` whose ``frames`` is a folder of images (jpg, jpeg, bmp, png, tif, tiff) or a video
        (decode.VIDEOS).
Output  uint8 (H, W, 3) BGR frames, 0..255, with their numbers. What becomes of other pixels, alpha and
        orientation: decode.py.

A frame's number is that group of digits of its file name which varies (numbering.py): 46 in ``img46.jpg`` and
``img46_224x224.jpg``, 5562 in ``006_05562.jpg``. Hidden files and files of other kinds are passed over. A
video's frames are numbered from 0. Nothing is padded, interpolated or skipped: a damaged file or a change of
size is a FramesError, which quarantines the clip. A folder may lack frames behind the onset: ``missing`` says
which, and each input what it makes of them (gaps.py). What no decoder reports (a flipped byte inside an
intact JPEG stream) is not found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
from numpy.typing import NDArray

from preprocessing.decode import (
    IMAGES,
    VIDEOS,
    FramesError,
    conversion,
    frames_stated,
    hidden,
    lacking,
    open_video,
    packet_times,
    read_image,
    shrink,
    stated_fps,
    unread,
)
from preprocessing.gaps import Runs, count, runs, said
from preprocessing.numbering import frame_numbers
from preprocessing.schema import Clip
from preprocessing.strays import FILES_OF_SYSTEMS, copied, instead

LARGEST = 2**31 - 1  # frame number: a feature set holds it as int32


def list_frames(folder: Path, root: Path | None = None) -> dict[int, Path]:
    """{frame number: file} of an image folder, in ascending order; empty if it holds no image.

    ``root`` bounds symbolic links: a frame that links to a file outside it is refused. By default the folder
    itself, so that the bound holds however the folder was found; a link from one clip's folder to another's
    is refused too. Raises FramesError if the folder cannot be listed, two files have the same number, their
    names hold several that could be it (numbering.py) or say that some are copies, or a link leaves ``root``.
    """
    found: dict[int, Path] = {}
    bound = root or folder
    images = _images(folder)
    stems = [os.path.splitext(entry.name)[0] for entry in images]
    if copy := copied(stems):
        raise FramesError(f"{folder}: {copy!r} looks like a copy of another frame; remove it")
    try:
        numbered = frame_numbers(stems)
    except ValueError as error:
        raise FramesError(f"{folder}: {error}") from error
    for entry, number in zip(images, numbered, strict=True):
        path = Path(entry.path)
        if entry.is_symlink() and leads_out(path, bound):
            gone = "" if path.exists() else ", to where nothing is"
            raise FramesError(f"{path} leads out of {bound}{gone}; put the file itself there")
        if number in found:
            raise FramesError(f"{found[number]} and {path.name} both are frame {number}; keep one of them")
        found[number] = path
    return dict(sorted(found.items()))


def leads_out(path: Path, bound: Path) -> bool:
    """True if ``path``, all symbolic links followed, lies outside ``bound``, links followed as well."""
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(bound))


def read_clip(clip: Clip, reduce: int = 1) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield (frame number, uint8 (H, W, 3) BGR) from onset to offset inclusive, in order, those that are
    there; all frames where onset is None.

    ``reduce`` is 1, 2 or 4: frames of ceil(H / reduce) x ceil(W / reduce), for a caller that shrinks by more
    than that anyway. Pixel (x, y) of the small frame covers the full frame's pixels from reduce * (x, y) on
    (in a JPEG that EXIF turns, to within reduce - 1 pixels, where its size is no multiple of reduce). A JPEG
    is decoded at that size, which is faster (one of 1920x1080 and 565 kB on one core: 7.7, 6.3 and 5.6 ms at
    1, 2 and 4). It differs from the mean over squares of the full frame, which other formats and videos give:
    on a sharp portrait of 512x512, quality 95, by 0.2 grey levels on average and 4 at most, in single colour
    channels at edges by up to 27.

    Holds no frame after it was given. Raises FramesError on the first ``next`` for a missing file or onset or
    a clip of fewer than two frames, and at the frame itself for one that is damaged or of another size than
    the first. Raises ValueError for another ``reduce``.
    """
    if reduce not in (1, 2, 4):
        raise ValueError(
            f"reduce is {reduce!r}; frames are read at 1, 1/2 or 1/4 of their size: give 1, 2 or 4"
        )
    numbered = _from_video(clip, reduce) if _is_video(clip) else _from_folder(clip, reduce)
    size: tuple[int, ...] | None = None
    for number, frame in numbered:
        if size is not None and frame.shape != size:
            raise FramesError(
                f"{clip.frames}: frame {number} is {_wxh(frame.shape)}, the frames before it are "
                f"{_wxh(size)}; "
                "all frames of a clip must have one size"
            )
        size = frame.shape
        yield number, frame
        del frame  # else it would live on while the next one is decoded


def extent(clip: Clip) -> tuple[int, int]:
    """(first, last) frame number of a clip, which ``read_clip`` will give unless they are missing. Opens no
    image; counts the frames of a video without an offset.

    Raises FramesError as the first ``next`` of ``read_clip`` does, and for a video without an offset that is
    damaged or cut short. The labelled offset of a video is taken at its word: ``read_clip`` finds out whether
    the video is that long.
    """
    if not _is_video(clip):
        return _range(clip, list(_files(clip)))
    first = _first_of_video(clip)
    with open_video(clip.frames) as video:
        if clip.offset is not None:
            return first, clip.offset
        count = 0
        while video.grab():
            count += 1
        _check_end(clip, first, count, video)
    return first, count - 1


def missing(clip: Clip) -> Runs:
    """The gaps of a clip's folder from onset to offset; of a video none. Raises FramesError as ``extent``."""
    if _is_video(clip):
        return ()
    numbers = list(_files(clip))
    return runs(numbers, *_range(clip, numbers))


def container_fps(path: Path) -> float | None:
    """Frames per second that a video file states, the mean where they vary; None if it states none, or none
    from 1 to 1000.

    It is the rate of playing: a slow-motion recording may state 30 where the camera took 240. Raises
    FramesError if the video cannot be opened.
    """
    with open_video(path) as video:
        return stated_fps(path, video)


def read_picture(path: Path) -> NDArray[Any]:
    """One picture as uint8 (H, W, 3) RGB. Raises FramesError if the file is missing, damaged, or no image
    inside or by its name."""
    if path.suffix.lower() not in IMAGES:
        raise FramesError(f"{path} is no picture by its name ({', '.join(sorted(IMAGES))}); save it as PNG")
    return cv2.cvtColor(read_image(path), cv2.COLOR_BGR2RGB)


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
        raise unread(clip.frames, error) from error
    return {
        "files": len(stats),
        "bytes": sum(s.st_size for s in stats),
        "mtime_ns": max((s.st_mtime_ns for s in stats), default=0),
    }


def _images(folder: Path) -> list[os.DirEntry[str]]:
    """The visible image files of a folder that have a digit in their name, by name. A dangling link is among
    them."""
    try:
        with os.scandir(folder) as entries:
            found = [
                entry
                for entry in entries
                if not entry.name.startswith(FILES_OF_SYSTEMS)
                and not entry.is_dir()
                and os.path.splitext(entry.name)[1].lower() in IMAGES
                and re.search(r"[0-9]", os.path.splitext(entry.name)[0])
            ]
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise unread(folder, error, "listed") from error


def _is_video(clip: Clip) -> bool:
    if os.path.isdir(clip.frames):
        return False
    if clip.frames.suffix.lower() in VIDEOS and os.path.isfile(clip.frames):
        return True
    if why := hidden(clip.frames):
        raise why
    raise FramesError(no_clip(clip.frames) or f"{clip.frames} is neither a folder nor a file")


def no_clip(path: Path) -> str:
    """Why a file holds no clip, by its name; "" for a video, a folder, and what is not there."""
    ending = path.suffix.lower()
    if ending in VIDEOS or not os.path.isfile(path):
        return ""
    if ending in IMAGES:
        return f"{path} is one picture, and a clip is a motion: name a video or a folder of frames"
    return (
        f"{path} is neither a folder of frames nor a video (.mp4, .mov, .avi, .webm and others); if it is a "
        f"video of another kind, convert it: {conversion(path)}"
    )


def _files(clip: Clip) -> dict[int, Path]:
    """{frame number: file} from onset to offset, in order, those that are there."""
    files = list_frames(clip.frames)
    if not files:
        raise FramesError(
            f"{clip.frames} holds no frame ({', '.join(sorted(IMAGES))} with a number in the name)"
            f"{instead(clip.frames)}"
        )
    first, last = _range(clip, list(files))
    _check_range(clip, first, last)
    wanted = {number: path for number, path in files.items() if first <= number <= last}
    gaps = runs(list(wanted), first, last)
    if first not in wanted or len(wanted) < 2:
        what = f"the onset {first}, which fixes the crop," if first not in wanted else "every other one"
        raise FramesError(
            f"{clip.frames}: {count(gaps)} of the frames {first}..{last} missing: {said(gaps)}; {what} is "
            f"among them, so the clip is left out: copy it again, or correct the numbers, as the folder has "
            f"{min(files)}..{max(files)}"
        )
    return wanted


def _range(clip: Clip, numbers: list[int]) -> tuple[int, int]:
    """The labelled ends, else the first and last of ``numbers``, ascending."""
    return (
        numbers[0] if clip.onset is None else clip.onset,
        numbers[-1] if clip.offset is None else clip.offset,
    )


def _from_folder(clip: Clip, reduce: int) -> Iterator[tuple[int, NDArray[Any]]]:
    for number, path in _files(clip).items():
        yield number, read_image(path, reduce)


def _from_video(clip: Clip, reduce: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Reads from the first frame on: seeking by index is not exact in compressed video."""
    first = _first_of_video(clip)
    with open_video(clip.frames) as video:
        number = _number_of_start(clip, video)
        while clip.offset is None or number <= clip.offset:
            good, frame = video.read() if number >= first else (video.grab(), None)
            if not good:
                break
            if frame is not None:
                yield number, shrink(frame, reduce)
                del frame
            number += 1
        _check_end(clip, first, number, video)


def _first_of_video(clip: Clip) -> int:
    first = clip.onset or 0
    if clip.offset is not None:
        _check_range(clip, first, clip.offset)
    return first


def _number_of_start(clip: Clip, video: cv2.VideoCapture) -> int:
    """Number of the video's first frame: 0, or the onset where the video is the clip and nothing else (see
    Clip.trimmed)."""
    if not clip.trimmed or clip.onset is None or clip.offset is None:
        return 0
    frames = frames_stated(clip.frames, video) or len(packet_times(clip.frames))
    return clip.onset if frames == clip.offset - clip.onset + 1 else 0


def _check_end(clip: Clip, first: int, count: int, video: cv2.VideoCapture) -> None:
    """Raises FramesError where a video that gave ``count`` frames should have given more."""
    if clip.offset is None:
        why = lacking(clip.frames, video, count)
    else:
        why = f"at least {clip.offset + 1} expected" if count <= clip.offset else ""
    if why:
        wrong = "the file is cut short, damaged or trimmed without being written again"
        labels = "" if clip.offset is None else ", or the labels are wrong"
        raise FramesError(f"{clip.frames} ends after {count} frames, {why}; {wrong}{labels}")
    if count - first < 2:
        raise too_few(clip.frames, count, first)


def too_few(path: Path, count: int, first: int = 0) -> FramesError:
    """What is told of a video of ``count`` frames in which no motion can be seen from frame ``first`` on."""
    return FramesError(
        f"{path} has {max(0, count - first)} frame(s) from {first} on; motion needs at least two"
    )


def _check_range(clip: Clip, first: int, last: int) -> None:
    if first > last:
        raise FramesError(f"{clip.clip_id}: onset {first} is after offset {last}")
    if first == last:
        raise FramesError(f"{clip.clip_id} is one frame long ({first}); motion needs at least two")
    if last > LARGEST:
        raise FramesError(
            f"{clip.clip_id}: frame number {last} is above {LARGEST}, the largest that a feature set holds; "
            "renumber"
        )


def _wxh(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
