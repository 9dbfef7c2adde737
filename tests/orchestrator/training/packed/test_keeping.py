"""What is kept of a fold's weights is the model that the fold was scored by, and that changes no number."""

import dataclasses

import numpy as np
import pytest
import torch

from mer_models import MODELS
from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import TrialRecord
from orchestrator.study.jobs import FoldResult
from orchestrator.study.recipe import Recipe
from orchestrator.study.record import FoldRecord
from orchestrator.training.loop import train_fold
from orchestrator.training.packed.folds import train_folds
from orchestrator.training.packed.keeping import Kept, train_keeping
from orchestrator.training.prediction import predict
from tests.orchestrator.training.folds import fold

pytestmark = pytest.mark.filterwarnings("ignore:There is a performance drop")
VARIANTS = {
    "plain": {"epochs": 5},
    "patience": {"epochs": 12, "patience": 2, "lr": 0.05},
    "averaged": {"epochs": 6, "swa_start": 0.5, "patience": 2, "lr": 0.05},
}


def same(one: FoldResult, other: FoldResult, rounding: float = 0.0) -> None:
    for field in dataclasses.fields(FoldResult):
        if field.name not in ("seconds", "weights"):
            left, right = getattr(one, field.name), getattr(other, field.name)
            if isinstance(left, np.ndarray):
                np.testing.assert_allclose(left, right, atol=rounding, rtol=0)
            else:
                assert left == right


def probabilities(job, data, kept, epoch, x):
    network = MODELS[job.model](3, **({"n_rois": 5} if job.model == "stag" else {}), **job.config["model"])
    network.load_state_dict(kept.states[epoch])
    recipe = Recipe(**job.config["recipe"])
    return predict(network, kept.normaliser, recipe, data.kind, data.channels, x, None, 3)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("model", ["stag", "ststnet"])
def test_a_fold_that_keeps_its_weights_gives_the_same_bits_and_the_models_that_rules_choose(model, variant):
    job, data = fold(model, au=False, **VARIANTS[variant])
    made = train_keeping([job], [data])[0]
    same(made, train_fold(job, data))
    kept = Kept.of_bytes(made.weights)
    record = FoldRecord.of(made)
    trials = [TrialRecord(0, job.config, (record,))]
    rows = {choose(rule, trials)[job.fold, job.seed].epoch_index for rule in available(trials) if
            rule in ("nested", "last_epoch")}  # fmt: skip
    from orchestrator.selection.rules.committee import counts_at

    rows.add(counts_at(record, job.config["recipe"]["patience"]))
    assert {int(record.epochs[row]) for row in rows} == set(kept.states)
    for row in rows:
        now = probabilities(job, data, kept, int(record.epochs[row]), data.x_test)
        np.testing.assert_array_equal(now, record.test_probs[row])


def test_an_epoch_that_was_asked_for_is_kept_too():
    job, data = fold("ststnet", au=False, epochs=5)
    made = train_keeping([job], [data], also=2)[0]
    kept = Kept.of_bytes(made.weights)
    assert {2, 5} <= set(kept.states)
    np.testing.assert_array_equal(probabilities(job, data, kept, 2, data.x_test), made.test_probs[1])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_pack_keeps_each_folds_own_weights(variant):
    """One fold stops early and the other goes on: the first is kept as it was when it stopped."""
    job, data = fold("ststnet", au=False, **VARIANTS[variant])
    turned = dataclasses.replace(data, y_validation=data.y_validation[::-1].copy())
    other = dataclasses.replace(job, fold="corpus/02")
    jobs, parts = [job, other], [data, turned]
    made = train_keeping(jobs, parts)
    for one, its, expected in zip(made, jobs, train_folds(jobs, parts), strict=True):
        same(one, expected)
        kept = Kept.of_bytes(one.weights)
        assert int(one.epochs[-1]) in kept.states
        for epoch in kept.states:
            now = probabilities(its, data, kept, epoch, data.x_test)
            np.testing.assert_allclose(now, one.test_probs[epoch - 1], atol=1e-5)


def test_the_head_for_action_units_is_kept_with_the_model():
    from orchestrator.training.parts import au_head

    job, data = fold(v=6, t=4, epochs=2)
    people = tuple(f"p{i % 5}" for i in range(len(data.x_train)))
    data = dataclasses.replace(data, aus_validation=None, aus_test=None, subjects_train=people)
    job = dataclasses.replace(job, au="predicted")
    kept = Kept.of_bytes(train_keeping([job], [data])[0].weights)
    expected = au_head.fit(data.x_train, data.aus_train, data.kind)
    assert kept.head is not None
    np.testing.assert_array_equal(kept.head(data.x_test), expected(data.x_test))
    assert all(isinstance(value, torch.Tensor) for value in kept.states[2].values())
