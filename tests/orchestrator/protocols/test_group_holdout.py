"""A tenth of the clips, of whole people, once."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import corpus, made, people

FOLDS = PROTOCOLS["group_holdout"].folds


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("k", [4, 10])
def test_one_fold_tests_about_its_share_of_all_clips(seed, k):
    clips = made(corpus(seed, n_people=40))
    (fold,) = FOLDS(clips, k)
    assert fold.name == f"test 1/{k}"
    assert sorted(fold.train + fold.test) == sorted(clips.ids)
    assert not people(clips, fold.train) & people(clips, fold.test)
    # within a quarter of it, and half a person of 11 clips at most
    assert abs(len(fold.test) / len(clips.ids) - 1 / k) <= 1 / 4 / k + 11 / 2 / len(clips.ids)


def test_it_is_the_first_fold_of_group_kfold_which_no_label_has_chosen():
    rows = corpus(0, n_people=40)
    (fold,) = FOLDS(made(rows), 10)
    assert fold.test == PROTOCOLS["group_kfold"].folds(made(rows), 10)[0].test
    assert FOLDS(made([(clip, who, 0) for clip, who, *_ in rows]), 10) == (fold,)


def test_fewer_people_than_groups_are_refused():
    with pytest.raises(ProtocolError, match="6 subjects cannot make 10 groups; ask for 2 to 6"):
        FOLDS(made(corpus(0, n_people=6)), 10)
