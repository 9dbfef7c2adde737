"""Several models of a fold: how a committee is chosen, what it predicts, and when it is none."""

import dataclasses

import numpy as np
import pytest

from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import SelectionError, TrialRecord
from orchestrator.selection.rules import RULES
from orchestrator.selection.rules.rule import Choice
from orchestrator.selection.scores import score
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.selection.test_rules import T01, TRUTH, A, two_trials


def committees(patience=(0, 0), seeds=(0,)) -> list[TrialRecord]:
    """Fold a has two models, of two epochs each; validation truth 0 1.

    Last epochs: trial 0's models call [0, 1] and [0, 0]: pooled 0 1 0 0 of 0 1 0 1, F1 4/5 and 2/3. Trial 1's
    call [0, 1] and [0, 1]: all right. With patience each model counts where its loss is lowest: in trial 1 at
    the first epochs, [0, 0] and [1, 0]: 0 0 1 0, F1 2/5 and 0.
    Test, truth 0 1, at those epochs: trial 1's models give class 0 .7 .7 and .3 .3: means of .5.
    """
    made = []
    for trial, models in enumerate(
        (
            (
                ([[1, 1], [0, 1]], [0.5, 0.9], [[1, 0], [0, 1]]),
                ([[1, 1], [0, 0]], [0.9, 0.5], [[1, 0], [0, 0]]),
            ),
            (
                ([[0, 0], [0, 1]], [0.1, 0.9], [[1, 1], [0, 0]]),
                ([[1, 0], [0, 1]], [0.1, 0.9], [[1, 0], [1, 1]]),
            ),
        )
    ):
        results = [
            dataclasses.replace(
                record("a", test, validation, T01, loss=loss, seed=seed),
                member=member,
                validation=(f"v{member}/0", f"v{member}/1"),
            )
            for seed in seeds
            for member, (validation, loss, test) in enumerate(models)
        ]
        made.append(TrialRecord(trial, {"recipe": {"patience": patience[trial]}}, tuple(results)))
    return made


def test_a_committee_is_chosen_by_its_own_groups_pooled_and_its_probabilities_are_averaged():
    trials = committees()
    assert choose("committee", trials) == {A: Choice(1, 1, (1,))}
    assert available(trials) == [rule for rule in RULES if rule != "committee_seeds"]
    result = score(choose("committee", trials), trials, TRUTH, ("neg", "pos"))
    assert [row["probs"] for row in result["predictions"]] == [pytest.approx([0.5, 0.5])] * 2
    assert choose("nested", trials) == {A: Choice(0, 1)}, "a rule for one model looks at the first alone"
    # where a recipe stops early no epoch is chosen by UF1, but the lowest validation loss counts
    assert choose("committee", committees(patience=(5, 5))) == {A: Choice(0, 0, (1,))}


def test_a_committee_that_lacks_a_model_is_no_candidate():
    first, second = committees()
    second = dataclasses.replace(second, results=second.results[:1])
    assert choose("committee", [first, second]) == {A: Choice(0, 1, (1,))}
    with pytest.raises(SelectionError, match="needs all inner models"):
        choose("committee", two_trials())


def test_committees_of_all_seeds_are_one_prediction_a_clip():
    trials = committees(seeds=(0, 1))
    one = trials[1].results[2]
    sure = dataclasses.replace(one, test_probs=np.array([[[1, 0], [1, 0]], [[1, 0], [0, 1]]], np.float32))
    trials[1] = dataclasses.replace(trials[1], results=(*trials[1].results[:2], sure, trials[1].results[3]))
    choices = choose("committee_seeds", trials)
    result = score(choices, trials, TRUTH, ("neg", "pos"), averages=True)
    # seed 0: .5 .5 for either clip; seed 1: a/0 (1 + .3) / 2, a/1 (0 + .3) / 2 for class 0
    assert [row["probs"] for row in result["predictions"]] == [
        pytest.approx([(0.5 + 0.65) / 2, (0.5 + 0.35) / 2]),
        pytest.approx([(0.5 + 0.15) / 2, (0.5 + 0.85) / 2]),
    ]
    assert (result["war"], result["seeds"], result["n_clips"]) == (1.0, [0], 2)
