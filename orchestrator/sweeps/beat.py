"""What a running sweep tells those who look from another terminal: progress.json in its folder, written anew
every few seconds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from orchestrator.search.events import Event, SearchBegins, TrialEnded, Waits
from orchestrator.search.tally import Tally
from orchestrator.workspace import sealed
from preprocessing.places import write_atomically

PROGRESS = "progress.json"
EVERY = 2.0  # seconds


class Beat:
    """A listener. Nothing depends on the file, so it is not flushed to disk."""

    def __init__(self, folder: Path):
        self.file, self.tally, self.wrote = folder / PROGRESS, Tally(), 0.0
        sealed.room(self.file)

    def __call__(self, event: Event) -> None:
        """Raises OSError where the file cannot be written."""
        self.tally(event)
        now = time.monotonic()
        if now - self.wrote < EVERY and not isinstance(event, SearchBegins | TrialEnded | Waits):
            return
        self.wrote, tally = now, self.tally
        held = {
            "time": time.time(),
            "done": tally.done,
            "of": tally.total,
            "left_s": round(tally.left, 1),
            "best": tally.best,
            "waits": tally.waits,
        }
        write_atomically(self.file, lambda path: path.write_text(sealed.as_json(held)), flush=False)


def read(folder: Path) -> dict[str, Any]:
    """What the last one wrote; {} where there is none that reads."""
    try:
        held = sealed.read_json(folder / PROGRESS, "")
    except (FileNotFoundError, sealed.Damaged):
        return {}
    return held if {"time", "done", "of", "left_s"} <= held.keys() else {}
