"""Names and texts that MLflow refuses arrive all the same, and none stands for two."""

from hypothesis import given
from hypothesis import strategies as st
from mlflow import MlflowClient
from mlflow.utils.validation import _validate_metric_name

from orchestrator.results import report
from orchestrator.selection import records, scores
from orchestrator.selection.choose import choose
from orchestrator.tracking.names import cut, parts
from orchestrator.tracking.tracker import Tracker
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.tracking.test_tracker import SUMMARY, log, runs


@given(st.lists(st.text(max_size=120), max_size=8))
def test_every_name_has_one_of_its_own_that_mlflow_takes(names):
    made = parts(names)
    assert set(made) == set(names) and len(set(made.values())) == len(made)
    for one in made.values():
        assert "/" not in one and ":" not in one
        _validate_metric_name(f"oracle_search/recall/{one}")


def test_a_name_that_may_stay_stays_and_a_text_that_is_cut_says_so():
    assert parts(["happiness", "tést", "a b.c-d_e"]) == {n: n for n in ("happiness", "tést", "a b.c-d_e")}
    assert parts(["a(b"]) == {"a(b": "a_b"}
    assert cut("abc", 3) == "abc" and cut("x" * 99, 20) == "x" * 10 + " ... (cut)"


def test_names_and_texts_that_mlflow_refuses_arrive_all_the_same(mlflow_uri, sweep, tmp_path):
    """Names of a user's classes and splits become names of metrics, and settings become parameters."""
    classes = ("test (A)", "test [A]", "tést+", "../x", ".", "a/b", "é" * 300, "x:y%")
    truth = {f"a/{i}": i for i in range(len(classes))}
    n = len(classes)
    result = record("a", [list(range(n))], [list(range(n))], list(range(n)), n_classes=n)
    trial = records.TrialRecord(0, {"model": {"sh(a)pe": "y" * 9000}}, (result,))
    tracker = Tracker(mlflow_uri, {**sweep, "classes": classes})
    log(tracker, trial)
    (run,) = runs(MlflowClient(mlflow_uri), tracker, "trial")
    f1 = {name: value for name, value in run.data.metrics.items() if name.startswith("best_validation/f1/")}
    assert len(f1) == n and set(f1.values()) == {1.0}  # none stands for two
    assert "best_validation/f1/test _A_" not in f1 and "best_validation/f1/tést_" in f1
    assert run.data.params["model.sh_a_pe"].endswith("y ... (cut)")

    choice = choose("nested", [trial], None)
    score = scores.score(
        choice, [trial], truth, classes, lambda _, clip: "test:(A)" if clip < "a/4" else "test:[A]"
    )
    summary = {**SUMMARY, "classes": list(classes)}
    report.write(tmp_path, summary, {"nested": score})
    tracker.finish(tmp_path)
    assert tracker.holds_scores(tmp_path)
    there = MlflowClient(mlflow_uri).get_run(tracker.run_id).data.metrics
    assert sum(name.startswith("nested/test__A_-") for name in there) == 4  # uf1 and uar of both parts
