"""A video in the place of a clip's folder: the corpora are passed on as frames and as AVI, MP4 or MOV files
of the same names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from preprocessing.decode import VIDEOS
from preprocessing.schema import Clip


def or_video(clip: Clip) -> Clip:
    """The clip, or where its folder is not there but one video of the same name is, the clip of that video,
    with a line that says so."""
    parent = clip.frames.parent
    if clip.problem or os.path.exists(clip.frames) or not os.path.isdir(parent):
        return clip
    beside: list[Path] = []
    with contextlib.suppress(PermissionError):  # whoever reads the clip tells why
        beside = sorted(parent.iterdir())
    found = [path for path in beside if path.stem == clip.frames.name and path.suffix.lower() in VIDEOS]
    if len(found) > 1:
        return replace(
            clip, problem=f"several videos for one clip: {', '.join(path.name for path in found)}; keep one"
        )
    if not found:
        return clip
    return replace(
        clip,
        frames=found[0],
        trimmed=True,
        repairs=(*clip.repairs, f"no folder {clip.frames.name}: read from {found[0].name}"),
    )


def from_zero(clips: Iterable[Clip]) -> list[Clip]:
    """The clips with the frames of their videos counted from 0.

    A video of N frames whose offset is N was counted from 1. So were then all videos of these labels, unless
    one of their numbers is 0: nobody counts in two ways, and what contradicts itself is a problem that says
    so. A video that stands for a sheet's folder is not looked at (Clip.trimmed), nor one of which the labels
    say it (Clip.counted). Where nothing tells, ``unsure`` asks.
    """
    held = list(clips)
    videos = [i for i, one in enumerate(held) if _open_to_doubt(one) and one.offset]
    counts = {path: _count(path) for path in {held[i].frames for i in videos}}
    ends = [i for i in videos if held[i].offset == counts[held[i].frames]]
    if not ends:
        return held
    zero = [held[i].clip_id for i in videos if 0 in (held[i].onset, held[i].apex)]
    for i in ends if zero else videos:
        one = held[i]
        if zero:
            why = (
                f"offset {one.offset} is behind the last frame of {one.frames.name}, whose {one.offset} "
                f"frames are counted from 0; counted from 1 they "
                f"cannot be, as {zero[0]} has a frame 0: correct one"
            )
            held[i] = replace(one, problem=why)
            continue
        onset, apex, offset = (None if n is None else n - 1 for n in (one.onset, one.apex, one.offset))
        line = f"frame numbers less 1: they are counted from 1, as those of {held[ends[0]].clip_id} show"
        held[i] = replace(one, onset=onset, apex=apex, offset=offset, repairs=(*one.repairs, line))
    return held


def unsure(clips: Iterable[Clip]) -> str:
    """A question, where nothing tells whether the numbers of the videos' frames begin at 0 or at 1: no number
    is 0, and no offset is a video's last frame; else ""."""
    asked = [one for one in clips if _open_to_doubt(one) and one.offset is not None]
    if not asked or any(0 in (one.onset, one.apex) for one in asked):
        return ""
    counts = {path: _count(path) for path in {one.frames for one in asked}}
    if any(one.offset == counts[one.frames] - 1 for one in asked):
        return ""
    return (
        f"frame numbers of {len(asked)} clip(s) of videos, as {asked[0].clip_id}, may begin at 0, as they "
        "are read, or at 1, and nothing tells: say it in a column 'first' of the manifest (0 or 1)"
    )


def _open_to_doubt(clip: Clip) -> bool:
    return not (clip.problem or clip.trimmed or clip.counted) and clip.frames.suffix.lower() in VIDEOS


def _count(path: Path) -> int:
    """Frames of a video, as its container states them where that is sure, else counted; 0 where it cannot be
    read, which reading it will tell."""
    from preprocessing.decode import FramesError, frames_stated, open_video
    from preprocessing.files import danger_of

    if not os.path.isfile(path) or danger_of(path):
        return 0
    try:
        with open_video(path) as video:
            if stated := frames_stated(path, video):
                return stated
            count = 0
            while video.grab():
                count += 1
            return count
    except FramesError:
        return 0
