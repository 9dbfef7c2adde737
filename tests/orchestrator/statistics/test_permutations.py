"""Tests over people: by hand, how often they are wrong, how often they see a planted gain."""

import numpy as np
import pytest

from benchmarks.statistics import called_different
from orchestrator.statistics.permutations import against_chance, paired


def held(rows):
    """One clip a person, two classes: (truth, called) each."""
    made = np.zeros((len(rows), 1, 2, 2), np.int64)
    for who, (truth, called) in enumerate(rows):
        made[who, 0, truth, called] = 1
    return made


def test_all_swaps_of_few_people_by_hand():
    """Three people whom one calls right and the other wrong: of 8 swaps two are as extreme in accuracy."""
    right, wrong = held([(0, 0), (0, 0), (1, 1)]), held([(0, 1), (0, 1), (1, 0)])
    assert paired(right, wrong)["war"] == 2 / 8
    assert paired(right, right) == dict.fromkeys(("uf1", "uar", "war", "f1 0", "f1 1"), 1.0)


def test_clips_of_a_person_are_swapped_together():
    """20 clips of one person are one coin: p cannot be below one half."""
    right, wrong = 20 * held([(0, 0)]), 20 * held([(0, 1)])
    assert paired(right, wrong)["war"] == 1.0
    both = paired(np.concatenate([right, held([(1, 1)])]), np.concatenate([wrong, held([(1, 0)])]))
    assert both["war"] == 2 / 4


def test_no_difference_is_rarely_called_one_and_a_planted_gain_mostly_is():
    """Small; python -m benchmarks.statistics --coverage is larger."""
    assert called_different(300, 40, 199, 0.0) <= 0.08
    assert called_different(60, 68, 199, 0.25) >= 0.9


def rows(people, predict, seed=0):
    rng = np.random.default_rng(seed)
    who = [f"p{i // 3:02}" for i in range(3 * people)]
    truth = rng.integers(0, 2, len(who)).tolist()
    clips = [f"{person}/{i}" for i, person in enumerate(who)]
    return who, [0] * len(who), clips, truth, predict(who, truth)


def test_right_answers_are_no_chance_and_one_answer_always_is():
    right = against_chance(*rows(20, lambda who, truth: truth), 2)
    assert right["uf1"].p < 0.01 and right["uar"].expected == pytest.approx(0.5, abs=0.02)
    same = against_chance(*rows(20, lambda who, truth: [1] * len(who)), 2)
    assert (same["uar"].p, same["uar"].expected) == (1.0, 0.5)


def test_who_knows_the_corpus_alone_knows_nothing():
    """Corpus x shows class 0 mostly, y class 1: to name the corpus' own is better than chance over both, and
    is chance within each."""
    who = [f"{'xy'[i % 2]}{i // 4:02}" for i in range(120)]
    truth = [i % 2 if i % 5 else 1 - i % 2 for i in range(120)]
    clips = [f"{person}/{i}" for i, person in enumerate(who)]
    given = (who, [0] * 120, clips, truth, [i % 2 for i in range(120)], 2)
    assert against_chance(*given)["uar"].p < 0.01
    within = against_chance(*given, parts={clip: clip[0] for clip in clips})["uar"]
    assert within.p == 1.0 and within.expected == pytest.approx(0.8)


def test_chance_is_rarely_called_more_though_people_show_and_are_called_one_class():
    """Labels and predictions are both of the person: permuting clips alone finds a difference too often."""
    rng, found = np.random.default_rng(5), 0
    for _ in range(120):
        who = [f"p{i // 6:02}" for i in range(180)]
        truth = np.repeat(rng.integers(0, 2, 30), 6).tolist()
        called = np.repeat(rng.integers(0, 2, 30), 6).tolist()
        clips = [f"{person}/{i:03}" for i, person in enumerate(who)]
        found += against_chance(who, [0] * 180, clips, truth, called, 2, draws=199)["uar"].p <= 0.05
    assert found / 120 <= 0.11
