"""Scores of parts: which classes count. (test_rules.py has the scores of whole sweeps.)"""

import dataclasses

import pytest

from orchestrator.selection.choose import choose
from orchestrator.selection.records import TrialRecord
from orchestrator.selection.scores import score
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.selection.test_rules import T01


def test_a_part_is_scored_over_its_own_classes():
    """Corpus c has no pos: over its own class its one right and one wrong clip give F1 2/3, over both 1/3."""
    one = dataclasses.replace(record("a", [[0, 1, 1]], [[0, 1]], T01), test=("c/p/0", "c/p/1", "d/q/0"))
    trials = [TrialRecord(0, {}, (one,))]
    truth = {"c/p/0": 0, "c/p/1": 0, "d/q/0": 1}
    for classes_of, classes, uf1 in (
        (lambda clip: ("neg",) if clip[0] == "c" else ("neg", "pos"), ["neg"], 2 / 3),
        (None, ["neg", "pos"], 1 / 3),
    ):
        choices = choose("last_epoch", trials)
        part_of = lambda fold, clip: clip[0]  # noqa: E731
        made = score(choices, trials, truth, ("neg", "pos"), part_of, classes_of=classes_of)
        part = made["parts"]["c"]
        assert (part["classes"], part["uf1"], part["war"]) == (classes, pytest.approx(uf1), 1 / 2)
        assert set(part["f1"]) == set(part["recall"]) == set(classes)
