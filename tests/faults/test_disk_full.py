"""The store's disk fills up in the middle of a sweep: what was finished stays, the error says what it is, the
rest is computed later."""

import errno
import os

from orchestrator.workspace.store import FoldStore
from tests.sweeps import STUDY, Watcher, run_inline, run_ray, same_numbers


class SmallDisk(FoldStore):
    """Room for five results, until somebody makes more."""

    def save(self, result, job=None, weights=b""):
        if len(list(self.held())) >= 5 and not (self.root / "room").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path(result.job_id)))
        super().save(result, job, weights)


def test_a_full_disk_costs_no_finished_fold(local_ray, tmp_path):
    def run(watcher):
        return run_ray(STUDY, tmp_path, watcher, store=SmallDisk(tmp_path / "folds"))

    first = run(Watcher())
    failed = [outcome for outcome in first if outcome.state == "failed"]
    assert failed and all("No space left on device" in outcome.error for outcome in failed)
    kept = sum(len(outcome.results) for outcome in first)
    assert kept in (5, 6)  # of two trials' processes that find four, each may write one more
    (tmp_path / "folds" / "room").touch()
    watcher = Watcher()
    second = run(watcher)
    assert [outcome.state for outcome in second] == ["complete"] * 3
    assert sum(event.reused for event in watcher.folds) == kept
    same_numbers(second, run_inline(STUDY, tmp_path / "other", n=3)[0])
