"""cross_corpus where classes differ: all classes of the source train, those of the target score."""

from dataclasses import replace

import pytest

from orchestrator.protocols import PROTOCOLS
from orchestrator.results import intervals
from orchestrator.study.study import Study
from orchestrator.study.table import merged
from tests.orchestrator.protocols.clips import corpus, made
from tests.orchestrator.tables import QUICK, table

NAMES = {"a": ("anger", "disgust", "happiness"), "b": ("disgust", "happiness", "fear")}


def of(name):
    one = table(seed=len(name))
    renamed = {
        field: tuple(text.replace("synthetic", name) for text in getattr(one, field))
        for field in ("clip_ids", "subjects")
    }
    return replace(one, corpus=name, classes=NAMES[name], **renamed)


def test_its_folds_and_parts_are_those_of_cross_corpus():
    clips = made([row for seed, name in enumerate("ab") for row in corpus(seed, 4, name)])
    rule, plain = PROTOCOLS["cross_corpus_all"], PROTOCOLS["cross_corpus"]
    assert rule.folds(clips, 0) == plain.folds(clips, 0) and rule.part("a", "b", "") == "a to b"
    assert rule.all_classes and not plain.all_classes


def test_all_classes_of_the_source_train_and_a_pair_is_scored_over_those_of_the_target():
    study = Study("stag", "cross_corpus_all", 2, 1, QUICK)
    both = merged([of("a"), of("b")], study.rule.all_classes)
    assert both.classes == ("anger", "disgust", "happiness", "fear") and not both.left_out
    for job in study.jobs(both, {}):
        assert job.classes == both.classes
        trained = {both.classes[both.truth[clip]] for clip in (*job.train, *job.validation)}
        assert trained == set(NAMES[job.fold])
    classes_of = study.classes_of(both)
    assert (
        classes_of("b/p0/c0") == ("disgust", "happiness", "fear")
        and classes_of("a/p0/c0") == both.classes[:3]
    )
    plain = replace(study, protocol="cross_corpus")
    shared = merged([of("a"), of("b")], plain.rule.all_classes)
    assert shared.classes == ("disgust", "happiness") == plain.classes_of(shared)("a/p0/c0")


def test_a_class_of_the_target_that_lost_all_its_clips_still_counts():
    b = of("b")
    lost = replace(b, lost={"b/p9/c0": "anger"}, classes=(*b.classes, "anger"))
    both = merged([of("a"), lost], all_classes=True)
    study = Study("stag", "cross_corpus_all", 2, 1, QUICK)
    assert "anger" in study.classes_of(both)("b/p0/c0")


def test_a_pairs_interval_is_over_the_same_classes_as_its_score():
    """Of three classes the part has two; all right: its UF1 is 1, and so are the ends of its interval."""
    rows = [
        {
            "fold": "a",
            "clip_id": f"b/p{who}/{i}",
            "subject": f"b/p{who}",
            "seed": 0,
            "truth": i,
            "predicted": i,
        }
        for who in range(3)
        for i in range(2)
    ]
    score = {"predictions": rows, "parts": {"a to b": {"uf1": 1.0, "classes": ["x", "y"]}}}
    held = intervals.added(score, ("x", "y", "z"), lambda fold, clip: "a to b")
    assert held["parts"]["a to b"]["interval"]["uf1"] == pytest.approx([1, 1])
    assert held["interval"]["uf1"] == pytest.approx([2 / 3, 2 / 3])
