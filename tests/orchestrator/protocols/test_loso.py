"""Leave-one-subject-out: what must hold for any corpus, however its rows are ordered."""

import numpy as np
import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError, loso


def corpus(clips_per_subject, seed):
    rows = [(f"c/{s:02d}/{k}", f"c/{s:02d}") for s, n in enumerate(clips_per_subject) for k in range(n)]
    np.random.default_rng(seed).shuffle(rows)
    return [str(c) for c, _ in rows], [str(s) for _, s in rows]


@pytest.mark.parametrize("seed", range(10))
def test_every_clip_is_tested_once_by_a_model_that_never_saw_its_subject(seed):
    ids, subjects = corpus([1, 4, 2, 7], seed)
    subject_of = dict(zip(ids, subjects, strict=True))
    folds = loso.folds(ids, subjects)
    assert sorted(c for f in folds for c in f.test) == sorted(ids)
    for fold in folds:
        assert {subject_of[c] for c in fold.test} == {fold.name}
        assert fold.name not in {subject_of[c] for c in fold.train}
        assert sorted(fold.train + fold.test) == sorted(ids)


def test_folds_are_sorted_and_row_order_changes_nothing():
    expected = loso.folds(*corpus([3, 1, 5], 0))
    assert [fold.name for fold in expected] == ["c/00", "c/01", "c/02"]
    assert all(loso.folds(*corpus([3, 1, 5], seed)) == expected for seed in range(1, 8))


def test_the_same_person_number_in_two_corpora_is_two_people():
    folds = loso.folds(["a/01/x", "b/01/x", "b/01/y"], ["a/01", "b/01", "b/01"])
    assert [(f.name, f.test) for f in folds] == [("a/01", ("a/01/x",)), ("b/01", ("b/01/x", "b/01/y"))]


def test_one_subject_a_doubled_clip_and_a_missing_subject_are_refused():
    with pytest.raises(ProtocolError, match=r"at least 2 subjects, the table has 1 \(c/00\)"):
        loso.folds(*corpus([5], 0))
    with pytest.raises(ProtocolError, match="'c/1/a' occurs more than once"):
        loso.folds(["c/1/a", "c/2/b", "c/1/a"], ["c/1", "c/2", "c/1"])
    with pytest.raises(ProtocolError, match="2 clips but 1 subjects"):
        loso.folds(["c/1/a", "c/2/b"], ["c/1"])


def test_registered_by_its_file_name():
    assert PROTOCOLS["loso"] is loso.folds
