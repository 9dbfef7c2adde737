"""A video in the place of a clip's folder: the corpora are passed on as frames and as AVI, MP4 or MOV files
of the same names."""

from __future__ import annotations

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
    found = [
        path
        for path in sorted(parent.iterdir())
        if path.stem == clip.frames.name and path.suffix.lower() in VIDEOS
    ]
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
    so. A video that stands for a sheet's folder is not looked at (Clip.trimmed).
    """
    held = list(clips)
    videos = [
        i
        for i, one in enumerate(held)
        if not one.problem and not one.trimmed and one.offset and one.frames.suffix.lower() in VIDEOS
    ]
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


def _count(path: Path) -> int:
    """Frames that a video's header states; 0 where it cannot be read, which reading it will tell."""
    from preprocessing.decode import FramesError, open_video
    from preprocessing.files import danger_of

    if not path.is_file() or danger_of(path):
        return 0
    import cv2

    try:
        with open_video(path) as video:
            return int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    except FramesError:
        return 0
