"""A runner that trains nothing gives what the store has, and names what it has not."""

import pytest

from orchestrator.runners.inline import InlineRunner
from orchestrator.runners.stored import StoredRunner
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import table
from tests.sweeps import STUDY


def test_results_come_from_the_store_and_one_that_is_gone_is_named(tmp_path):
    clips, store = table(), FoldStore(tmp_path / "folds")
    one, other, *_ = STUDY.jobs(clips, {})
    ((trained, _),) = InlineRunner(store, clips).run([one])
    folds = StoredRunner(store).run([one, other])
    held, reused = next(folds)
    assert reused and held.job_id == trained.job_id and (held.test_probs == trained.test_probs).all()
    assert held.test is one.test and held.validation is one.validation  # of 600 people, else a copy a fold
    with pytest.raises(FileNotFoundError, match=rf"fold '{other.fold}'.*the same command trains it anew"):
        next(folds)
