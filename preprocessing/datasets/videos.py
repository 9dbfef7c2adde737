"""A video in the place of a clip's folder: the corpora are passed on as frames and as AVI, MP4 or MOV files
of the same names."""

from __future__ import annotations

import os
from dataclasses import replace

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
