"""How far a sweep is: counted from its events, for a progress bar and for whoever looks from elsewhere."""

from __future__ import annotations

import time

from orchestrator.search.events import Event, FoldEnded, SearchBegins, TrialEnded, Waits


class Tally:
    """A listener. done, total: folds, over all trials. best: (pooled validation UF1, trial) of the best
    complete trial. waits: why no fold runs, or ""."""

    def __init__(self) -> None:
        self.folds_a_trial = 0
        self.total, self.done, self.computed = 0, 0, 0
        self.of_trial: dict[int, int] = {}
        self.best: tuple[float, int] | None = None
        self.begin = time.monotonic()
        self.waits = ""

    def __call__(self, event: Event) -> None:
        if isinstance(event, SearchBegins):
            vars(self).update(vars(Tally()))
            self.folds_a_trial, self.total = event.folds, event.trials * event.folds
        elif isinstance(event, Waits):
            self.waits = event.text
        elif isinstance(event, FoldEnded):
            self.waits = ""
            self.of_trial[event.trial] = event.done
            self.done += 1
            self.computed += not event.reused
            # of a trial that was stopped the score is of some folds alone
            score = event.score if event.state == "complete" else None
            if score is not None and (self.best is None or score > self.best[0]):
                self.best = (score, event.trial)
        elif isinstance(event, TrialEnded) and event.outcome.state == "stopped":
            self.total -= self.folds_a_trial - self.of_trial[event.outcome.index]

    @property
    def left(self) -> float:
        """Seconds, as the folds so far have taken; 0 where none was computed."""
        elapsed = time.monotonic() - self.begin
        return elapsed / self.computed * (self.total - self.done) if self.computed else 0.0
