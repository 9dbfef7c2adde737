"""What happens in a sweep, as it happens. Whoever wants to know (progress bar, MLflow, a notebook) is a
function that takes one event; all get the same ones, in the sweep's own process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.selection.records import Sums, TrialRecord
from orchestrator.study.record import FoldRecord


@dataclass(frozen=True)
class Note:
    """A sentence for the user. level: "note", "warning" (something to know of the numbers) or "error"."""

    text: str
    level: Literal["note", "warning", "error"] = "note"


@dataclass(frozen=True)
class Preparing:
    """How far the work before the folds is: what is "rendering" or "extracting", note says speed and time
    left."""

    what: str
    done: int
    total: int
    note: str


@dataclass(frozen=True)
class Waits:
    """No fold runs, and why, in a sentence; "" when one runs again."""

    text: str


@dataclass(frozen=True)
class SearchBegins:
    """So many trials, each with so many folds over all seeds."""

    trials: int
    folds: int


@dataclass(frozen=True)
class FoldEnded:
    """A fold of a trial has a result.

    result    its arrays are in the store, and read from there when asked for.
    done, of  folds of the trial that have one, and all of them.
    score     pooled validation UF1 of those, 0 where nobody validates; None while the trial runs: an early
              fold can be lucky.
    reused    it was in the store before.
    state     of the trial: "running", "complete", or "stopped" by the scheduler.
    """

    trial: int
    result: FoldRecord
    reused: bool
    done: int
    of: int
    score: float | None
    state: Literal["running", "complete", "stopped"]


@dataclass(frozen=True)
class Outcome:
    """One trial's end.

    results  one per fold and seed; of a trial that was stopped, failed or interrupted, those that had ended.
    state    "complete"; "stopped" by the scheduler; "failed", and ``error`` says why; "interrupted": a
             resumed sweep goes on with it.
    score    pooled validation UF1 of the results, where it is known already.
    sums     as in TrialRecord.
    """

    index: int
    drawn: Mapping[str, Any]
    config: Mapping[str, Any]
    results: tuple[FoldRecord, ...] = ()
    error: str = ""
    state: str = "complete"
    score: float | None = None
    sums: Sums = field(default_factory=Sums, compare=False)

    @property
    def candidate(self) -> bool:
        """Folds may choose among its results: also those of a trial that failed in other folds; not those of
        one that was stopped."""
        return bool(self.results) and self.state != "stopped"

    @property
    def trial(self) -> TrialRecord:
        """As the selection rules take it."""
        return TrialRecord(self.index, dict(self.config), self.results, self.sums)


@dataclass(frozen=True)
class TrialEnded:
    """No fold of a trial runs any more: it is complete, was stopped, or failed; ``outcome`` says which."""

    outcome: Outcome


@dataclass(frozen=True)
class Ends:
    """The sweep cannot go on, and its main thread is held in a call that does not come back: told in another
    one, after a Note that says why. A command ends its process here, with the status of what is unfinished;
    in a notebook Ray does so a moment later."""


Event = Note | Preparing | Waits | SearchBegins | FoldEnded | TrialEnded | Ends
Listener = Callable[[Event], object]
