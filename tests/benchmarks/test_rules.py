"""Paired intervals over people: by hand, and against the scores of the library."""

import pandas as pd
import pytest

from benchmarks.rules import compared, confusions
from orchestrator.selection import metrics
from orchestrator.statistics.people import scored

CLASSES = ["a", "b"]


def frame(called, seeds=1):
    """Four clips of two people, truth a b a b."""
    rows = [
        {"subject": f"p{i // 2}", "seed": seed, "truth": CLASSES[i % 2], "predicted": word}
        for seed in range(seeds)
        for i, word in enumerate(called)
    ]
    return pd.DataFrame(rows)


def of(called, seeds=1):
    return confusions(frame(called, seeds), CLASSES)


def test_the_uf1_is_that_of_the_library():
    assert scored(of("abbb").sum(0))["uf1"] == pytest.approx(metrics.uf1([0, 1, 0, 1], [0, 1, 1, 1], 2))
    assert scored(of("abbb", seeds=3).sum(0))["uf1"] == pytest.approx(scored(of("abbb").sum(0))["uf1"])


def test_people_are_drawn_together_for_both_rules():
    """One rule calls all of p0 right and all of p1 wrong, the other too: drawn together they never differ."""
    same = compared({"one": of("abba"), "other": of("abba")}, "one")
    assert same["other"] == [pytest.approx(0.5), 0, 0, 0]
    # all right against right on p0 alone: p0 twice no gain, p1 twice a gain of 1
    better = compared({"one": of("abab"), "other": of("abba")}, "one")["other"]
    assert better[:2] == [0.5, 0.5] and 0 <= better[2] <= 0.5 <= better[3] <= 1
