"""NaME's adapter: the manifest's layout under a name and schemes of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.study.labels import classify
from preprocessing.datasets.reading import read
from tests.fake_corpora import fake_manifest
from tests.preprocessing.datasets.contract import AdapterContract


class TestNaME(AdapterContract):
    corpus = "name"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_manifest(tmp_path)


def test_it_is_the_manifest_under_its_own_name(tmp_path: Path) -> None:
    root = fake_manifest(tmp_path)
    ours, theirs = read("name", root), read("manifest", root)
    assert [clip.clip_id for clip in ours] == [
        clip.clip_id.replace("manifest/", "name/", 1) for clip in theirs
    ]
    assert [(c.emotion, c.onset, c.apex, c.aus) for c in ours] == [
        (c.emotion, c.onset, c.apex, c.aus) for c in theirs
    ]


def test_others_are_negative_in_three_classes_and_no_class_in_five() -> None:
    words = ["happiness", "surprise", "others", "Other ", "sad", "anger"]
    assert classify("name", words, "3").index == [1, 2, 0, 0, 0, 0]
    five = classify("name", words, "5")
    assert [None if i is None else five.classes[i] for i in five.index] == [
        "happiness",
        "surprise",
        None,
        None,
        "sadness",
        "anger",
    ]
    assert classify("name", words, "6").classes[5] == "others"
