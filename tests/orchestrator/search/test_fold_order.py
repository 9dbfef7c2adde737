"""The order of a trial's folds: validation clips new before old, seeds in turns, nothing lost."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from orchestrator.search.fold_order import informative
from orchestrator.study.study import Study
from tests.orchestrator.tables import QUICK, table


def job(name, validation, seed=0):
    return SimpleNamespace(fold=name, validation=tuple(validation), seed=seed)


def names(jobs):
    return "".join(j.fold for j in jobs)


def test_next_is_the_fold_with_most_new_clips_then_the_earlier():
    # a, b, c have 3 new: a; then b has 1 (z), c 2 (x, y), d 1 (z): c; then b and d 1 each: b; d is left
    jobs = [job("a", "abc"), job("b", "abz"), job("d", "az"), job("c", "axy")]
    assert names(informative(jobs)) == "acbd"


def test_when_no_clip_is_new_all_count_as_new_again():
    # a validates all; then c, the largest; then d, as 3 is new to that round and 1 is not
    assert names(informative([job("a", "123"), job("b", "1"), job("c", "12"), job("d", "3")])) == "acdb"


def test_seeds_take_turns():
    jobs = [
        job("a", "12"),
        job("b", "34"),
        job("c", "5"),
        job("x", "1", 1),
        job("y", "2", 1),
        job("z", "3", 1),
    ]
    # a has 2 new; seed 1: of x, y, z only z has any; seed 0: of b, c b is earlier with 1 (4); seed 1 has
    # nothing new: all new, x ...
    assert names(informative(jobs)) == "azbxcy"


def test_without_validation_people_the_order_stays():
    jobs = [job("b", "", 1), job("c", "", 1), job("a", "", 0)]
    assert informative(jobs) == jobs


@pytest.mark.parametrize("seed", range(10))
def test_every_job_comes_once_and_early_folds_cover(seed):
    rng = np.random.default_rng(seed)
    jobs = [job(str(i), [str(c) for c in np.flatnonzero(rng.random(60) < 0.25)]) for i in range(24)]
    order = informative(jobs)
    assert sorted(j.fold for j in order) == sorted(j.fold for j in jobs)
    for n in range(1, 6):
        covered = [len(set().union(*(j.validation for j in some[:n]))) for some in (order, jobs)]
        assert covered[0] >= covered[1]


def test_all_trials_of_a_study_have_one_order_and_test_clips_do_not_move_it():
    study = Study("stag", "loso", 2, 2, QUICK)
    jobs = study.jobs(table(people=6), {})
    order = [(j.fold, j.seed) for j in informative(jobs)]
    other = study.jobs(table(people=6), {"recipe.lr": 1e-3})
    assert [(j.fold, j.seed) for j in informative(other)] == order
    assert [
        (j.fold, j.seed) for j in informative([replace(j, test=j.test[::-1], config={}) for j in jobs])
    ] == order
    assert sorted(order) == sorted((j.fold, j.seed) for j in jobs)
