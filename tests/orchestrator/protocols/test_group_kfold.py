"""k folds of whole people: like in size and classes, rare classes spread, nobody on both sides."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import classes, corpus, made, people

FOLDS = PROTOCOLS["group_kfold"].folds


def shares(clips, tests):
    """(folds, classes + 1): each fold's share of every class and of all clips."""
    total = classes(clips, clips.ids)
    return np.array(
        [
            [*(classes(clips, test)[c] / total[c] for c in sorted(total)), len(test) / len(clips.ids)]
            for test in tests
        ]
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("k", [2, 5, 10])
def test_folds_are_k_disjoint_groups_of_whole_people(seed, k):
    clips = made(corpus(seed))
    folds = FOLDS(clips, k)
    assert [fold.name for fold in folds] == [f"{i} of {k}" for i in range(1, k + 1)]
    assert sum(len(people(clips, fold.test)) for fold in folds) == 20  # a divided person would count twice


def test_sizes_and_class_shares_are_closer_to_equal_than_those_of_scikit_learn():
    mine, theirs = [], []
    for seed in range(20):
        clips = made(corpus(seed, n_people=30))
        splits = StratifiedGroupKFold(5).split(clips.ids, clips.labels, clips.subjects)
        theirs.append(
            np.abs(shares(clips, [[clips.ids[i] for i in test] for _, test in splits]) - 0.2).max(axis=0)
        )
        mine.append(np.abs(shares(clips, [fold.test for fold in FOLDS(clips, 5)]) - 0.2).max(axis=0))
    assert (np.mean(mine, axis=0) < np.mean(theirs, axis=0)).all()
    assert np.max(mine, axis=0)[-1] < 0.03  # size
    assert np.max(mine) < 0.1  # any class, even one of 20 clips


@pytest.mark.parametrize("seed", range(20))
def test_a_class_of_a_few_people_is_spread_over_as_many_folds(seed):
    """Its people also show other classes: balance of those must not bring them together."""
    rows = corpus(seed)
    for person in (3, 7, 11, 15):
        rows.append((f"c/{person:02d}/rare", f"c/{person:02d}", 3, ""))
    clips = made(rows)
    assert sorted(classes(clips, fold.test)[3] for fold in FOLDS(clips, 5)) == [0, 1, 1, 1, 1]


def test_a_case_by_hand():
    """Largest first: a, then b apart from a; c (class 1) goes to a, which has none of it; d to b."""
    rows = [
        (f"c/{who}/{i}", f"c/{who}", label)
        for who, labels in {"a": [0, 0, 0], "b": [0, 0, 1], "c": [1, 1], "d": [0]}.items()
        for i, label in enumerate(labels)
    ]
    clips = made(rows)
    assert [people(clips, fold.test) for fold in FOLDS(clips, 2)] == [{"c/a", "c/c"}, {"c/b", "c/d"}]


def test_people_who_share_no_class_are_balanced_by_size():
    """No class has anything to balance: 8 + 1, 5 + 4 and 6 + 3 clips come from the numbers of clips alone."""
    sizes = [1, 3, 4, 5, 6, 8]
    clips = made([(f"c/{who}/{i}", f"c/{who}", who) for who, n in enumerate(sizes) for i in range(n)])
    assert [len(fold.test) for fold in FOLDS(clips, 3)] == [9, 9, 9]


def test_as_many_folds_as_people_is_leave_one_subject_out_and_more_is_refused():
    clips = made(corpus(0, n_people=6))
    assert {fold.test for fold in FOLDS(clips, 6)} == {
        fold.test for fold in PROTOCOLS["loso"].folds(clips, 0)
    }
    with pytest.raises(ProtocolError, match="6 subjects cannot make 7 groups; ask for 2 to 6"):
        FOLDS(clips, 7)
    with pytest.raises(ProtocolError, match="6 subjects cannot make 1 groups"):
        FOLDS(clips, 1)
    with pytest.raises(ProtocolError, match="1 subjects cannot be divided"):
        FOLDS(made(corpus(0, n_people=1)), 5)
