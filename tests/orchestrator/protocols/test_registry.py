"""Protocols by name, and what holds for all of them."""

import pytest

from orchestrator.protocols import PROTOCOLS, Clips, ProtocolError, canonical, protocol
from orchestrator.testing import ProtocolContract
from orchestrator.testing.protocols import invented

# How often each clip of the contract's clips is tested; a holdout tests some once and the others never.
TIMES = {
    "loso": {1},
    "megc2019": {1},
    "group_kfold": {1},
    "group_holdout": {0, 1},
    "fixed_split": {0, 1},
    "cross_corpus": {2},
    "cross_corpus_all": {2},
    "stratified_kfold": {1},
    "holdout": {0, 1},
}


class TestAnyProtocol(ProtocolContract):
    @pytest.fixture(params=PROTOCOLS)
    def protocol(self, request):
        self.times = TIMES[request.param]
        return PROTOCOLS[request.param]


@pytest.mark.parametrize("name", sorted(set(PROTOCOLS) - {"stratified_kfold", "holdout"}))
@pytest.mark.parametrize("seed", range(3))
def test_no_label_decides_who_is_held_out_but_where_the_protocol_is_of_equal_class_shares(name, seed):
    rule, clips = PROTOCOLS[name], invented(seed)
    one_class = Clips(clips.ids, clips.subjects, (0,) * len(clips.ids), clips.splits)
    assert rule.folds(clips, rule.k) == rule.folds(one_class, rule.k)


def test_a_name_is_the_protocol_with_its_default_k_or_with_the_k_asked_for():
    assert protocol("loso") == (PROTOCOLS["loso"], 0)
    assert protocol("group_kfold") == (PROTOCOLS["group_kfold"], 5)
    assert protocol("group_kfold-10") == (PROTOCOLS["group_kfold"], 10)
    assert protocol("stratified_kfold")[1] == 5
    assert protocol("holdout")[1] == protocol("group_holdout")[1] == 10


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "losso",
            "unknown protocol 'losso'; did you mean 'loso'[?] known: cross_corpus, cross_corpus_all, fixed",
        ),
        ("group_kfld-10", "unknown protocol 'group_kfld'; did you mean 'group_kfold'"),
        ("", "unknown protocol ''; known: "),
        ("loso-5", "protocol 'loso-5': loso has no number; write 'loso'"),
        ("group_kfold-1", "'1' is no whole number from 2 on; write as 'group_kfold-5'"),
        ("group_kfold--3", "'-3' is no whole number"),
        ("holdout-ten", "'ten' is no whole number"),
        ("holdout-", "'' is no whole number"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_next_step(name, message):
    with pytest.raises(ProtocolError, match=message):
        protocol(name)


def test_a_protocol_has_one_name():
    assert [canonical(name) for name in ("loso", "group_kfold", "group_kfold-5", "holdout-4")] == [
        "loso", "group_kfold-5", "group_kfold-5", "holdout-4",
    ]  # fmt: skip
