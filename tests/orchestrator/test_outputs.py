"""Mean and deviation of what models report: over axes too, and of the epochs that a rule chose."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.results.outputs import chosen_outputs, mean_and_sd, outputs_table
from orchestrator.selection.records import TrialRecord
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.tracking.test_tracker import scores_of


@pytest.mark.parametrize(
    ("values", "mean", "sd"),
    [
        ([10, 20], 15, 50**0.5),
        ([85, 95], 90, 50**0.5),
        ([179, 1], 0, 2**0.5),
        ([170, 0, 10], 0, 10),
        ([135], 135, None),
        ([0], 0, None),
    ],
)
def test_axes_have_their_own_mean(values, mean, sd):
    found = mean_and_sd("theta_1_degrees", np.array(values, float))
    assert found[0] == pytest.approx(mean) and 0 <= found[0] < 180
    assert found[1] == (None if sd is None else pytest.approx(sd))


def test_any_other_number_has_the_plain_ones():
    assert mean_and_sd("weight", np.array([179.0, 1.0])) == (90.0, pytest.approx(178 / 2**0.5))


def reported(trial: TrialRecord, names: dict[str, float]) -> TrialRecord:
    """Fold a reports base + epoch, fold b ten more."""
    results = [
        replace(r, outputs={k: (r.epochs + base + 10 * n).astype(np.float32) for k, base in names.items()})
        for n, r in enumerate(trial.results)
    ]
    return replace(trial, results=tuple(results))


def test_each_fold_gives_the_value_of_the_trial_and_epoch_that_the_rule_chose():
    first, second = two_trials()
    trials = [reported(first, {"w": 0, "only": 500}), reported(second, {"w": 100})]
    made = chosen_outputs(trials, scores_of(trials))
    # nested: fold a takes trial 0's second epoch, fold b trial 1's first
    assert made["nested"]["w"]["folds"] == [
        {"fold": "a", "seed": 0, "value": 2.0},
        {"fold": "b", "seed": 0, "value": 111.0},
    ]
    assert made["nested"]["w"]["mean"] == 56.5
    assert made["nested"]["only"] == {
        "mean": 502.0, "sd": None, "folds": [{"fold": "a", "seed": 0, "value": 502.0}]
    }  # fmt: skip
    # last_epoch: trial 1 in fold a, trial 0 in fold b
    assert [row["value"] for row in made["last_epoch"]["w"]["folds"]] == [103.0, 13.0]
    table = outputs_table({"outputs": made}, "nested")
    assert table is not None and table.row_count == 2


def test_where_nothing_is_reported_nothing_is_shown():
    made = chosen_outputs(two_trials(), scores_of(two_trials()))
    assert made == {} and outputs_table({"outputs": made}, "nested") is None
    assert outputs_table({}, "nested") is None  # of an older program
