"""Learning rates by hand, and what an epoch of sampled clips holds."""

import numpy as np
import pytest

from orchestrator.study.recipe import Recipe
from orchestrator.training.sampling import batches, drawn_counts, epoch_order
from orchestrator.training.schedules import averages, averaging_starts, learning_rate


def rates(**arguments: object) -> list[float]:
    recipe = Recipe(lr=1.0, **arguments)
    return [learning_rate(epoch, recipe) for epoch in range(1, recipe.epochs + 1)]


def test_warm_up_then_constant_then_averaging_rate():
    assert rates(epochs=8, warmup_epochs=4, swa_start=0.75, swa_lr=0.1) == [
        0.25,
        0.5,
        0.75,
        1,
        1,
        1,
        0.1,
        0.1,
    ]


def test_cosine_starts_at_lr_and_falls_to_zero_or_to_the_averaging_rate():
    assert rates(epochs=4, schedule="cosine") == pytest.approx(
        [1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2]
    )
    assert rates(epochs=6, schedule="cosine", warmup_epochs=2, swa_start=0.67, swa_lr=0.2) == pytest.approx(
        [0.5, 1, 1, 0.6, 0.2, 0.2]
    )


def test_a_warm_up_longer_than_the_training_is_no_error():
    assert rates(epochs=3, warmup_epochs=10, schedule="cosine") == pytest.approx([0.1, 0.2, 0.3])


def test_averaging_is_off_at_one():
    assert averaging_starts(Recipe(epochs=7)) == 7 and averaging_starts(Recipe(epochs=7, swa_start=0.5)) == 3


def test_after_its_share_of_the_epochs_a_mean_is_evaluated_unless_the_last_weights_are_asked_for():
    epochs = range(1, 9)
    assert [averages(e, Recipe(epochs=8, swa_start=0.75)) for e in epochs] == 6 * [False] + 2 * [True]
    assert not any(averages(e, Recipe(epochs=8)) for e in epochs)
    assert not any(averages(e, Recipe(epochs=8, swa_start=0.75, swa_last=True)) for e in epochs)


LABELS = np.array([0] * 13 + [1] * 5 + [2] * 3)


def test_without_oversampling_every_clip_comes_once():
    assert sorted(epoch_order(LABELS, 0.0, np.random.default_rng(0))) == list(range(21))


@pytest.mark.parametrize("oversample", [0.0, 1e-9, 0.3, 0.7, 1.0])
def test_an_epoch_draws_as_many_of_each_class_as_is_said_without_drawing(oversample):
    labels = np.concatenate([LABELS, [4]])  # of class 3 there is none
    counts = drawn_counts(labels, 6, oversample)
    for seed in range(3):
        order = epoch_order(labels, oversample, np.random.default_rng(seed))
        np.testing.assert_array_equal(np.bincount(labels[order], minlength=6), counts)


@pytest.mark.parametrize("oversample", [1e-9, 0.3, 0.7, 1.0])
def test_oversampling_draws_n_clips_rare_classes_more_often_and_clips_of_a_class_evenly(oversample):
    order = epoch_order(LABELS, oversample, np.random.default_rng(0))
    assert len(order) == len(LABELS)
    drawn = np.bincount(LABELS[order])
    shares = np.array([13, 5, 3]) ** (1 - oversample)
    assert np.abs(drawn - 21 * shares / shares.sum()).max() < 1
    if oversample == 1:
        assert drawn.tolist() == [7, 7, 7]
    for c in range(3):
        times = np.bincount(order, minlength=21)[c == LABELS]
        assert times.max() - times.min() <= 1


def test_batches_are_as_equal_as_can_be():
    assert [len(b) for b in batches(np.arange(65), 64)] == [33, 32] and [
        len(b) for b in batches(np.arange(5), 64)
    ] == [5]
