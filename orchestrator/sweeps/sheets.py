"""Sheets of single clips of a sweep (preprocessing/show.py), small enough for a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from orchestrator.common.errors import ConfigError
from orchestrator.sweeps import kept
from orchestrator.workspace.sealed import Damaged
from preprocessing import show
from preprocessing.inputs import Settings
from preprocessing.plugins import PluginError, read
from preprocessing.schema import CorpusError

WIDTH, QUALITY = 1200, 70  # pixels, and of JPEG: some 100 kB a sheet


def sheets(folder: Path, clips: Sequence[str], workspace: Path) -> tuple[dict[str, bytes], str]:
    """(clip id -> JPEG, what to say of those that could not be drawn). Raises OSError.

    clips: "corpus/person/name". Each takes seconds: the clip is decoded and its landmarks are found again.
    """
    made: dict[str, bytes] = {}
    lost: dict[str, str] = {}
    try:
        experiment, _ = kept.held(folder)
        plugins = [read(where) for where in experiment.plugins]
    except (ConfigError, Damaged, PluginError) as error:
        return {}, f"No sheets: {error}"
    roots = {one.name: Path(one.root) if one.root else None for one in experiment.corpora}
    for clip in clips:
        root = roots.get(clip.partition("/")[0])
        try:
            path = show.sheet(clip, root, workspace, Settings(**experiment.extraction.asked), plugins=plugins)
        except (CorpusError, FileNotFoundError) as error:
            lost[clip] = str(error)
            continue
        with Image.open(path) as picture:
            small = picture.convert("RGB")
            small.thumbnail((WIDTH, WIDTH))
            data = io.BytesIO()
            small.save(data, "JPEG", quality=QUALITY)
        made[clip] = data.getvalue()
    return made, " ".join(f"No sheet of {clip}: {why}." for clip, why in lost.items())
