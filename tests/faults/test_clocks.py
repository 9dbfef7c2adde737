"""Nodes whose clocks differ by days: nothing that decides a number or finds a result looks at the time of
day."""

import os
import time

import numpy as np
import pytest

from orchestrator.runners import inline
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import QUICK, table

DAY = 86400.0


@pytest.mark.parametrize("days", [-400, 3])
def test_a_fold_on_a_node_with_another_clock_is_the_same_and_is_found_by_all(tmp_path, monkeypatch, days):
    jobs = Study("stag", "loso", 2, 1, QUICK).jobs(table(), {})[:2]
    here = [inline.run_fold(job, table()) for job in jobs]
    now, now_ns = time.time, time.time_ns
    store = FoldStore(tmp_path / "folds")
    with monkeypatch.context() as there:
        there.setattr(time, "time", lambda: now() + days * DAY)
        there.setattr(time, "time_ns", lambda: now_ns() + int(days * DAY * 1e9))
        for job in jobs:
            store.save(inline.run_fold(job, table()))
            os.utime(store.path(job.job_id), (time.time(), time.time()))
    for job, result in zip(jobs, here, strict=True):
        found = store.load(job.job_id)
        np.testing.assert_array_equal(found.test_probs, result.test_probs)
        assert 0 < found.seconds < DAY  # the other clock went on as it should, and was days away all the time
    monkeypatch.setattr(inline, "run_fold", lambda *_, **__: pytest.fail("it is there"))
    assert [reused for _, reused in inline.InlineRunner(store, table()).run(jobs)] == [True, True]
