"""What lies in a folder of frames and is none: files of systems, copies, pictures of other kinds, the real
folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from preprocessing.decode import IMAGES, VIDEOS

# hidden, half written, and the small copies that Synology makes
FILES_OF_SYSTEMS = (".", "~", "SYNOFILE_THUMB", "SYNOPHOTO_")
OTHER_IMAGES = (".webp", ".gif", ".heic", ".heif", ".avif", ".pgm", ".ppm", ".tga", ".jp2", ".jfif", ".dng")
SHOWN = 3  # folders named in a message
_COPY = re.compile(r"\(\d+\)$|\b(copy|kopie|copie|copia)\b|conflict", re.IGNORECASE)


def copied(stems: Sequence[str]) -> str:
    """The first name that says it is a copy; "" where all names do, as Windows numbers: img (1), img (2)."""
    found = [stem for stem in stems if _COPY.search(stem)]
    return found[0] if 0 < len(found) < len(stems) else ""


def instead(folder: Path) -> str:
    """What a folder without a frame holds, and the next step; "" where that is nothing to go by."""
    names = sorted(os.listdir(folder))
    inner = [name for name in names if (folder / name).is_dir() and _any_image(folder / name)]
    if len(inner) == 1:
        return f"; its folder {inner[0]} does: write that one"
    if inner:
        return f"; several folders in it do, {', '.join(inner[:SHOWN])}: write the one that is meant"
    for name in names:
        suffix = os.path.splitext(name)[1].lower()
        if suffix in VIDEOS:
            return f"; {name} in it is a video: write that file"
        if suffix in OTHER_IMAGES:
            return (
                f"; {name} is a picture of another kind: magick mogrify -format png '*{suffix}' converts all"
            )
    return ""


def _any_image(folder: Path) -> bool:
    return any(os.path.splitext(name)[1].lower() in IMAGES for name in os.listdir(folder))
