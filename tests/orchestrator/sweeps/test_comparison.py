"""Comparisons: which sweeps a table is made of, that one is only ever gone on with as the same, and what
stands beside what."""

import json

import pandas as pd
import pytest

from orchestrator.common.errors import ConfigError, NoResult
from orchestrator.results import comparison as tables
from orchestrator.study.table import OWN_ANNOTATION
from orchestrator.sweeps import comparison, kept
from orchestrator.sweeps.comparison import Comparison, Row, rows
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from search_spaces import SPACES


def test_rows_are_models_or_the_ablations_of_one():
    assert [(row.name, row.model, dict(row.settings)) for row in rows(["stag", "meganet"], False)] == [
        ("stag", "stag", {}),
        ("meganet", "meganet", {}),
    ]
    found = rows(["stag"], True)
    assert [row.name for row in found] == list(SPACES["stag"].ABLATIONS)
    assert {row.model for row in found} == {"stag"}
    for models, ablations, words in (
        (["stagg"], False, "did you mean 'stag'"),
        (["stag", "meganet"], True, "takes one model, got 2"),
        (["resnet18"], True, "no ablation table; those that have one: .*stag"),
    ):
        with pytest.raises(ConfigError, match=words):
            rows(models, ablations)


def test_a_rows_own_settings_win_over_what_all_rows_share():
    row = Row("18 ROIs", "stag", {"features": "roi_flow18", "au": "none", "model.graph_layers": 0})
    common = Experiment(
        "meganet", features="mesti", seeds=3, settings={"recipe.epochs": 2, "recipe.lr": 1e-3}
    )
    own = row.of(common.but(settings={"recipe.epochs": 2, "model.graph_layers": 2}, model="stag"))
    assert (own.models, own.features, own.au, own.seeds) == (("stag",), "roi_flow18", "none", 3)
    assert own.settings == {"recipe.epochs": 2, "model.graph_layers": 0}


def summary(uf1, oracle, **more):
    score = {"uf1": uf1, "uar": uf1, "sd": {"uf1": None}}
    return {
        "model": "stag",
        "feature_set": "roi_flow14-12ab",
        "au": "none",
        "protocol": "loso",
        "clips": 9,
        "seeds": 1,
        "rule": "nested",
        "selection": {"nested": score, **({"oracle_epoch": {**score, "uf1": oracle}} if oracle else {})},
        "timing": {"fold_s": 3.0},
        **more,
    }


def test_the_oracle_stands_beside_the_honest_score_with_the_gap():
    line = tables.line("full", summary(0.5, 0.75))
    assert (line["uf1"], line["oracle_epoch_uf1"], line["gap"]) == (0.5, 0.75, 0.25)
    assert line["features"] == "roi_flow14" and tables.line("full", summary(0.5, None))["gap"] is None
    assert "chosen on test people" in tables.table([line]).caption


def test_a_row_that_was_given_the_tested_clips_annotation_is_called_that_in_csv_and_caption():
    lines = [tables.line("full", summary(0.5, 0.75)), tables.line("aus", summary(0.5, 0.75, au="annotated"))]
    assert [line["au_remark"] for line in lines] == ["", OWN_ANNOTATION]
    assert f"annotated ({OWN_ANNOTATION})" in tables.table(lines).caption
    assert OWN_ANNOTATION not in tables.table(lines[:1]).caption


def test_rows_are_swept_once_and_other_options_under_the_same_name_are_refused(tmp_path, monkeypatch):
    begun, resumed = [], []

    def run(experiment, execution, tell):
        begun.append((execution.name, experiment.trials))
        folder = tmp_path / "sweeps" / execution.name
        folder.mkdir(parents=True)
        kept.keep(folder, experiment, execution)
        if experiment.models == ("meganet",):
            raise NoResult("every trial failed")  # begun, and broken off
        (folder / "summary.json").write_text(json.dumps(summary(0.5, 0.75)))
        (folder / "predictions.csv").write_text("rule\n")

    monkeypatch.setattr(comparison, "run", run)
    monkeypatch.setattr(comparison, "resume", lambda name, *rest: resumed.append(name))
    made = Comparison("c", Execution(workspace=tmp_path))

    def go(models, **changes):
        common = Experiment(models[0], **{"trials": 1, **changes})
        return [
            (row, [line["row"] for line in lines])
            for row, lines in made.run(rows(models, False), common, lambda event: None)
        ]

    assert go(["stag", "meganet"]) == [("stag", ["stag"]), ("meganet", ["stag"])]
    assert begun == [("c-stag", 1), ("c-meganet", 1)] and not resumed
    assert pd.read_csv(tmp_path / "comparisons" / "c" / "comparison.csv")["row"].tolist() == ["stag"]
    go(["stag", "meganet"])
    assert len(begun) == 2 and resumed == ["c-meganet"]  # the finished row is read
    with pytest.raises(ConfigError, match=r"row 'stag' .* trials: was 1, now 2; choose another --name"):
        go(["stag"], trials=2)
    assert go(["ststnet"]) == [("ststnet", ["stag", "ststnet"])]  # beside what stood there


def test_a_row_with_a_failed_trial_has_no_line(tmp_path):
    folder = tmp_path / "sweeps" / "c-stag"
    folder.mkdir(parents=True)
    (folder / "predictions.csv").write_text("rule\n")
    made = Comparison("c", Execution(workspace=tmp_path))
    for failed, lines in (({"1": "broken"}, 0), ({}, 1)):
        (folder / "summary.json").write_text(json.dumps(summary(0.5, None, failed_trials=failed)))
        assert len(list(made.lines({"stag": Experiment("stag")}))) == lines
