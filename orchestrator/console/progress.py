"""What a sweep shows while it runs: folds done of total, best score so far, time left. A bar on a terminal,
lines in a log."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestrator.search.search import Outcome


class SweepProgress:
    """The Watcher of a sweep, and the progress of the extraction before it. Use as a context manager."""

    def __init__(self, console: Console, every: float = 5.0):
        self.console, self.every = console, every
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.folds_a_trial = 0
        self.total, self.done, self.run, self.reused, self.fold_seconds = 0, 0, 0, 0, 0.0
        self.of_trial: dict[int, int] = {}
        self.best: tuple[float, int] | None = None
        self.begin = self.said = 0.0
        self.task = self.bar.add_task("", total=None, note="", visible=False)
        self.on_trial: list[Any] = []

    def __enter__(self) -> SweepProgress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def clips(self, what: str, done: int, total: int, note: str) -> None:
        """Progress of what comes before the folds: ``what`` is "rendering" or "extracting"."""
        self._show(what, done, total, note)

    def folds(self, trials: int, folds: int) -> None:
        """The folds begin: so many trials, each with so many folds over all seeds."""
        self.folds_a_trial, total = folds, trials * folds
        self.total, self.begin, self.said = total, time.monotonic(), 0.0

    def fold(self, trial: int, done: int, total: int, score: float, seconds: float, reused: bool) -> None:
        if done <= self.of_trial.get(trial, 0):
            return  # a trial whose process died tells again what it has told
        self.of_trial[trial] = done
        self.done += 1
        if reused:
            self.reused += 1
        else:
            self.run += 1
            self.fold_seconds += seconds
        # A score counts as a trial's only when all its folds are in: an early fold can be lucky.
        if done == total and (self.best is None or score > self.best[0]):
            self.best = (score, trial)
        elapsed = time.monotonic() - self.begin
        left = elapsed / max(1, self.run) * (self.total - self.done) if self.run else 0.0
        best = (
            "no trial complete yet"
            if self.best is None
            else f"best validation UF1 {self.best[0]:.3f} (trial {self.best[1]})"
        )
        self._show("folds", self.done, self.total, f"{best}, about {_clock(left)} left")

    def trial(self, outcome: Outcome) -> None:
        if outcome.state == "stopped":
            self.total -= self.folds_a_trial - self.of_trial[outcome.index]
        if outcome.error:
            self.console.print(
                f"[red]trial {outcome.index} failed[/red]: {escape(outcome.error.strip().splitlines()[-1])}",
                highlight=False,
            )
        for listener in self.on_trial:
            listener(outcome)

    def _show(self, what: str, done: int, total: int, note: str) -> None:
        if self.console.is_terminal:
            self.bar.update(self.task, description=what, completed=done, total=total, note=note, visible=True)
        elif done >= total or time.monotonic() - self.said >= self.every:
            self.said = time.monotonic()
            self.console.print(f"{what} {done}/{total}  {note}", highlight=False, soft_wrap=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
