"""Asynchronous halving by hand: rungs of 2 and 4 folds, one of two goes on."""

from orchestrator.search.schedulers.asha import AsynchronousHalving
from tests.orchestrator.search.schedulers.folds import fold


def run(scheduler, trial: int, right: list[int]) -> list[bool]:
    return [scheduler.reports(trial, fold(str(i), r)) for i, r in enumerate(right)]


def test_a_trial_is_judged_at_the_rungs_alone_by_those_that_came_before():
    scheduler = AsynchronousHalving(first=2, eta=2)
    assert run(scheduler, 0, [5, 5, 5, 5]) == [False] * 4  # the first at every rung
    assert run(scheduler, 1, [0, 6]) == [False, True]  # at rung 2 it has 0.3 against 0.5: 1 of 2 goes on
    # rung 2: 0.7; rung 4: 0.35 against 0.5
    assert run(scheduler, 2, [9, 5, 0, 0, 0]) == [False, False, False, True, True]
    # rung 2: 0.7, 0.5, 0.5, 0.3: two of four go on, one is better
    assert run(scheduler, 3, [5, 5]) == [False, False]
    assert run(scheduler, 4, [6, 4]) == [False, False]  # an equal is not better


def test_a_fold_told_twice_counts_once():
    scheduler = AsynchronousHalving(first=2, eta=2)
    assert run(scheduler, 0, [9, 9]) == [False, False]
    low = fold("a", 0)
    assert not scheduler.reports(1, low)
    assert not scheduler.reports(1, low)  # still one fold: below the rung
    assert scheduler.reports(1, fold("b", 0))
    assert not scheduler.reports(2, fold("a", 1, seed=0))
    assert scheduler.reports(2, fold("a", 1, seed=1))  # another seed is another fold


def test_the_rungs():
    scheduler = AsynchronousHalving(first=3, eta=3)
    best = [scheduler.reports(0, fold(str(i), 10)) for i in range(30)]
    assert not any(best)
    assert sorted(n for n, rung in scheduler.rungs.items() if rung) == [3, 9, 27]


def test_a_failed_trial_leaves_the_rungs():
    scheduler = AsynchronousHalving(first=2, eta=2)
    run(scheduler, 0, [9, 9])
    scheduler.failed(0)
    scheduler.completed(1)
    assert run(scheduler, 1, [1, 1]) == [False, False]
