"""Small sweeps for tests: a quick study, who watches it, and the run that nothing disturbs."""

from dataclasses import dataclass, field

import numpy as np
from orchestrator.search.search import Search

from orchestrator.search import search
from orchestrator.search import tune as trials
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import QUICK, table

STUDY = Study("stag", "loso", 2, 1, QUICK)


@dataclass
class Watcher:
    folds: list = field(default_factory=list)
    trials: list = field(default_factory=list)

    def fold(self, trial, done, total, score, seconds, reused):
        self.folds.append((trial, done, total, score, reused))

    def trial(self, outcome):
        self.trials.append(outcome)


def plan(folder, n=2, scheduler="none"):
    """Of a sweep in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Search(n, 0, "random", folder, scheduler)


def run_inline(study, folder, n=2):
    """(outcomes, watcher) without Ray."""
    watcher = Watcher()
    return search.inline(
        study, table(), FoldStore(folder / "folds"), plan(folder / "sweep", n), watcher
    ), watcher


def run_ray(study, folder, watcher, n=3, scheduler="none", store=None):
    """Outcomes on the Ray that is running."""
    held = store or FoldStore(folder / "folds")
    return trials.with_ray(
        study, table(), held, plan(folder / "sweep", n, scheduler), watcher, say=lambda text: None
    )


def same_numbers(outcomes, others):
    for one, other in zip(outcomes, others, strict=True):
        theirs = {r.job_id: r.test_probs for r in other.results}
        for result in one.results:
            np.testing.assert_array_equal(result.test_probs, theirs[result.job_id])
