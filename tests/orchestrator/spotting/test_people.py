"""Intervals over people: the pooled scores are those of metrics.scores, and whole people are drawn."""

import numpy as np
import pytest

from orchestrator.spotting.metrics import Spotted, scores
from orchestrator.spotting.people import held, measured
from orchestrator.statistics.intervals import intervals

CLASSES = ("negative", "positive", "surprise")


def some(seed, people=6):
    rng = np.random.default_rng(seed)
    made = {}
    for number in range(people):
        true, found = [], []
        for at in range(0, 1000, 50):
            kind = str(rng.choice(["micro", "micro", "macro"]))
            word = str(rng.choice([*CLASSES, ""])) if kind == "micro" else ""
            true.append(Spotted(f"{number}", at, at + 9, kind, word))
            if rng.random() < 0.7:
                said = str(rng.choice([*CLASSES, ""]))
                found.append(Spotted(f"{number}", at + int(rng.integers(8)), at + 10, kind, said))
        made[f"p{number}"] = (true, found)
    return made


@pytest.mark.parametrize("seed", range(5))
def test_the_value_is_the_pooled_score_of_all_videos(seed):
    given = some(seed)
    made = measured(held(given, CLASSES))
    every = [[each for one in given.values() for each in one[i]] for i in range(2)]
    whole = scores(*every, classes=CLASSES)
    for kind, counts in whole.spotting.items():
        assert made[f"{kind} f1"].value == pytest.approx(counts.f1)
        assert made[f"{kind} recall"].value == pytest.approx(counts.recall)
        assert made[f"{kind} precision"].value == pytest.approx(counts.precision)
    assert made["recognition f1"].value == pytest.approx(whole.recognition_f1)
    assert made["strs"].value == pytest.approx(whole.strs)
    for score in made.values():
        low, high = score.interval
        assert low <= score.value <= high


def test_the_interval_is_one_over_people_and_not_over_expressions():
    given = some(0, people=4)
    doubled = {f"{name}{half}": of for name, of in given.items() for half in "ab"}  # eight people, as alike
    narrow, wide = (measured(held(one, ()))["all f1"].interval for one in (doubled, given))
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_the_interval_is_the_one_of_every_other_table():
    """Precision is a share of what was spotted, as accuracy is one of clips: the same counts, the same
    interval."""
    made = held(some(3), ())
    matrices = np.zeros((6, 1, 2, 2), np.int64)
    matrices[:, 0, 0, 0], matrices[:, 0, 0, 1] = made.counts[:, 0, 0], made.counts[:, 0, 1]
    assert measured(made)["micro precision"].interval == pytest.approx(intervals(matrices)["war"])


def test_people_who_are_all_alike_leave_no_width_and_one_alone_has_none():
    one = some(1, people=1)["p0"]
    low, high = measured(held({f"p{i}": one for i in range(5)}, ()))["micro f1"].interval
    assert low == high
    alone = measured(held({"p0": one}, ()))
    assert alone["micro f1"].interval is None and "strs" not in alone


def test_nothing_there_and_nothing_found_is_zero():
    made = measured(held({"a": ([], []), "b": ([], [])}, CLASSES))
    assert {score.value for score in made.values()} == {0.0}
