"""What a sweep shows while it runs: folds done of total, best score so far, time left. A bar on a terminal,
lines in a log."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from orchestrator.search.events import Event, FoldEnded, Note, Preparing, SearchBegins, TrialEnded

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
        self.folds_a_trial = 0
        self.total, self.done, self.computed = 0, 0, 0
        self.of_trial: dict[int, int] = {}
        self.best: tuple[float, int] | None = None
        self.begin = self.said = 0.0
        self.task = self.bar.add_task("", total=None, note="", visible=False)

    def __enter__(self) -> SweepProgress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Note):
            self._say(Text(event.text, style=COLOURS[event.level]))
        elif isinstance(event, Preparing):
            self._show(event.what, event.done, event.total, event.note)
        elif isinstance(event, SearchBegins):
            self.folds_a_trial, self.total = event.folds, event.trials * event.folds
            self.done, self.computed, self.of_trial, self.best = 0, 0, {}, None
            self.begin, self.said = time.monotonic(), 0.0
        elif isinstance(event, FoldEnded):
            self._fold(event)
        else:
            self._trial(event)

    def _fold(self, event: FoldEnded) -> None:
        self.of_trial[event.trial] = event.done
        self.done += 1
        self.computed += not event.reused
        # A score counts as a trial's only when all its folds are in: an early fold can be lucky.
        if event.done == event.of and (self.best is None or event.score > self.best[0]):
            self.best = (event.score, event.trial)
        elapsed = time.monotonic() - self.begin
        left = elapsed / self.computed * (self.total - self.done) if self.computed else 0.0
        best = "no trial complete yet"
        if self.best is not None:
            best = f"best validation UF1 {self.best[0]:.3f} (trial {self.best[1]})"
        self._show("folds", self.done, self.total, f"{best}, about {_clock(left)} left")

    def _trial(self, event: TrialEnded) -> None:
        outcome = event.outcome
        if outcome.state == "stopped":
            self.total -= self.folds_a_trial - self.of_trial[outcome.index]
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


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
