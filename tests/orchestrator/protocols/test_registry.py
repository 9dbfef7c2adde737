"""Protocols by name, and what holds for all of them: row order changes nothing, each clip is tested as often
as said."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError, canonical, protocol
from tests.orchestrator.protocols.clips import corpus, made, people, shuffled, times_tested

# How often each clip of the three corpora below is tested; a holdout tests some once and the others never.
TIMES = {
    "loso": {1},
    "megc2019": {1},
    "group_kfold": {1},
    "group_holdout": {0, 1},
    "fixed_split": {0, 1},
    "cross_corpus": {2},
    "stratified_kfold": {1},
    "holdout": {0, 1},
}


def composite(seed):
    """People 0 to 7 of each part train where a fixed split is asked for."""
    named = [f"megc2019/{part}" for part in ("casme2", "samm", "smic")]
    rows = [
        row
        for i, name in enumerate(named)
        for row in corpus(10 * seed + i, 12, name, split_of=lambda p: "train" if p < 8 else "test")
    ]
    return made(
        [
            (clip.replace("/", "_"), f"{who[: who.rindex('/')]}-{who[-2:]}", label, split)
            for clip, who, label, split in rows
        ]
    )


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("seed", range(5))
def test_any_protocol(name, seed):
    rule, k = protocol(name)
    clips = composite(seed)
    folds = rule.folds(clips, k)
    assert times_tested(clips, folds) == TIMES[name]
    assert all(rule.folds(shuffled(clips, row_order), k) == folds for row_order in range(3))
    on_both_sides = any(people(clips, fold.train) & people(clips, fold.test) for fold in folds)
    assert on_both_sides == rule.subject_dependent


def test_a_name_is_the_protocol_with_its_default_k_or_with_the_k_asked_for():
    assert protocol("loso") == (PROTOCOLS["loso"], 0)
    assert protocol("group_kfold") == (PROTOCOLS["group_kfold"], 5)
    assert protocol("group_kfold-10") == (PROTOCOLS["group_kfold"], 10)
    assert protocol("stratified_kfold")[1] == 5
    assert protocol("holdout")[1] == protocol("group_holdout")[1] == 10


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("losso", "unknown protocol 'losso'; did you mean 'loso'[?] known: cross_corpus, fixed_split"),
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
