"""Comparisons: which sweeps a table is made of, that one is only ever gone on with as the same, and what
stands beside what."""

import json

import pandas as pd
import pytest
from rich.console import Console

from orchestrator.common.errors import ConfigError, NoResult
from orchestrator.results import comparison as tables
from orchestrator.results.report import ReportError
from orchestrator.results.rows import prediction_rows
from orchestrator.selection.choose import choose
from orchestrator.selection.scores import score
from orchestrator.study.table import OWN_ANNOTATION
from orchestrator.sweeps import comparison, kept
from orchestrator.sweeps.comparison import Comparison, Row, rows
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from search_spaces import SPACES
from tests.orchestrator.selection.test_rules import TRUTH as CLASS_OF
from tests.orchestrator.selection.test_rules import two_trials


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


TRUTH = {"c/p/0": "neg", "c/p/1": "neg", "c/p/2": "pos", "c/q/3": "pos", "c/q/4": "pos"}


def finished(calls, oracle=None, truth=TRUTH, **more):
    """(summary, predictions) of a sweep. calls, oracle: seed -> clip -> the class that it calls it. The
    corpus has 2 neg and 4 pos."""
    rows = [
        (rule, seed, clip, clip.rsplit("/", 1)[0], truth[clip], word)
        for rule, held in (("nested", calls), ("oracle_epoch", oracle or {}))
        for seed, words in held.items()
        for clip, word in words.items()
    ]
    frame = pd.DataFrame(rows, columns=["rule", "seed", "clip_id", "subject", "truth", "predicted"])
    tested = [truth[clip] for clip in next(iter(calls.values()))]
    covered = {name: {"tested": tested.count(name), "of": of} for name, of in (("neg", 2), ("pos", 4))}
    scores = {"nested": {"coverage": covered}, **({"oracle_epoch": {}} if oracle else {})}
    return {
        "model": "stag",
        "classes": ["neg", "pos"],
        "feature_set": "roi_flow14-12ab",
        "au": "none",
        "protocol": "loso",
        "clips": len(tested),
        "seeds": len(calls),
        "rule": "nested",
        "selection": scores,
        "timing": {"fold_s": 3.0},
        **more,
    }, frame


def called(words, clips=TRUTH):
    return dict(zip(clips, words.split(), strict=False))


RIGHT = called("neg neg pos pos pos")
LINES = lambda rows: tables.lines(rows, dict.fromkeys(rows, 3))  # noqa: E731


def test_the_oracle_stands_beside_the_honest_score_with_the_gap():
    wrong = called("neg pos pos pos pos")  # F1 of neg 2/3, of pos 6/7; recall 1/2 and 1
    (line,) = LINES({"full": finished({0: wrong}, {0: RIGHT})})
    assert (line["uf1"], line["uar"]) == pytest.approx(((2 / 3 + 6 / 7) / 2, 3 / 4))
    assert (line["war"], line["f1_neg"], line["f1_pos"]) == pytest.approx((4 / 5, 2 / 3, 6 / 7))
    assert line["war_low"] <= line["war"] <= line["war_high"] and line["uar_per_person"] is None
    assert "full, F1: neg 0.667, pos 0.857." in tables.table([line]).caption
    assert (line["oracle_epoch_uf1"], line["gap"]) == pytest.approx((1, 1 - (2 / 3 + 6 / 7) / 2))
    assert line["features"] == "roi_flow14" and LINES({"full": finished({0: RIGHT})})[0]["gap"] is None
    assert "chosen on test people" in tables.table([line]).caption
    assert LINES({}) == []


def test_rows_are_scored_on_the_clips_that_all_of_them_tested_and_each_shows_its_own():
    """b has no features of c/p/1, which a calls wrong in one of two seeds: on the other four a is right."""
    some = {clip: word for clip, word in RIGHT.items() if clip != "c/p/1"}
    a = finished({0: called("neg pos pos pos pos"), 1: RIGHT})
    alone = LINES({"a": a})[0]
    assert (alone["clips"], alone["uf1"]) == (5, pytest.approx((1 + (2 / 3 + 6 / 7) / 2) / 2))
    assert alone["uf1_sd"] > 0
    lines = LINES({"a": a, "b": finished({0: some | {"c/q/4": "neg"}, 1: some})})
    assert [(line["clips"], line["tested"], line["of"]) for line in lines] == [(4, 5, 6), (4, 4, 6)]
    assert (lines[0]["uf1"], lines[0]["uf1_sd"]) == (1.0, 0.0)
    assert lines[1]["uf1"] == pytest.approx((1 + (2 / 3 + 4 / 5) / 2) / 2)
    assert [(line["tested_neg"], line["of_neg"], line["tested_pos"]) for line in lines] == [
        (2, 2, 3),
        (1, 2, 3),
    ]
    console = Console(width=130)
    with console.capture() as printed:
        console.print(tables.table(lines))
    text = " ".join(printed.get().split())
    assert (
        "scored on the 4 clips that all rows tested, 2 seeds. Looks at these people in this workspace: 3."
        in text
    )
    assert "5 of 6" in text and "neg 1 of 2" in text and "pos 3 of 4" in text and "neg 2 of 2" not in text


def test_a_row_on_all_clips_has_the_score_of_its_own_report():
    trials = two_trials()
    scored = {
        rule: score(choose(rule, trials, truth), trials, CLASS_OF, ("neg", "pos"))
        for rule, truth in (("nested", None), ("oracle_epoch", CLASS_OF))
    }
    frame = pd.DataFrame(prediction_rows(scored, ("neg", "pos")))
    (line,) = LINES({"one": (finished({0: RIGHT})[0], frame)})
    assert (line["uf1"], line["uar"]) == (scored["nested"]["uf1"], scored["nested"]["uar"])
    assert line["oracle_epoch_uf1"] == scored["oracle_epoch"]["uf1"]
    summary = finished({0: RIGHT})[0]
    summary["selection"]["nested"] |= {
        name: scored["nested"][name] for name in ("uar_per_person", "fold_uf1")
    }
    (line,) = LINES({"one": (summary, frame)})
    assert line["uar_per_person"] == 0.5 and line["fold_uf1_sd"] == scored["nested"]["fold_uf1"]["sd"]


def test_rows_that_cannot_be_joined_are_refused():
    a, old = finished({0: RIGHT}), finished({0: RIGHT})
    del old[0]["selection"]["nested"]["coverage"]
    relabelled = finished({0: RIGHT}, truth=TRUTH | {"c/q/3": "neg"})
    elsewhere = {clip.replace("c/", "d/"): word for clip, word in TRUTH.items()}
    for unfit, words in (
        ({"a": a, "b": relabelled}, r"clip 'c/q/3' is 'neg' in row 'b' and 'pos' in a row before it"),
        ({"a": a, "b": finished({0: elsewhere}, truth=elsewhere)}, "row 'b' tested no clip that all rows"),
        ({"a": old}, "an older program made row 'a'"),
    ):
        with pytest.raises(ReportError, match=words):
            LINES(unfit)


def write(folder, **more):
    held, frame = finished({0: RIGHT}, **more)
    (folder / "summary.json").write_text(json.dumps(held))
    frame.to_csv(folder / "predictions.csv", index=False)


def test_a_row_that_was_given_the_tested_clips_annotation_is_called_that_in_csv_and_caption():
    plain, given = finished({0: RIGHT}), finished({0: RIGHT})
    given[0]["au"] = "annotated"
    lines = LINES({"full": plain, "aus": given})
    assert [line["au_remark"] for line in lines] == ["", OWN_ANNOTATION]
    assert f"annotated ({OWN_ANNOTATION})" in tables.table(lines).caption
    assert OWN_ANNOTATION not in tables.table(lines[:1]).caption


def test_rows_are_swept_once_and_other_options_under_the_same_name_are_refused(tmp_path, monkeypatch):
    begun, resumed, told = [], [], []

    def hear(event):
        if getattr(event, "level", "") == "warning":
            told.append(event.text)

    def run(experiment, execution, tell):
        begun.append((execution.name, experiment.trials))
        folder = tmp_path / "sweeps" / execution.name
        folder.mkdir(parents=True)
        kept.keep(folder, experiment, execution)
        if experiment.models == ("meganet",):
            raise NoResult("every trial failed")  # begun, and broken off
        write(folder)

    version = {"code": "1", "clips": "1"}
    monkeypatch.setattr(comparison, "run", run)
    monkeypatch.setattr(comparison, "resume", lambda name, *rest: resumed.append(name))
    monkeypatch.setattr(comparison, "code", lambda asked: version["code"])
    monkeypatch.setattr(comparison.Reads, "of", lambda self, asked: [version["clips"]])
    made = Comparison("c", Execution(workspace=tmp_path))

    def go(models, **changes):
        common = Experiment(models[0], **{"trials": 1, **changes})
        return [
            (row, [line["row"] for line in lines])
            for row, lines in made.run(rows(models, False), common, hear)
        ]

    assert go(["stag", "meganet"]) == [("stag", ["stag"]), ("meganet", ["stag"])]
    assert begun == [("c-stag", 1), ("c-meganet", 1)] and not resumed
    assert pd.read_csv(tmp_path / "comparisons" / "c" / "comparison.csv")["row"].tolist() == ["stag"]
    go(["stag", "meganet"])
    assert len(begun) == 2 and resumed == ["c-meganet"]  # the finished row is read
    with pytest.raises(ConfigError, match=r"row 'stag' .* trials: was 1, now 2; choose another --name"):
        go(["stag"], trials=2)
    assert go(["ststnet"]) == [("ststnet", ["stag", "ststnet"])]  # beside what stood there
    with pytest.raises(ConfigError, match=r"row 'stag' .* seeds: was 1, now 3; choose another --name"):
        go(["off_apexnet"], seeds=3)  # another row, which would stand in the same table
    assert not (tmp_path / "comparisons" / "c" / "rows" / "off_apexnet.toml").exists()
    for what in version:
        version[what] = "2"
        with pytest.raises(
            ConfigError, match=f"row 'stag' .* another version of its {what}.* choose another"
        ):
            go(["off_apexnet"])  # the old score of stag would stand beside the new one of off_apexnet
        version[what] = "1"
    assert not (tmp_path / "comparisons" / "c" / "rows" / "off_apexnet.toml").exists()
    (tmp_path / "comparisons" / "c" / "rows" / "stag.json").unlink()
    go(["stag"])
    assert told == ["stag.json is gone: whether 'stag' was run on these clips cannot be said any more"]


def test_a_row_with_a_failed_trial_has_no_line(tmp_path):
    folder = tmp_path / "sweeps" / "c-stag"
    folder.mkdir(parents=True)
    made = Comparison("c", Execution(workspace=tmp_path))
    for failed, lines in (({"1": "broken"}, 0), ({}, 1)):
        write(folder, failed_trials=failed)
        assert len(list(made.lines({"stag": Experiment("stag")}))) == lines
