"""What a running sweep tells those who look from another terminal: progress.json in its folder, written anew
every few seconds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from orchestrator.search.events import Event, Preparing, SearchBegins, TrialEnded, Waits
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
        _write(self.file, "folds", tally.done, tally.total, tally.left, best=tally.best, waits=tally.waits)


class StepBeat:
    """A listener for work that is told as Preparing: a spotsweep's recordings, then its folds."""

    def __init__(self, folder: Path):
        self.file, self.wrote = folder / PROGRESS, 0.0
        self.what, self.first, self.since = "", 0, 0.0

    def __call__(self, event: Event) -> None:
        """Raises OSError where the file cannot be written."""
        if not isinstance(event, Preparing):
            return
        now = time.monotonic()
        if event.what != self.what:
            self.what, self.first, self.since = event.what, event.done, now
        elif now - self.wrote < EVERY and event.done < event.total:
            return
        self.wrote, made = now, event.done - self.first
        left = (now - self.since) / made * (event.total - event.done) if made else 0.0
        _write(self.file, event.what, event.done, event.total, left)


def _write(file: Path, what: str, done: int, of: int, left: float, **more: Any) -> None:
    held = {"time": time.time(), "what": what, "done": done, "of": of, "left_s": round(left, 1)} | more
    write_atomically(file, lambda path: path.write_text(sealed.as_json(held)), flush=False)


def read(folder: Path) -> dict[str, Any]:
    """What the last one wrote; {} where there is none that reads."""
    try:
        held = sealed.read_json(folder / PROGRESS, "")
    except (FileNotFoundError, sealed.Damaged):
        return {}
    return held if {"time", "done", "of", "left_s"} <= held.keys() else {}
