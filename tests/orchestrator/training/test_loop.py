"""The loop's promises: same bits anywhere, nothing learnt from test clips, records that can be checked from
outside."""

import dataclasses
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from orchestrator.study.jobs import FoldData
from orchestrator.study.recipe import Recipe
from orchestrator.training import loop
from orchestrator.training.loop import TrainingDiverged, fit, train_fold, with_estimated_aus
from orchestrator.training.prediction import predict
from tests.orchestrator.training.folds import fold, trained_bytes

ROOT = Path(__file__).parents[3]
SEEDS = ("stag", "loso", "corpus/01", 0)  # of train_fold for the job that fold() makes


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def same_learning(a, b):
    return all(
        np.array_equal(getattr(a, f), getattr(b, f), equal_nan=True)
        for f in ("train_loss", "validation_loss", "validation_probs")
    )


@pytest.mark.parametrize("model", ["stag", "ststnet"])
def test_a_fold_gives_the_same_bits_again_whatever_happened_before(model):
    first = trained_bytes(model)
    torch.manual_seed(123), np.random.seed(123)
    assert trained_bytes(model) == first


def test_a_fold_gives_the_same_bits_in_another_process():
    code = (
        "import sys; from tests.orchestrator.training.folds import trained_bytes; "
        "sys.stdout.buffer.write(trained_bytes('stag'))"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=600)
    assert out.stdout == trained_bytes("stag")


def test_training_leaves_no_trace_in_global_state():
    torch.set_num_threads(2)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    train_fold(*fold())
    assert torch.equal(before[0], torch.get_rng_state()) and np.array_equal(
        before[1], np.random.get_state()[1]
    )
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("model", ["stag", "ststnet"])
def test_test_clips_change_nothing_in_training_and_validation(model):
    job, data = fold(model, patience=2, epochs=4, swa_start=0.5, normalise="standardise")
    result = train_fold(job, data)
    other = dataclasses.replace(
        data, x_test=data.x_test * 100 + 7, aus_test=None if data.aus_test is None else 1 - data.aus_test
    )
    changed = train_fold(job, other)
    assert same_learning(result, changed) and not np.array_equal(result.test_probs, changed.test_probs)
    more_job, more = fold(model, t=9, patience=2, epochs=4, swa_start=0.5, normalise="standardise")
    more = dataclasses.replace(data, x_test=more.x_test, aus_test=more.aus_test)
    assert same_learning(result, train_fold(more_job, more))
    none_job, none = fold(model, t=0, patience=2, epochs=4, swa_start=0.5, normalise="standardise")
    empty = train_fold(none_job, dataclasses.replace(data, x_test=none.x_test, aus_test=none.aus_test))
    assert same_learning(result, empty) and empty.test_probs.shape == (4, 0, 3)


def test_validation_clips_only_decide_when_to_stop():
    job, data = fold(normalise="standardise")
    other = dataclasses.replace(data, x_validation=data.x_validation * 50 + 3)
    a, b = train_fold(job, data), train_fold(job, other)
    assert np.array_equal(a.train_loss, b.train_loss) and np.array_equal(a.test_probs, b.test_probs)


def test_fold_data_has_no_place_for_test_labels():
    assert not [f.name for f in dataclasses.fields(FoldData) if f.name.startswith("y_") and "test" in f.name]


def test_a_tested_clip_does_not_see_the_other_tested_clips():
    job, data = fold("ststnet", tta=True)
    alone_job = dataclasses.replace(job, test=job.test[:1])
    alone = train_fold(alone_job, dataclasses.replace(data, x_test=data.x_test[:1]))
    np.testing.assert_allclose(train_fold(job, data).test_probs[:, :1], alone.test_probs, atol=1e-5)


def test_records_have_the_promised_shapes_and_values():
    job, data = fold()
    result = train_fold(job, data)
    assert result.epochs.tolist() == [1, 2, 3] and result.epochs.dtype == np.int32
    assert result.validation_probs.shape == (3, 6, 3) and result.test_probs.shape == (3, 4, 3)
    assert result.train_loss.dtype == result.validation_probs.dtype == np.float32
    np.testing.assert_allclose(result.test_probs.sum(-1), 1, atol=1e-5)
    by_hand = [
        np.mean([-np.log(p[i, y]) for i, y in enumerate(data.y_validation)]) for p in result.validation_probs
    ]
    np.testing.assert_allclose(result.validation_loss, by_hand, rtol=1e-5)
    assert (result.job_id, result.fold, result.validation, result.test) == (
        job.job_id,
        job.fold,
        job.validation,
        job.test,
    )
    np.testing.assert_array_equal(result.validation_truth, data.y_validation)


def test_early_stopping_waits_for_patience_epochs_after_the_best():
    job, data = fold(epochs=40, patience=3, lr=0.03, dropout=0.0, swa_start=1.0)
    # nothing to learn: it gets worse
    data.x_validation[:] = np.random.default_rng(0).standard_normal(data.x_validation.shape)
    result = train_fold(job, data)
    assert len(result.epochs) == int(result.validation_loss.argmin()) + 1 + 3 < 40
    assert "stopped" in result.notes[0]


def test_early_stopping_leaves_epochs_to_average_and_a_fold_without_their_mean_differs_by_nothing_else():
    layer = {"epochs": 12, "patience": 1, "swa_start": 0.5, "lr": 0.03, "dropout": 0.0}
    job, data = fold(**layer)
    # nothing to learn: it gets worse
    data.x_validation[:] = np.random.default_rng(0).standard_normal(data.x_validation.shape)
    mean = train_fold(job, data)
    last = train_fold(fold(**layer, swa_last=True)[0], data)
    assert (np.diff(mean.validation_loss[:5]) > 0).any()  # which patience would have taken
    common = min(len(mean.epochs), len(last.epochs))
    assert common >= 8
    np.testing.assert_array_equal(mean.train_loss[:common], last.train_loss[:common])
    np.testing.assert_array_equal(mean.test_probs[:6], last.test_probs[:6])
    assert not np.array_equal(mean.test_probs[7], last.test_probs[7])  # the mean of two


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0])
def test_oversampling_and_class_balance_together_give_each_class_the_same_share_of_the_loss(
    factor, monkeypatch
):
    job, data = fold("ststnet", n=132, epochs=1, batch_size=50, oversample=factor, class_balance=True)
    data.y_train[:] = np.repeat([0, 1, 2], [90, 30, 12])
    weighted = torch.zeros(3)

    def spy(out, targets, recipe, weights):
        weighted.add_((targets * weights).sum(0))
        return out.sum() * 0

    monkeypatch.setattr(loop, "mean_over_clips", spy)
    train_fold(job, data)
    torch.testing.assert_close(weighted, torch.full((3,), 44.0))  # of 132 clips: mean weight 1


@pytest.mark.parametrize("model", ["stag", "micro_attention"])  # the latter cannot take an empty batch
def test_without_validation_clips_all_epochs_run_and_the_loss_is_not_a_number(model):
    small = {} if model == "stag" else {"image_size": 32, "rotate": 0}
    result = train_fold(*fold(model, v=0, patience=1, **small))
    assert (
        len(result.epochs) == 3
        and np.isnan(result.validation_loss).all()
        and result.validation_probs.shape == (3, 0, 3)
    )


@pytest.mark.parametrize("model", ["stag", "ststnet"])
@pytest.mark.parametrize("epochs", [1, 3])
def test_fit_is_the_model_that_the_fold_had_at_that_epoch(model, epochs):
    job, data = fold(model, tta=True, mirror=0.5, swa_start=0.5)
    result = train_fold(job, data)
    fitted = fit(
        model, job.config, data, job.classes, au=job.au, epochs=epochs, seed_names=(model, *SEEDS[1:])
    )
    recipe = Recipe(**job.config["recipe"])
    probs = predict(
        fitted.model, fitted.normaliser, recipe, data.kind, data.channels, data.x_test, data.aus_test, 3
    )
    np.testing.assert_array_equal(probs, result.test_probs[epochs - 1])
    assert not fitted.model.training and np.float32(fitted.train_loss) == result.train_loss[epochs - 1]


def test_fit_refuses_epochs_beyond_the_schedule():
    job, data = fold()
    with pytest.raises(ValueError, match="= 3, got 4"):
        fit("stag", job.config, data, job.classes, au=job.au, epochs=4, seed_names=SEEDS)


def test_averaging_starts_after_its_share_and_averages(monkeypatch):
    job, data = fold(epochs=4, swa_start=0.5, lr=0.01)
    plain = train_fold(job, data)
    weights = []

    class Spy(loop.WeightAverage):
        def update(self, model):
            super().update(model)
            weights.append(
                (next(model.parameters()).detach().clone(), next(self.model.parameters()).detach().clone())
            )

    monkeypatch.setattr(loop, "WeightAverage", Spy)
    again = train_fold(job, data)
    assert len(weights) == 2 and np.array_equal(plain.test_probs, again.test_probs)
    torch.testing.assert_close(weights[1][1], (weights[0][0] + weights[1][0]) / 2)
    assert not torch.equal(weights[0][0], weights[1][0])


def test_averaged_batch_normalisation_has_the_statistics_of_the_training_clips():
    job, data = fold("ststnet", swa_start=0.0, batch_size=64, normalise="none")
    model = fit("ststnet", job.config, data, job.classes, au=job.au, epochs=3, seed_names=SEEDS).model
    with torch.no_grad():
        active = model.streams[1](model.streams[0](torch.from_numpy(data.x_train)))
    torch.testing.assert_close(model.streams[2].running_mean, active.mean((0, 2, 3)), atol=1e-5, rtol=1e-4)
    assert model.streams[2].momentum == 0.1


def test_training_learns_what_can_be_learnt():
    for model in ("stag", "ststnet"):
        job, data = fold(model, n=60, epochs=25, lr=5e-3, normalise="standardise", oversample=0.0)
        result = train_fold(job, data)
        assert (result.validation_probs[-1].argmax(1) == data.y_validation).mean() > 0.8
        assert result.train_loss[-1] < result.train_loss[0] / 2


def test_bfloat16_trains_and_differs_little():
    job, data = fold("stag", precision="bfloat16")
    exact, rough = train_fold(*fold("stag")), train_fold(job, data)
    assert exact.train_loss[0] != rough.train_loss[0] and not np.array_equal(
        exact.test_probs[0], rough.test_probs[0]
    )
    np.testing.assert_allclose(exact.test_probs[0], rough.test_probs[0], atol=0.05)


def test_aus_reach_the_model_only_if_given():
    job, data = fold()
    without = dataclasses.replace(data, aus_train=None, aus_validation=None, aus_test=None)
    models = [
        fit("stag", job.config, d, job.classes, au=job.au, epochs=1, seed_names=SEEDS).model
        for d in (data, without)
    ]
    assert [m.n_aus for m in models] == [21, 0]


def test_a_diverging_loss_is_an_error_that_names_the_learning_rate():
    with pytest.raises(TrainingDiverged, match=r"recipe\.lr = 1e\+30"):
        train_fold(*fold(lr=1e30, epochs=5, grad_clip=0.0, warmup_epochs=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_test": np.zeros((3, 5, 5, 2), np.float32)}, "names 4 test clips, the data holds 3"),
        ({"y_train": np.zeros(20, np.int64)}, "names 21 train clips, the data holds 21 and 20 labels"),
        ({"kind": "flow_picture"}, "STAG reads roi_flow, got flow_picture"),
        ({"x_train": np.full((21, 5, 5, 2), np.nan, np.float32)}, "21 train clips are not finite"),
        ({"x_test": np.full((4, 5, 5, 2), np.inf, np.float32)}, "4 test clips are not finite"),
    ],
)
def test_data_that_does_not_fit_the_job_is_refused(change, message):
    job, data = fold()
    with pytest.raises(ValueError, match=message):
        train_fold(job, dataclasses.replace(data, **change))


def test_pictures_are_resized_before_the_model_is_asked_what_it_takes():
    with pytest.raises(ValueError, match=r"got \(3, 30, 30\), whose axis 2 must be 28"):
        train_fold(*fold("ststnet", image_size=30))


def predicted_fold():
    """As the data of a study with --au predicted: annotations of the training clips alone."""
    job, data = fold("stag", n=21)
    people = tuple(f"c/{i % 7}" for i in range(21))
    return replace(job, au="predicted"), replace(
        data, aus_validation=None, aus_test=None, subjects_train=people
    )


def test_predicted_action_units_come_from_training_people_and_their_own_from_others():
    _, data = predicted_fold()
    given, head = with_estimated_aus(data, SEEDS)
    assert (given.aus_train > 0).all() and (given.aus_train < 1).all()  # of clips without annotation too
    np.testing.assert_array_equal(given.aus_test, head(data.x_test))
    np.testing.assert_array_equal(given.aus_validation, head(data.x_validation))
    own = np.array([who == "c/1" for who in data.subjects_train])
    # that person's AUs turned round
    other = np.where(own[:, None] & (data.aus_train >= 0), 1 - data.aus_train, data.aus_train)
    again, _ = with_estimated_aus(replace(data, aus_train=other.astype(np.float32)), SEEDS)
    np.testing.assert_array_equal(again.aus_train[own], given.aus_train[own])
    assert not np.array_equal(again.aus_train[~own], given.aus_train[~own])


def test_a_fold_with_predicted_action_units_trains_and_says_what_it_lacks():
    job, data = predicted_fold()
    result, plain = train_fold(job, data), train_fold(replace(job, au="none"), replace(data, aus_train=None))
    assert result.test_probs.shape == plain.test_probs.shape and not np.array_equal(
        result.test_probs, plain.test_probs
    )
    with pytest.raises(ValueError, match="no training clip has annotations"):
        train_fold(job, replace(data, aus_train=None))
    trained = fit("stag", job.config, data, job.classes, au="predicted", epochs=1, seed_names=SEEDS)
    assert trained.au_head is not None and trained.model.n_aus == 21
