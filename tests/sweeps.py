"""Small sweeps for tests: a quick study, who watches it, and the run that nothing disturbs."""

from dataclasses import dataclass, field

import numpy as np

from orchestrator.search import inline, tune
from orchestrator.search.events import FoldEnded, TrialEnded
from orchestrator.search.samplers import Search
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import QUICK, table

STUDY = Study("stag", "loso", 2, 1, QUICK)


@dataclass
class Watcher:
    """A listener that remembers. A subclass may do something at each fold."""

    folds: list = field(default_factory=list)
    trials: list = field(default_factory=list)

    def __call__(self, event):
        if isinstance(event, FoldEnded):
            self.folds.append(event)
            self.fold(event)
        elif isinstance(event, TrialEnded):
            self.trials.append(event.outcome)

    def fold(self, event):
        pass


def plan(folder, n=2, scheduler="none"):
    """Of a sweep in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Search(n, 0, "random", folder, scheduler)


def run_inline(study, folder, n=2):
    """(outcomes, watcher) without Ray."""
    watcher = Watcher()
    store = FoldStore(folder / "folds")
    return inline.search(study, table(), store, plan(folder / "sweep", n), watcher), watcher


def run_ray(study, folder, watcher, n=3, scheduler="none", store=None):
    """Outcomes on the Ray that is running."""
    held = store or FoldStore(folder / "folds")
    return tune.with_ray(study, table(), held, plan(folder / "sweep", n, scheduler), watcher)


def same_numbers(outcomes, others):
    for one, other in zip(outcomes, others, strict=True):
        theirs = {r.job_id: r.test_probs for r in other.results}
        for result in one.results:
            np.testing.assert_array_equal(result.test_probs, theirs[result.job_id])
