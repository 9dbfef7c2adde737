"""k folds of whole people: like in size, nobody on both sides, by no label."""

import numpy as np
import pytest

from orchestrator.common.seeds import seed_of
from orchestrator.protocols import PROTOCOLS, ProtocolError
from orchestrator.protocols.groups import dealt
from tests.orchestrator.protocols.clips import corpus, made, people

FOLDS = PROTOCOLS["group_kfold"].folds


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("k", [2, 5, 10])
def test_folds_are_k_disjoint_groups_of_whole_people(seed, k):
    clips = made(corpus(seed))
    folds = FOLDS(clips, k)
    assert [fold.name for fold in folds] == [f"{i} of {k}" for i in range(1, k + 1)]
    assert sum(len(people(clips, fold.test)) for fold in folds) == 20  # a divided person would count twice


def test_folds_are_of_like_size():
    """Each cut is within a quarter of a fold, and half a person, of its place: two cuts make a fold."""
    for seed in range(20):
        clips = made(corpus(seed, n_people=60))
        shares = [len(fold.test) / len(clips.ids) for fold in FOLDS(clips, 5)]
        assert max(abs(share - 1 / 5) for share in shares) <= 2 * (1 / 4 / 5 + 11 / 2 / len(clips.ids))


def test_a_case_by_hand(monkeypatch):
    """Places a .1, b .2, c .3, d .8: halves by hash are abc and d. Of 20 clips the cut may have 7.5 to 12.5
    before it, and people count by their middles: of a 8, b 6, c 4 these are 4, 11 and 16, so c goes over."""
    places = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.8}
    monkeypatch.setattr(
        "orchestrator.protocols.groups.seed_of", lambda *names: int(places[names[-1]] * 2**63)
    )
    assert dealt({"a": 8, "b": 6, "c": 4, "d": 2}, 2) == [["a", "b"], ["c", "d"]]
    assert dealt({"a": 4, "b": 4, "c": 3, "d": 9}, 2) == [["a", "b", "c"], ["d"]]  # where the hashes say
    assert dealt({"a": 1, "b": 1, "c": 1, "d": 17}, 3) == [["a", "b"], ["c"], ["d"]]  # nobody empty


def test_people_lie_where_their_hashes_say_if_sizes_allow():
    clips = made([(f"c/{who:03d}/{i}", f"c/{who:03d}", 0) for who in range(400) for i in range(3)])
    low, high = FOLDS(clips, 2)
    for fold, side in ((low, 0), (high, 1)):
        at = [seed_of("people", who) / 2**62 for who in people(clips, fold.test)]
        assert all(int(place) == side for place in at)


def test_a_label_moves_nobody_and_a_stranger_hardly_anybody():
    rows = corpus(0, n_people=50)
    folds = FOLDS(made(rows), 5)
    assert FOLDS(made([(clip, who, 0) for clip, who, *_ in rows]), 5) == folds
    moved = []
    for stranger in range(20):
        more = made([*rows, *((f"x/{stranger}/{i}", f"x/{stranger}", 0) for i in range(6))])
        after = [set(fold.test) for fold in FOLDS(more, 5)]
        moved.append(
            len({clip[:4] for fold, new in zip(folds, after, strict=True) for clip in set(fold.test) - new})
        )
    assert np.mean(moved) < 2


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
