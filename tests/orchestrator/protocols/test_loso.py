"""Leave-one-subject-out: what must hold for any corpus, however its rows are ordered."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import corpus, made, people

FOLDS = PROTOCOLS["loso"].folds


@pytest.mark.parametrize("seed", range(10))
def test_a_fold_tests_all_clips_of_the_person_it_is_named_after_and_trains_on_all_others(seed):
    clips = made(corpus(seed))
    folds = FOLDS(clips, 0)
    assert [fold.name for fold in folds] == sorted(set(clips.subjects))
    for fold in folds:
        assert people(clips, fold.test) == {fold.name}
        assert sorted(fold.train + fold.test) == sorted(clips.ids)


def test_the_same_person_number_in_two_corpora_is_two_people():
    folds = FOLDS(made([("a/01/x", "a/01", 0), ("b/01/x", "b/01", 0), ("b/01/y", "b/01", 1)]), 0)
    assert [(f.name, f.test) for f in folds] == [("a/01", ("a/01/x",)), ("b/01", ("b/01/x", "b/01/y"))]


def test_one_subject_is_refused():
    with pytest.raises(ProtocolError, match=r"at least 2 subjects, the table has 1 \(c/00\)"):
        FOLDS(made(corpus(0, n_people=1)), 0)
