"""What a sweep shows while it runs: folds done of total, best score so far, time left. A bar on a terminal,
lines in a log."""

from __future__ import annotations

import os
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from orchestrator.console.handler import SOME
from orchestrator.search.events import (
    Ends,
    Event,
    FoldEnded,
    Note,
    Preparing,
    SearchBegins,
    TrialEnded,
    Waits,
)
from orchestrator.search.tally import Tally

COLOURS = {"note": "", "warning": "yellow", "error": "red"}


class SweepProgress:
    """Shows the events of a sweep on a console. Use as a context manager; it is then a listener of
    sweeps.run."""

    def __init__(self, console: Console, every: float = 5.0):
        """every: seconds between two lines in a log."""
        self.console, self.every = console, every
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.tally, self.said = Tally(), 0.0
        self.task = self.bar.add_task("", total=None, note="", visible=False)

    def __enter__(self) -> SweepProgress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, event: Event) -> None:
        self.tally(event)
        if isinstance(event, Note):
            self._say(Text(event.text, style=COLOURS[event.level]))
        elif isinstance(event, Preparing):
            self._show(event.what, event.done, event.total, event.note)
        elif isinstance(event, Waits):
            self._say(Text(event.text or "folds run again", style="yellow"))
        elif isinstance(event, SearchBegins):
            self.said = 0.0
        elif isinstance(event, FoldEnded):
            self._fold()
        elif isinstance(event, Ends):
            self.bar.stop()  # which gives a terminal its cursor back
            self.console.file.flush()
            os._exit(SOME)
        else:
            self._trial(event)

    def _fold(self) -> None:
        tally, best = self.tally, "no trial complete yet"
        if tally.best is not None:
            best = f"trial {tally.best[1]} leads: validation UF1 {tally.best[0]:.3f}, which is no result"
        self._show("folds", tally.done, tally.total, f"{best}, about {clock(tally.left)} left")

    def _trial(self, event: TrialEnded) -> None:
        outcome = event.outcome
        if outcome.error:
            last = outcome.error.strip().splitlines()[-1]
            self._say(Text.assemble((f"trial {outcome.index} failed", "red"), f": {last}"))

    def _show(self, what: str, done: int, total: int, note: str) -> None:
        if self.console.is_terminal:
            self.bar.update(self.task, description=what, completed=done, total=total, note=note, visible=True)
        elif done >= total or time.monotonic() - self.said >= self.every:
            self.said = time.monotonic()
            self._say(Text(f"{what} {done}/{total}  {note}"))

    def _say(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)


def clock(seconds: float) -> str:
    """As 1:02 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
