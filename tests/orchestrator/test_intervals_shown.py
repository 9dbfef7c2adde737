"""Every UF1, UAR and WAR stands beside its interval over people, in every output of a sweep."""

import pandas as pd
import pytest

from orchestrator.results import intervals, pictures, report, trials
from orchestrator.results.headline import headline
from orchestrator.results.page import tables
from orchestrator.statistics.people import SCORES
from orchestrator.tracking import tracked_metrics
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.test_report import printed
from tests.orchestrator.tracking.test_tracker import CLASSES, SUMMARY, scores_of


@pytest.fixture(scope="module")
def scores():
    made = scores_of(two_trials())
    return {rule: intervals.added(score, CLASSES, lambda fold, clip: "all") for rule, score in made.items()}


def test_each_output_has_it(scores, tmp_path):
    summary = report.with_scores(SUMMARY | {"rule": "nested"}, scores)
    held = summary["selection"]["nested"]["interval"]
    assert set(held) == set(SCORES) and all(low <= high for low, high in held.values())
    low, high = held["uf1"]
    assert f"UF1 {summary['selection']['nested']['uf1']:.4f} [{low:.3f}, {high:.3f}]" in headline(summary)
    text = printed(report.table(summary))
    assert intervals.narrow({"interval": held}, "uf1").strip() in text and intervals.SAID[:30] in text
    report.write(tmp_path, SUMMARY, scores)
    row = pd.read_csv(tmp_path / "summary.csv").set_index("rule").loc["nested"]
    assert [row["uf1_low"], row["uf1_high"]] == pytest.approx([low, high])
    tracked = {name: value for name, value, _ in tracked_metrics.of_sweep(summary)}
    assert tracked["uf1_low"] == tracked["Result/uf1_low"] == tracked["nested/uf1_low"] == low
    assert f"[{low:.3f}, {high:.3f}]" in tracked_metrics.described(summary)


def test_a_sweep_of_an_older_program_gets_it_when_it_is_read(scores, tmp_path):
    older = {rule: {k: v for k, v in s.items() if k != "interval"} for rule, s in scores.items()}
    report.write(tmp_path, SUMMARY, older)
    read = report.read(tmp_path)[0]["selection"]
    for rule, score in scores.items():
        for name, ends in score["interval"].items():
            assert read[rule]["interval"][name] == pytest.approx(ends)


def test_means_over_people_and_folds_have_one_and_a_single_person_and_a_trial_say_why_not(scores, tmp_path):
    summary = report.with_scores(SUMMARY | {"rule": "nested"}, scores)
    report.write(tmp_path, SUMMARY, scores)
    score, row = scores["nested"], pd.read_csv(tmp_path / "summary.csv").set_index("rule").loc["nested"]
    text = printed(report.table(summary))
    for name, held, over in (
        ("uar_per_person", score["uar_per_person"], "people"),
        ("recall_per_person_pos", score["recall_per_person"]["pos"], "3 people"),
        ("fold_uf1", score["fold_uf1"], "folds"),
    ):
        low, high = held["interval"]
        assert low <= held["mean"] <= high and row[f"{name}_high"] == pytest.approx(high)
        assert f"± {held['sd']:.3f} over {over} [{low:.3f}, {high:.3f}]" in text
    assert score["recall_per_person"]["neg"]["interval"] is None  # one person shows it, and the others do not
    tracked = {name: value for name, value, _ in tracked_metrics.of_sweep(summary)}
    assert tracked["nested/uar_per_person_low"] == score["uar_per_person"]["interval"][0]
    older = {rule: dict(one) for rule, one in scores.items()}
    for one in older.values():
        one["uar_per_person"] = {k: v for k, v in one["uar_per_person"].items() if k != "interval"}
    report.write(tmp_path, SUMMARY, older)
    read, predictions = report.read(tmp_path)
    held = read["selection"]["nested"]["uar_per_person"]["interval"]
    assert held == pytest.approx(score["uar_per_person"]["interval"])
    assert "One person has no interval" in tables.people(summary, predictions, "nested").note
    trial = {"trial": 0, "state": "complete", "validation_uf1": 0.5, "chosen": 1, "folds": 1, "of": 1,
             "seconds": 1.0, "settings": {}}  # fmt: skip
    assert trials.RANKS in printed(trials.trials_table([trial]))
    assert trials.RANKS in tables.trials({"trials": [trial]}).note


def test_a_part_over_its_own_classes_has_the_interval_of_these_alone():
    """Part b knows two of three classes: 0 for the third is no part of its means."""
    calls = [(0, 0), (1, 1), (1, 0), (0, 1), (1, 1), (0, 0)]
    rows = [
        {"subject": f"p{at % 4}", "seed": 0, "truth": true, "predicted": called, "fold": part, "clip_id": at}
        for part in "ab"
        for at, (true, called) in enumerate(calls)
    ]
    parts = {"a": {"classes": ["x", "y", "z"]}, "b": {"classes": ["x", "y"]}}
    made = intervals.added({"predictions": rows, "parts": parts}, ("x", "y", "z"), lambda fold, clip: fold)
    alone = intervals.added({"predictions": rows[6:], "parts": {}}, ("x", "y"), lambda fold, clip: "")
    held = made["parts"]["b"]["interval"]
    assert all(held[name] == pytest.approx(alone["interval"][name]) for name in SCORES)
    assert made["parts"]["a"]["interval"]["uf1"][1] < held["uf1"][1]


def test_one_person_alone_has_no_interval(scores):
    rows = [row for row in scores["nested"]["predictions"] if row["subject"] == "a/0"]
    alone = intervals.added(scores["nested"] | {"predictions": rows}, CLASSES, lambda fold, clip: "")
    assert alone["interval"] == {} and intervals.said(alone, "uf1") == intervals.narrow(alone, "uf1") == ""
    assert alone["uar_per_person"]["interval"] is None
    pictures.honest_vs_oracle({"nested": alone}, {"nested": "blind"}, "")
