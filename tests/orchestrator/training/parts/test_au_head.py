"""The AU head by planted AUs, an independent ridge, and what cross-fitting promises."""

import math

import numpy as np
import pytest
import safetensors.numpy
from sklearn.metrics import roc_auc_score

from orchestrator.training.parts import au_head
from orchestrator.training.parts.au_head import AUHead, cross_fit, fit

SHAPES = {
    "roi_flow": (6, 5, 2),
    "flow_picture": (3, 28, 28),
    "image": (3, 16, 20),
    "frame_pair": (2, 3, 32, 32),
    "roi_maps": (2, 3, 3, 16, 16),
    "roi_stack": (9, 8, 8),
}
PLANTED, NEVER = 2, 5


def clips(kind="roi_flow", people=8, each=8, seed=0):
    """Noise, in which AU ``PLANTED`` moves one place there and back; AU ``NEVER`` is never active, the other
    four are noise."""
    rng = np.random.default_rng(seed)
    n, shape = people * each, SHAPES[kind]
    x, aus = rng.normal(size=(n, *shape)), (rng.random((n, 6)) < 0.4).astype(np.float32)
    aus[:, NEVER] = 0
    active = aus[:, PLANTED] > 0
    if kind == "roi_flow":
        x[active, : shape[0] // 2, 1, 0] += 3
        x[active, shape[0] // 2 :, 1, 0] -= 3
    elif kind == "frame_pair":
        x += rng.normal(size=(n, 1, *shape[1:])) * 9  # a person's looks, in both frames
        x[active, 1, 0, :8, :8] += 2
    else:
        x[(active, *[0] * (len(shape) - 2), slice(8), slice(8))] += 2
    return x.astype(np.float32), aus, tuple(f"c/p{i // each}" for i in range(n))


def quality(estimates, aus):
    """Mean area under the ROC curve over AUs that occur both ways: 0.5 is chance."""
    both = [au for au in range(aus.shape[1]) if 0 < aus[:, au].mean() < 1]
    return np.mean([roc_auc_score(aus[:, au], estimates[:, au]) for au in both])


@pytest.mark.parametrize("kind", SHAPES)
def test_a_planted_au_is_found_on_new_people_and_noise_is_not(kind):
    x, aus, _ = clips(kind, people=20)
    head = fit(x[:120], aus[:120], kind)
    estimates, truth = head(x[120:]), aus[120:]
    assert (
        estimates.shape == truth.shape
        and estimates.dtype == np.float32
        and (estimates > 0).all()
        and (estimates < 1).all()
    )
    assert quality(estimates[:, [PLANTED]], truth[:, [PLANTED]]) > 0.8
    assert abs(quality(estimates[:, [0, 1, 3, 4]], truth[:, [0, 1, 3, 4]]) - 0.5) < 0.15
    np.testing.assert_allclose(estimates[:, NEVER], 0.5 / 121, rtol=1e-6)
    assert head(x[:0]).shape == (0, 6)


def test_a_drift_at_even_speed_is_a_turning_head_and_changes_nothing():
    x, aus, _ = clips()
    head = fit(x, aus, "roi_flow")
    np.testing.assert_allclose(head(x + np.float32([[4, -7]])), head(x), rtol=1e-3)
    one = x[:, :1]
    assert np.ptp(fit(one, aus, "roi_flow")(one)[:, PLANTED]) > 0.1  # a single step is taken as it is


# fewer clips than the 10 features, and more: two ways to the same weights
@pytest.mark.parametrize("n", [8, 64])
def test_the_scores_are_those_of_ridge_regression(n):
    x, aus, _ = clips()
    x, aus = x[:n], aus[:n]
    path = x.astype(np.float64).cumsum(1)
    steps = x.shape[1]
    features = sum(path[:, t] - path[:, -1] * (t + 1) / steps for t in range(steps)).reshape(n, -1) / steps
    z = (features - features.mean(0)) / features.std(0)
    size = z.shape[1]
    # ridge as least squares with one more equation for each weight: weight * sqrt(penalty) = 0
    equations = np.vstack([z, math.sqrt(au_head.RIDGE * size) * np.eye(size)])
    mean = aus.mean(0, dtype=np.float64)
    weights = np.linalg.lstsq(equations, np.vstack([aus - mean, np.zeros((size, 6))]), rcond=None)[0]
    base = (aus.sum(0) + 0.5) / (n + 1)
    logits = np.log(base / (1 - base)) + au_head.SLOPE * (z @ weights) / (base * (1 - base))
    np.testing.assert_allclose(fit(x, aus, "roi_flow")(x), 1 / (1 + np.exp(-logits)), rtol=1e-5)


def test_estimates_stay_inside_0_and_1_far_from_every_training_clip():
    x, aus, _ = clips()
    estimates = fit(x, aus, "roi_flow")(x * np.float32(1e6))
    assert (estimates > 0).all() and (estimates < 1).all() and np.ptp(estimates[:, PLANTED]) > 0.99


def test_a_feature_that_never_varies_decides_nothing():
    x, aus, _ = clips("flow_picture", each=7)
    x[:, 2] = 0.1
    head = fit(x, aus, "flow_picture")
    moved = x.copy()
    moved[:, 2] = 5
    assert np.isfinite(head(x)).all()
    np.testing.assert_allclose(head(moved), head(x), rtol=1e-6)


def test_clips_without_annotation_are_left_out_of_fitting_and_get_estimates():
    x, aus, subjects = clips()
    missing = np.arange(len(x)) % 3 == 0
    some = np.where(missing[:, None], np.float32(-1), aus)
    np.testing.assert_array_equal(fit(x, some, "roi_flow")(x), fit(x[~missing], aus[~missing], "roi_flow")(x))
    estimates = cross_fit(x, some, subjects, "roi_flow", 0)
    assert (estimates > 0).all()
    loud = np.where(missing[:, None, None, None], x * 50, x)
    np.testing.assert_array_equal(
        cross_fit(loud, some, subjects, "roi_flow", 0)[~missing], estimates[~missing]
    )
    with pytest.raises(ValueError, match="no training clip"):
        fit(x, -np.ones_like(aus), "roi_flow")


@pytest.mark.parametrize("people", [3, 5, 8])
def test_a_persons_own_clips_and_aus_decide_nothing_about_their_estimates(people):
    x, aus, subjects = clips(people=people)
    before = cross_fit(x, aus, subjects, "roi_flow", 3)
    for person in sorted(set(subjects)):
        own = np.array([s == person for s in subjects])
        other_aus, other_x = aus.copy(), x.copy()
        other_aus[own] = 1 - aus[own]
        other_x[np.flatnonzero(own)[1:]] *= 9
        after = cross_fit(other_x, other_aus, subjects, "roi_flow", 3)
        first = np.flatnonzero(own)[0]  # its flow is as before
        np.testing.assert_array_equal(after[first], before[first])
        assert (after[~own] != before[~own]).any()  # others do learn from this person


def test_cross_fitting_uses_everybody_outside_the_group():
    x, aus, subjects = clips(people=4)
    estimates = cross_fit(x, aus, subjects, "roi_flow", 0)
    for person in set(subjects):  # fewer than five people: each alone
        own = np.array([s == person for s in subjects])
        np.testing.assert_allclose(estimates[own], fit(x[~own], aus[~own], "roi_flow")(x[own]), rtol=1e-6)
    x, aus, subjects = clips(people=12)
    dealt = [cross_fit(x, aus, subjects, "roi_flow", seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(dealt[0], dealt[1])
    assert not np.array_equal(dealt[0], dealt[2])


def test_estimates_of_training_clips_are_no_better_than_those_of_new_people():
    rng = np.random.default_rng(0)
    x, subjects = (
        rng.normal(size=(60, *SHAPES["flow_picture"])).astype(np.float32),
        [f"p{i // 6}" for i in range(60)],
    )
    aus = (rng.random((60, 12)) < 0.3).astype(np.float32)  # nothing to find
    assert quality(fit(x, aus, "flow_picture")(x), aus) > 0.95
    assert quality(cross_fit(x, aus, subjects, "flow_picture", 0), aus) < 0.6


def test_the_order_of_the_clips_does_not_matter():
    x, aus, subjects = clips(people=12)
    aus[::5] = -1
    order = np.random.default_rng(1).permutation(len(x))
    shuffled = [subjects[i] for i in order]
    np.testing.assert_allclose(
        fit(x[order], aus[order], "roi_flow")(x), fit(x, aus, "roi_flow")(x), rtol=1e-5
    )
    expected = cross_fit(x, aus, subjects, "roi_flow", 0)[order]
    np.testing.assert_allclose(cross_fit(x[order], aus[order], shuffled, "roi_flow", 0), expected, rtol=1e-5)


def test_two_annotated_people_are_enough_and_one_is_not():
    x, aus, subjects = clips(people=12, each=3)
    aus[6:] = -1
    assert all((cross_fit(x, aus, subjects, "roi_flow", seed) > 0).all() for seed in range(20))
    aus[3:] = -1
    with pytest.raises(ValueError, match="two annotated people on, got 1 of 12"):
        cross_fit(x, aus, subjects, "roi_flow", 0)


@pytest.mark.parametrize(
    ("kind", "stored"), [("roi_flow", np.float32), ("image", np.float16), ("frame_pair", np.uint8)]
)
def test_a_head_comes_back_from_safetensors(kind, stored, tmp_path):
    x, aus, _ = clips(kind)
    x = (x * 8 + 128).astype(stored)
    x.flags.writeable = False  # as Ray hands it over
    head = fit(x, aus, kind)
    safetensors.numpy.save_file(head.state(), tmp_path / "head")
    again = AUHead.of(safetensors.numpy.load_file(tmp_path / "head"))
    np.testing.assert_array_equal(again(x), head(x))
    np.testing.assert_array_equal(again(x.astype(np.float32)), head(x))  # a served model gets float32
