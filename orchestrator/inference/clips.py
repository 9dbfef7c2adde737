"""What a user names on the command line -> clips without labels: a video, a folder of frames, a folder of
either, or a pattern."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from preprocessing import raw_frames
from preprocessing.decode import VIDEOS, FramesError
from preprocessing.errors import BadInput
from preprocessing.frames import list_frames
from preprocessing.schema import Clip


class ClipsError(BadInput):
    """What was named is not there, or is no clip. Names it and what would be one."""


def found(
    words: Sequence[str],
    *,
    onset: int | None = None,
    apex: int | None = None,
    offset: int | None = None,
    fps: float | None = None,
) -> list[Clip]:
    """Clips in the order of the words, those of one word by name; each once.

    onset, apex, offset  frame numbers, inclusive, as in the files' names, from 0 in a video; of one clip
    only. fps                  of folders of frames; a video says its own.
    Raises ClipsError.
    """
    paths = list(dict.fromkeys(path for word in words for path in _paths(word)))
    labels = {"onset": onset, "apex": apex, "offset": offset}
    known = [(name, number) for name, number in labels.items() if number is not None]
    if known and len(paths) != 1:
        raise ClipsError(f"--{known[0][0]} is of one clip, and {len(paths)} are named; give one")
    if negative := [(name, number) for name, number in known if number < 0]:
        name, number = negative[0]
        raise ClipsError(f"--{name} {number}: frames are numbered from 0 on, in a folder by their names")
    for (first, one), (second, other) in itertools.pairwise(known):
        if one > other:
            raise ClipsError(f"--{first} {one} is after --{second} {other}; a clip goes from onset to offset")
    if fps is not None and not 1 <= fps <= 10_000:
        raise ClipsError(f"--fps {fps}: frames per second are between 1 and 10000")
    return [
        Clip(
            "video",
            "video/somebody",
            path.name,
            path,
            "",
            onset=onset,
            apex=apex,
            offset=offset,
            fps=fps,
            apex_source="none" if apex is None else "annotated",
        )
        for path in paths
    ]


def keep_raw(stream: BinaryIO, folder: Path, size: str, pixels: str) -> None:
    """Raw frames as a clip: a folder of pictures. size: "640x480". Raises RawFramesError, OSError."""
    raw_frames.kept(stream, folder, raw_frames.size_of(size), pixels)


def _paths(word: str) -> list[Path]:
    if not word.strip():  # an unset variable of a shell; as a path it would be the current folder
        raise ClipsError(
            "a clip is named by nothing; name a video, a folder of frames, or a pattern of these"
        )
    path = Path(word)
    if path.is_dir():
        return _of_folder(path)
    if path.exists():
        return [path]
    if not (matched := sorted(glob.glob(word, recursive=True))):
        raise ClipsError(
            f"{word} is not there; name a video (.mp4, .mov, .avi, .webm and others), a folder of frames, or "
            "a pattern of these"
        )
    return [one for name in map(Path, matched) for one in (_of_folder(name) if name.is_dir() else [name])]


def _of_folder(folder: Path) -> list[Path]:
    if _is_clip(folder):
        return [folder]
    inside = sorted(folder.iterdir())
    clips = [one for one in inside if (one.is_dir() and _is_clip(one)) or one.suffix.lower() in VIDEOS]
    if not clips:
        raise ClipsError(
            f"{folder} holds no frame (a picture with a number in its name), no video and no folder of frames"
        )
    return clips


def _is_clip(folder: Path) -> bool:
    """Whether it holds frames. So does one whose frames cannot be told or used: its own row says why."""
    try:
        return bool(list_frames(folder))
    except FramesError:
        return True
