"""The corpus' own split: train trains, all others are tested in one fold; a split that leaks or lacks a side
is refused."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from preprocessing.datasets.dfme import SPLITS
from tests.orchestrator.protocols.clips import corpus, made

RULE = PROTOCOLS["fixed_split"]
ROWS = [
    ("d/1/a", "d/1", 0, "train"),
    ("d/2/a", "d/2", 1, "testB"),
    ("d/3/a", "d/3", 1, "testA"),
    ("d/1/b", "d/1", 1, "train"),
]


def test_one_fold_tests_all_other_splits_and_reports_each():
    (fold,) = RULE.folds(made(ROWS), 0)
    assert fold.name == "testA+testB"
    assert fold.train == ("d/1/a", "d/1/b")
    assert fold.test == ("d/2/a", "d/3/a")
    assert RULE.part(fold.name, "dfme", "testA") == "testA"


def test_the_splits_of_dfme_are_known():
    rows = corpus(0, n_people=12, name="dfme", split_of=lambda person: list(SPLITS)[person % 3])
    (fold,) = RULE.folds(made(rows), 0)
    assert set(fold.train) == {clip for clip, _, _, split in rows if split == "train"}
    assert fold.name == "testA+testB"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (corpus(0), "needs a corpus that fixes splits"),
        ([*ROWS, ("e/1/a", "e/1", 0, "")], "1 of 5 clips have no split: 'e/1/a'"),
        (
            [row for row in ROWS if row[3] != "train"],
            "needs clips of split 'train' and of another one, the table has testA, testB",
        ),
        ([row for row in ROWS if row[3] == "train"], "and of another one, the table has train;"),
        (
            [*ROWS, ("d/3/b", "d/3", 0, "train")],
            "1 people are both in 'train' and in testA, testB: 'd/3'; mend the split",
        ),
    ],
)
def test_a_split_that_cannot_be_used_is_refused_with_the_reason(rows, message):
    with pytest.raises(ProtocolError, match=message):
        RULE.folds(made(rows), 0)


def test_a_person_in_two_tested_splits_is_no_leak():
    assert RULE.folds(made([*ROWS, ("d/3/b", "d/3", 0, "testB")]), 0)[0].test == ("d/2/a", "d/3/a", "d/3/b")
