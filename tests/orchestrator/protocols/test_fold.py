"""What every protocol goes through: the table is sound, and folds that leak or are broken never get out."""

import dataclasses

import pytest

from orchestrator.protocols import Clips, Fold, Protocol, ProtocolError
from orchestrator.protocols.fold import held_out, source
from tests.orchestrator.protocols.clips import made

CLIPS = made([("c/a/1", "c/a", 0), ("c/a/2", "c/a", 1), ("c/b/1", "c/b", 0), ("c/c/1", "c/c", 1)])
SOUND = Fold("a", ("c/b/1", "c/c/1"), ("c/a/1", "c/a/2"))


def rule(*folds, **options):
    return Protocol(folds=lambda clips, k: folds, **options)


def test_a_protocol_that_has_a_person_on_both_sides_is_stopped_unless_it_says_so():
    leaky = Fold("leak", ("c/a/1", "c/b/1"), ("c/a/2", "c/c/1"))
    with pytest.raises(
        ProtocolError, match="fold 'leak' trains on people whom it tests: 'c/a'; the protocol is wrong"
    ):
        rule(SOUND, leaky).folds(CLIPS, 0)
    assert rule(SOUND, leaky, subject_dependent=True).folds(CLIPS, 0) == (SOUND, leaky)
    with pytest.raises(ProtocolError, match="'leak' trains on people"):
        dataclasses.replace(rule(leaky), k=1).folds(CLIPS, 0)  # a copy is guarded too


@pytest.mark.parametrize("subject_dependent", [False, True])
@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], r"folds \(none\): at least one is needed"),
        ([SOUND, SOUND], "folds a, a: at least one is needed, each with a name of its own"),
        ([Fold("a", (), ("c/a/1",))], "fold 'a': train must hold clips of the table"),
        ([Fold("a", ("c/b/1",), ())], "fold 'a': test must hold clips of the table"),
        (
            [Fold("a", ("c/c/1", "c/b/1"), ("c/a/1",))],
            "train must hold clips of the table, sorted, each once, and holds 2: 'c/c/1'",
        ),
        ([Fold("a", ("c/b/1",), ("c/a/1", "c/a/1"))], "test must hold clips of the table, sorted, each once"),
        ([Fold("a", ("c/b/1", "c/z/1"), ("c/a/1",))], "train must hold clips of the table"),
        ([Fold("a", ("c/a/1", "c/b/1"), ("c/a/1",))], "fold 'a' trains on clips that it tests: 'c/a/1'"),
    ],
)
def test_broken_folds_are_stopped(folds, message, subject_dependent):
    with pytest.raises(ProtocolError, match=message):
        rule(*folds, subject_dependent=subject_dependent).folds(CLIPS, 0)


def test_held_out_trains_on_the_rest():
    assert held_out("a", CLIPS, ["c/a/2", "c/a/1"]) == SOUND


def test_a_doubled_clip_and_a_missing_entry_are_refused():
    with pytest.raises(ProtocolError, match="'c/1/a' occurs more than once"):
        made([("c/1/a", "c/1", 0), ("c/2/b", "c/2", 0), ("c/1/a", "c/1", 0)])
    with pytest.raises(ProtocolError, match="2 clips but 1 subjects"):
        Clips(("c/1/a", "c/2/b"), ("c/1",), (0, 0), ("", ""))
    with pytest.raises(ProtocolError, match="2 clips but 3 labels"):
        Clips(("c/1/a", "c/2/b"), ("c/1", "c/2"), (0, 0, 0), ("", ""))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("casme2/sub01", "megc2019/casme2-sub01"),
        ("megc2019/smic-s01", "smic_hs/s01"),
        ("megc2019/samm-006", "ststnet_flow/samm-006"),
    ],
)
def test_a_person_of_a_composite_and_of_its_own_corpus_is_one_person(one, other):
    with pytest.raises(ProtocolError, match=f"'{one}' and '{other}' are one person"):
        made([("x/1", one, 0), ("y/1", other, 0)])
    made([("x/1", one, 0), ("y/1", other + "2", 0)])


def test_the_source_of_a_composites_person_is_the_corpus_it_comes_from():
    people = ("casme2/sub01", "megc2019/casme2-sub01", "ststnet_flow/smic-s01", "casme3/A-spNO.1")
    assert [source(who) for who in people] == ["casme2", "casme2", "smic", "casme3"]
