"""Comparisons: which sweeps a table is made of, that one is only ever gone on with as the same, and what
stands beside what."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator import compare
from orchestrator.common.errors import ConfigError
from orchestrator.compare import Row, rows
from orchestrator.workspace.sweep_folder import SWEEPS
from search_spaces import SPACES


def test_rows_are_models_or_the_ablations_of_one():
    assert [(row.name, row.model, dict(row.settings)) for row in rows(["stag", "meganet"], False)] == [
        ("stag", "stag", {}), ("meganet", "meganet", {}),
    ]  # fmt: skip
    found = rows(["stag"], True)
    assert [row.name for row in found] == list(SPACES["stag"].ABLATIONS) and {row.model for row in found} == {
        "stag"
    }
    for models, ablations, words in (
        (["stagg"], False, "did you mean 'stag'"),
        (["stag", "meganet"], True, "takes one model, got 2"),
        (["resnet18"], True, "no ablation table; those that have one: .*stag"),
    ):
        with pytest.raises(ConfigError, match=words):
            rows(models, ablations)


def test_a_rows_own_settings_win_over_what_all_rows_share():
    row = Row(
        "18 ROIs", "stag", {"features": "roi_flow18", "model.graph_layers": 0, "model.cross_attention": False}
    )
    assert row.arguments(["--set", "model.graph_layers=2", "--features", "roi_flow14"]) == [
        "stag", "--set", "model.graph_layers=2", "--features", "roi_flow14", "--features", "roi_flow18",
        "--set", "model.graph_layers=0", "--set", "model.cross_attention=false",
    ]  # fmt: skip


def summary(uf1, oracle):
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
    }


def test_the_oracle_stands_beside_the_honest_score_with_the_gap():
    line = compare.line("full", summary(0.5, 0.75))
    assert (line["uf1"], line["oracle_epoch_uf1"], line["gap"], line["features"]) == (
        0.5,
        0.75,
        0.25,
        "roi_flow14",
    )
    assert compare.line("full", summary(0.5, None))["gap"] is None
    assert "chosen on test people" in compare.table([line]).caption


def test_rows_are_swept_once_and_other_options_under_the_same_name_are_refused(tmp_path, monkeypatch):
    asked = []

    def sweep(args, standalone_mode):
        asked.append(args)
        folder = tmp_path / SWEEPS / args[args.index("--name") + 1]
        folder.mkdir(parents=True)
        if args[0] == "meganet":
            (folder / "sweep.json").write_text("{}")  # begun, and broken off
            return 1
        (folder / "summary.json").write_text(json.dumps(summary(0.5, 0.75)))
        (folder / "predictions.csv").write_text("rule\n")
        return 0

    monkeypatch.setattr(compare.sweep, "app", sweep)

    def command(*options):
        return CliRunner().invoke(
            compare.app, ["stag,meganet", "--name", "c", "--workspace", str(tmp_path), "--", *options]
        )

    first = command("--trials", "1")
    assert first.exit_code == 1 and "no complete result for meganet" in first.output
    assert [args[0] for args in asked] == ["stag", "meganet"] and asked[0][1:3] == ["--trials", "1"]
    assert pd.read_csv(tmp_path / "comparisons" / "c" / "comparison.csv")["row"].tolist() == ["stag"]
    monkeypatch.setattr(compare.sweep, "app", lambda args, standalone_mode: asked.append(args) or 1)
    command("--trials", "1")
    assert [args[0] for args in asked] == ["stag", "meganet", "meganet"] and "--resume" in asked[-1]
    other = command("--trials", "2")
    assert other.exit_code == 2 and "choose another --name" in " ".join(other.output.split())
    monkeypatch.setattr(compare.sweep, "app", sweep)
    more = CliRunner().invoke(
        compare.app, ["ststnet", "--name", "c", "--workspace", str(tmp_path), "--", "--trials", "1"]
    )
    assert more.exit_code == 0
    assert pd.read_csv(tmp_path / "comparisons" / "c" / "comparison.csv")["row"].tolist() == [
        "stag",
        "ststnet",
    ]
