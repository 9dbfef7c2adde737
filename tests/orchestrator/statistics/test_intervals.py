"""Intervals over people: by hand, against SciPy on people of one clip, and whether they hold what they
promise."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.statistics import covered, study
from orchestrator.selection import metrics
from orchestrator.statistics.intervals import bca, differences, drawn_people, intervals, of_means, spread
from orchestrator.statistics.people import alike, counts, scored

RNG = np.random.default_rng(7)


def one_clip_people(n=400, right=0.7):
    truth = RNG.choice(3, n, p=(0.5, 0.3, 0.2))
    return truth, np.where(RNG.random(n) < right, truth, RNG.choice(3, n))


def held_of(truth, called):
    return counts(np.arange(len(truth)), np.zeros(len(truth), int), truth, called, 3)


def test_a_sum_over_people_scores_as_the_pooled_predictions_do_and_seeds_are_means():
    people, seeds = ["b", "a", "b", "a", "b", "a"], [0, 0, 0, 1, 1, 1]
    truth, called = [0, 1, 1, 1, 1, 0], [0, 1, 0, 1, 1, 1]
    held = counts(people, seeds, truth, called, 2)
    assert held.shape == (2, 2, 2, 2) and held[0, 0].tolist() == [[0, 0], [0, 1]]  # a comes first
    each = [metrics.evaluate(truth[at : at + 3], called[at : at + 3], "xy") for at in (0, 3)]
    for name in ("uf1", "uar", "war"):
        assert scored(held.sum(0))[name] == pytest.approx(np.mean([one[name] for one in each]))


def test_scipys_own_bootstrap_says_the_same_of_people_of_one_clip():
    truth, called = one_clip_people()
    uf1 = lambda a, b: metrics.uf1(a, b, 3)  # noqa: E731
    other = stats.bootstrap(
        (truth, called), uf1, paired=True, vectorized=False, n_resamples=3000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert intervals(held_of(truth, called))["uf1"] == pytest.approx(tuple(other), abs=0.006)


def test_people_are_drawn_whole():
    """Ten clips of one person say no more than one: the same interval."""
    truth, called = one_clip_people(40)
    once, often = held_of(truth, called), 10 * held_of(truth, called)
    for name, ends in intervals(once).items():
        assert intervals(often)[name] == pytest.approx(ends)
        assert intervals(np.repeat(once, 3, axis=1))[name] == pytest.approx(ends)  # equal seeds add nothing


def test_where_nothing_varies_both_ends_are_the_score_and_one_person_has_no_interval():
    truth = np.array([0, 1, 2] * 4)
    assert intervals(held_of(truth, truth))["war"] == (1.0, 1.0)
    assert intervals(held_of(truth, truth)[:1]) == {}
    assert bca(0.5, np.full(10, 0.5), np.full(3, 0.5)) == (0.5, 0.5)


def test_bias_skew_and_few_people_by_hand():
    """Draws that lie evenly in 0..1 and 5 people: the tails are t(4) = 2.776 times sqrt(5/4) = 3.104
    deviations from the middle, which a normal variable exceeds in .00095. One person who pulls by -.8 where
    the others pull by .2 gives the acceleration -.48 / (6 * .8 ** 1.5) = -.1118: 3.104 / (1 + .347) = 2.304,
    beyond which lies .0106."""
    even, alike_ = np.linspace(0, 1, 100_001), np.array([0.4, 0.45, 0.5, 0.55, 0.6])
    assert bca(0.5, even, alike_) == pytest.approx((0.00095, 0.99905), abs=2e-5)
    assert bca(0.5, even, np.array([0, 0, 0, 0, 1.0])) == pytest.approx((0, 0.9894), abs=1e-4)
    # six of ten draws lie above the score, as if it were too low: both ends move by twice z(.4)
    low, high = bca(0.4, even, np.linspace(0.4, 0.6, 1001))
    z = stats.norm.ppf(0.4)
    assert (low, high) == pytest.approx(stats.norm.cdf(2 * z + np.array([-1.9633, 1.9633])), abs=1e-4)


def test_the_interval_of_invented_studies_holds_the_truth():
    """A small one; python -m benchmarks.statistics --coverage is larger. sd of 300 at .95 is .013."""
    assert 0.91 <= covered(300, 40, 500)["bca"] <= 0.98


def test_a_difference_is_of_the_same_people_and_identical_models_have_none():
    one, other = study(40, np.random.default_rng(3), gain=0.2)
    same = differences(one, one)["uf1"]
    assert (same.value, same.interval, same.sd, same.effect) == (0.0, (0.0, 0.0), 0.0, 0.0)
    made = differences(other, one)
    assert made["uf1"].value == pytest.approx(float(scored(other.sum(0))["uf1"] - scored(one.sum(0))["uf1"]))
    assert made["uf1"].interval[0] > 0 and made["uf1"].effect > 0
    back = differences(one, other)["uf1"]
    assert (-back.interval[1], -back.interval[0]) == pytest.approx(made["uf1"].interval, abs=2e-3)
    assert set(made) == {"uf1", "uar", "war", "f1 0", "f1 1", "f1 2"}


def test_seeds_of_other_numbers_are_repeated_which_changes_no_score():
    one = study(10, np.random.default_rng(0), seeds=2)[0]
    other = study(10, np.random.default_rng(0), seeds=3)[1]
    a, b = alike(one, other)
    assert a.shape[1] == b.shape[1] == 6
    assert scored(a.sum(0))["uf1"] == pytest.approx(scored(one.sum(0))["uf1"])


def test_the_interval_of_a_mean_over_people_is_students_where_they_are_normal_and_skips_who_does_not_count():
    values = np.random.default_rng(2).normal(0.5, 0.1, 60)
    three = np.full((3, 80), np.nan)
    three[0, :60] = three[1, 20:] = values  # who is drawn varies, and so how many count
    three[2, 0] = 0.5
    more = of_means(three)
    ((low, high),) = of_means(values[None])
    wide = stats.t.ppf(0.975, 59) * values.std(ddof=1) / np.sqrt(60)
    assert (low, high) == pytest.approx((values.mean() - wide, values.mean() + wide), abs=0.002)
    assert [*more[0], *more[1]] == pytest.approx([low, high] * 2, abs=0.003)
    assert more[2] is None and of_means(np.array([[0.5, 0.5]])) == [(0.5, 0.5)]


def test_spread_of_seeds_and_of_people_are_apart():
    truth, called = one_clip_people(60)
    held = held_of(truth, called)
    assert spread(held).seeds is None
    again = spread(np.repeat(held, 4, axis=1))
    assert again.seeds == 0 and again.people == pytest.approx(spread(held).people)
    assert again.people == pytest.approx(np.std(drawn_uf1(held), ddof=1))


def drawn_uf1(held):
    """One draw after the other."""
    weights = drawn_people(len(held)).astype(int)
    return [float(scored(np.repeat(held, row, axis=0).sum(0))["uf1"]) for row in weights]
