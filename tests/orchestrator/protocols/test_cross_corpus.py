"""Train on one corpus, test on all others: one fold a corpus, every pair a part."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import corpus, made, times_tested

RULE = PROTOCOLS["cross_corpus"]


def test_each_corpus_trains_alone_and_is_tested_by_all_others():
    sizes = {"a": 4, "b": 6, "c": 5}
    clips = made([row for seed, (name, n) in enumerate(sizes.items()) for row in corpus(seed, n, name)])
    folds = RULE.folds(clips, 0)
    assert [fold.name for fold in folds] == ["a", "b", "c"]
    for fold in folds:
        assert set(fold.train) == {clip for clip in clips.ids if clip.startswith(f"{fold.name}/")}
        assert set(fold.test) == set(clips.ids) - set(fold.train)
    assert times_tested(clips, folds) == {2}
    assert RULE.part("a", "b", "") == "a to b"


def test_a_composite_is_divided_into_the_corpora_that_its_people_come_from():
    clips = made(
        [(f"megc2019/{who}/x", f"megc2019/{who}", 0) for who in ("smic-s01", "casme2-sub01", "casme2-sub02")]
    )
    assert [(fold.name, len(fold.train)) for fold in RULE.folds(clips, 0)] == [("casme2", 2), ("smic", 1)]


def test_one_corpus_is_refused():
    with pytest.raises(
        ProtocolError,
        match=r"at least 2 corpora, the table has 1 \(c\); give --corpus and --root once per corpus",
    ):
        RULE.folds(made(corpus(0)), 0)
