"""The signed-rank race: the test against SciPy and by enumeration, and who is stopped by whom."""

import itertools

import numpy as np
import pytest
import scipy.stats

from orchestrator.search.schedulers.evidence import pooled_uf1
from orchestrator.search.schedulers.wilcoxon import SignedRankRace, _loses, _scores, signed_rank
from tests.orchestrator.search.schedulers.folds import fold


def run(race, trial, right, of=100):
    """The answers to fold after fold."""
    return [race.reports(trial, fold(str(i), r, of)) for i, r in enumerate(right)]


@pytest.mark.parametrize("n", [2, 5, 11, 26])
def test_the_p_value_is_scipys(n):
    differences = np.random.default_rng(n).normal(-0.3, 1, n)
    expected = scipy.stats.wilcoxon(differences, alternative="less", method="exact").pvalue
    assert signed_rank(differences) == pytest.approx(expected, rel=1e-9)


def test_tied_differences_share_their_ranks():
    differences = np.array([-3.0, -1.0, 1.0, -1.0, 2.0, -2.0, -5.0])
    ranks = scipy.stats.rankdata(np.abs(differences))
    sums = [
        sum(r for r, s in zip(ranks, signs, strict=True) if s)
        for signs in itertools.product((0, 1), repeat=7)
    ]
    assert signed_rank(differences) == pytest.approx(np.mean(np.array(sums) <= ranks[differences > 0].sum()))


def test_scores_without_each_fold_are_those_of_the_others():
    folds = [
        fold("a", [3, 9, 5], loss=[0, 0, 0]),
        fold("b", [8], 12),
        fold("c", [1, 2, 9], loss=[1, np.inf, 1]),
        fold("d", [4, 0]),
    ]
    expected = [pooled_uf1(folds)] + [pooled_uf1([f for f in folds if f is not left]) for left in folds]
    np.testing.assert_allclose(_scores(folds), expected)


def test_a_trial_below_the_best_completed_one_on_every_fold_stops_at_the_first_possible_fold():
    race = SignedRankRace(p=0.1)
    assert not any(run(race, 0, [80] * 10))
    race.completed(0)
    assert run(race, 1, [60] * 5) == [False, False, False, True, True]  # 2^-4 is the first below 0.1
    assert not any(run(race, 2, [90] * 10))


def test_a_near_tie_stops_against_a_completed_trial_alone():
    race = SignedRankRace(p=0.1, indifference=0.01)
    run(race, 0, [800] * 10, of=1000)
    assert not any(run(race, 1, [805] * 10, of=1000))  # trial 0 is still under way: 0.005 above it
    race.completed(0)
    assert race.reports(1, fold("9", 805, 1000))
    assert not any(run(race, 2, [815] * 10, of=1000))  # 0.015 above it


def test_folds_are_paired_by_name_and_seed():
    """Trial 1 is better on every fold that both have, though it has only the hard ones so far."""
    race = SignedRankRace()
    run(race, 0, [20, 20, 20, 20, 20, 95, 95, 95, 95, 95])
    race.completed(0)
    assert not any(run(race, 1, [30] * 5))
    for i in range(10):
        assert not race.reports(2, fold(str(i), 0, 100, seed=1))  # another seed: nothing is shared


def test_the_better_of_two_under_way_goes_on_and_the_best_completed_one_is_kept():
    race = SignedRankRace()
    told = [
        (trial, race.reports(trial, fold(str(i), right, 100)))
        for i in range(6)
        for trial, right in ((0, 50), (1, 70), (2, 90))
    ]
    assert {trial for trial, stop in told if stop} == {0, 1}
    run(race, 2, [90] * 8)
    race.completed(2)
    race.completed(0)  # its last fold was under way when it was stopped
    assert race.best == 2
    run(race, 3, [95] * 8)
    race.completed(3)
    assert race.best == 3
    assert set(race.folds) == {3}


def test_a_failed_trial_is_no_rival():
    race = SignedRankRace()
    run(race, 0, [90] * 10)
    race.failed(0)
    race.failed(7)  # it had no fold yet
    assert not any(run(race, 1, [20] * 10))


def test_a_fold_told_twice_counts_once():
    race = SignedRankRace()
    run(race, 0, [80] * 10)
    race.completed(0)
    assert not any(race.reports(1, fold(str(i % 3), 10, 100)) for i in range(12))
    assert race.reports(1, fold("3", 10, 100))


def test_a_trial_that_is_ahead_in_all_is_not_stopped_for_being_behind_on_most_folds():
    race = SignedRankRace(p=0.1)
    run(race, 0, [50] * 12)
    race.completed(0)
    assert signed_rank(np.array([40] + [-2] * 11)) < 0.1
    assert not any(run(race, 1, [90] + [48] * 11))


def test_trials_of_one_quality_seldom_stop_the_one_that_would_win():
    """Noise alone: the pick among the completed is within the indifference of the best, in nearly all of 40
    races."""
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(40):
        right = np.clip(rng.normal(70, 6, (8, 1)) + rng.normal(0, 6, (8, 20)), 0, 100).round().astype(int)
        race, alive = SignedRankRace(), set(range(8))
        for i in range(20):
            alive -= {t for t in sorted(alive) if race.reports(t, fold(str(i), int(right[t, i]), 100))}
        gaps.append(right.mean(axis=1).max() / 100 - max((right[t].mean() / 100 for t in alive), default=0))
    assert np.mean(np.array(gaps) > 0.01) <= 0.1, gaps


def test_sums_that_go_along_decide_as_all_folds_looked_at_anew():
    """Interleaved trials, folds told twice, ends and failures: each answer is that of the whole evidence."""
    stops = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        race = SignedRankRace(indifference=0.02)
        order = [(t, f) for t in range(5) for f in range(12)] + [(t, 3) for t in range(5)]
        told: dict[int, int] = {}
        for at in rng.permutation(len(order)):
            trial, number = order[at]
            if trial in race.stopped or (trial == 4 and told.get(4, 0) > 6):
                race.failed(trial)
                continue
            told[trial] = told.get(trial, 0) + 1
            right = int(np.random.default_rng([seed, trial, number]).integers(30 + 5 * trial, 80))
            one = fold(str(number), [right, 50], 100)
            before = {t: dict(folds) for t, folds in race.folds.items()}
            best, own = race.best, before.pop(trial, {}) | {one.key: one}
            expected = any(
                _loses(own, folds, race.indifference if t == best else 0.0, race.p)
                for t, folds in before.items()
            )
            assert race.reports(trial, one) == expected
            stops += expected
            if told[trial] == 12:
                race.completed(trial)
    assert 20 < stops < 125
