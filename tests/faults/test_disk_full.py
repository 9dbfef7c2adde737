"""The store's disk fills up in the middle of a sweep: what was finished stays, the error says what it is, the rest is computed later."""

import errno
import os

import pytest
import ray

from orchestrator import search, trials
from orchestrator.runners import ray as ray_runner
from orchestrator.search import Search
from orchestrator.store import FoldStore
from orchestrator.study import Study
from tests.faults.test_trials import same_numbers
from tests.orchestrator.tables import QUICK, table
from tests.orchestrator.test_search import Watcher

STUDY = Study("stag", "loso", 2, 1, QUICK)


class SmallDisk(FoldStore):
    """Room for five results, until somebody makes more."""

    def save(self, result):
        if len(list(self.root.glob("*/*.npz"))) >= 5 and not (self.root / "room").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path(result.job_id)))
        super().save(result)


@pytest.fixture
def cluster():
    ray_runner.start(None, cpus=2)
    yield
    ray.shutdown()


def test_a_full_disk_costs_no_finished_fold(cluster, tmp_path):
    def run(watcher):
        (tmp_path / "sweep").mkdir(exist_ok=True)
        plan = Search(3, 0, "random", tmp_path / "sweep")
        return trials.with_ray(STUDY, table(), SmallDisk(tmp_path / "folds"), plan, watcher, say=lambda text: None)

    first = run(Watcher())
    failed = [outcome for outcome in first if outcome.state == "failed"]
    assert failed and all("No space left on device" in outcome.error for outcome in failed)
    assert sum(len(outcome.results) for outcome in first) == 5
    (tmp_path / "folds" / "room").touch()
    watcher = Watcher()
    second = run(watcher)
    assert [outcome.state for outcome in second] == ["complete"] * 3
    assert sum(reused for *_, reused in watcher.folds) == 5
    (tmp_path / "other").mkdir()
    plan = Search(3, 0, "random", tmp_path / "other")
    same_numbers(second, search.inline(STUDY, table(), FoldStore(tmp_path / "b"), plan, Watcher()))
