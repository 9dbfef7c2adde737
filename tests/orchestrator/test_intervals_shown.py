"""Every UF1, UAR and WAR stands beside its interval over people, in every output of a sweep."""

import pandas as pd
import pytest

from orchestrator.results import intervals, pictures, report
from orchestrator.results.headline import headline
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


def test_one_person_alone_has_no_interval(scores):
    rows = [row for row in scores["nested"]["predictions"] if row["subject"] == "a/0"]
    alone = intervals.added(scores["nested"] | {"predictions": rows}, CLASSES, lambda fold, clip: "")
    assert alone["interval"] == {} and intervals.said(alone, "uf1") == intervals.narrow(alone, "uf1") == ""
    pictures.honest_vs_oracle({"nested": alone}, {"nested": "blind"}, "")
