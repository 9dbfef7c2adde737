"""What a sweep takes, before it starts. Who has its clips measures it (estimating.py); of who has none it is
foretold (foretelling.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """What a sweep would take at most: a scheduler and early stopping save folds and epochs. None is what is
    not known without the clips.

    folds, there      of all trials, and how many of these the store has. models: a fold's (a committee's).
    seconds_a_fold, measured  and of what that is known, in words.
    at_once           folds that train side by side.
    fold_hours        wall time of the folds; feature_hours: of the ``new_clips`` that have no features yet.
    disk_gib, disk_free_gib     that will be written, and that is there (None too: of a bucket).
    memory_gib, memory_has_gib  of the host, of all folds at once, and in all.
    """

    model: str
    corpus: str
    clips: int | None
    people: int | None
    trials: int
    folds_a_trial: int | None
    seeds: int
    models: int
    folds: int | None
    seconds_a_fold: float | None
    measured: str
    at_once: int
    fold_hours: float | None
    there: int = 0
    new_clips: int = 0
    feature_hours: float = 0.0
    disk_gib: float | None = None
    disk_free_gib: float | None = None
    memory_gib: float | None = None
    memory_has_gib: float | None = None

    @property
    def line(self) -> str:
        """All of it as one line for a reader."""
        models = f" x {self.models} models" if self.models > 1 else ""
        had = f", {self.there} of them are there" if self.there else ""
        time = "time not known"
        if self.fold_hours is not None and self.seconds_a_fold is not None:
            time = (
                f"at most {span(self.fold_hours)} at {self.at_once} at once, {self.seconds_a_fold:.1f} s a "
                f"fold ({self.measured})"
            )
        made = f"; features of {self.new_clips} clips {span(self.feature_hours)}" if self.new_clips else ""
        free = "" if self.disk_free_gib is None else f" of {self.disk_free_gib:.1f} free"
        disk = "" if self.disk_gib is None else f"; disk {gib(self.disk_gib)}{free} GiB"
        memory = ""
        if self.memory_gib is not None and self.memory_has_gib is not None:
            memory = f", memory {gib(self.memory_gib)} of {self.memory_has_gib:.1f} GiB"
        return (
            f"{self.model} on {self.corpus}, {_or(self.clips)} clips of {_or(self.people)} people: "
            f"{self.trials} trials x {_or(self.folds_a_trial)} folds x {self.seeds} seeds{models} = "
            f"{_or(self.folds)} folds{had}; {time}{made}{disk}{memory}"
        )

    def nested(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def together(estimates: Sequence[Estimate]) -> str:
    """What several sweeps take, in a few words: folds, and hours of this machine."""
    folds = [one.folds for one in estimates]
    spent = [one.fold_hours for one in estimates]
    count = "?" if None in folds else f"{sum(filter(None, folds)):,}"
    if None in spent:
        return f"{count} folds, time not known"
    return f"{count} folds, about {span(sum(filter(None, spent)))}"


def hours(seconds_a_fold: float, folds: int, at_once: int) -> float:
    """Wall time of so many folds."""
    return round(seconds_a_fold * folds / at_once / 3600, 6)


def span(hours: float) -> str:
    """As "390 h", "2.5 h", "12 min" or "40 s"."""
    if hours >= 10:
        return f"{hours:,.0f} h"
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{60 * hours:.0f} min" if hours >= 1 / 30 else f"{3600 * hours:.0f} s"


def gib(amount: float) -> str:
    """Two digits that say something."""
    return f"{amount:.1f}" if amount >= 0.1 else f"{amount:.3f}"


def _or(number: int | None) -> str:
    return "?" if number is None else str(number)
