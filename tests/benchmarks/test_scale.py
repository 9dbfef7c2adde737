"""The benchmark of tens of thousands of folds, with few: a second run finds what the first has kept."""

import pytest

from benchmarks import scale
from orchestrator.runners import inline
from orchestrator.workspace.store import FoldStore


@pytest.mark.long
def test_a_second_run_computes_nothing_and_reports_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(inline, "run_fold", inline.run_fold)  # put back afterwards
    first = scale.sweep(tmp_path, 6, 2, 3, 4)
    report = (tmp_path / "sweeps" / "scale" / "predictions.csv").read_bytes()
    assert first["invented_s"] > 0 and len(list(FoldStore(tmp_path / "folds").held())) == 12
    again = scale.sweep(tmp_path, 6, 2, 3, 4)
    assert again["invented_s"] == 0
    assert (tmp_path / "sweeps" / "scale" / "predictions.csv").read_bytes() == report
    assert len(list((tmp_path / "folds" / "packs").iterdir())) == 2 and scale.opened(tmp_path)[::2] < (2, 13)
