"""What check finds in a folder, against published counts, from names alone."""

from io import StringIO

import pytest
from rich.console import Console

from preprocessing.check import check, inspect
from preprocessing.datasets import casme2, smic_hs
from tests.fake_corpora import fake_casme2, fake_manifest, fake_samm, fake_smic_hs, fake_ststnet_flow

AS_FAKED = {
    "clips": 5,
    "subjects": 4,
    "emotions": {"disgust": 2, "happiness": 1, "surprise": 1, "others": 1},
    "source": "the fake",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(casme2, "PUBLISHED", AS_FAKED)
    return fake_casme2(tmp_path)


def said(corpus, root):
    text = StringIO()
    usable = check(corpus, root, Console(file=text, width=100))
    return usable, " ".join(text.getvalue().split())


def test_a_corpus_as_published_is_said_to_be_so(root):
    found = inspect("casme2", root)
    assert not found.problems and not found.differences()
    assert found.lengths["casme2/sub01/EP02_01f"] == 16
    usable, text = said("casme2", root)
    assert usable and "Everything is as published." in text and "5 clips of 4 people (5 folders), 5 can be used" in text
    assert "4 to 16 frames, median 4 at 200 frames per second, 0.02 to 0.08 s" in text
    assert "extract casme2 --root" in text and "apex not annotated: 1" in text


def test_gaps_missing_folders_and_strays_are_found_without_decoding(root, monkeypatch):
    frames = root / "CASME2_RAW_selected"
    (frames / "sub01" / "EP02_01f" / "img50.jpg").unlink()
    (frames / "sub17").rename(frames / "sub99")
    found = inspect("casme2", root)
    problems = found.problems
    assert "50" in problems["casme2/sub01/EP02_01f"] and "missing" in problems["casme2/sub01/EP02_01f"]
    assert "does not exist" in problems["casme2/sub17/EP01_2"]
    assert "frames without a label" in problems["casme2/sub99/EP01_2"]
    assert found.usable == 3 and len(found.clips) == 6
    _, text = said("casme2", root)
    assert (
        "3 clips cannot be used" in text
        and "Copy what is missing of 2 clips" in text
        and "3 clips (50%) will be quarantined" in text
    )


def test_other_labels_than_published_are_counted(root, monkeypatch):
    monkeypatch.setattr(
        casme2, "PUBLISHED", AS_FAKED | {"clips": 6, "emotions": {"disgust": 1, "happiness": 1, "surprise": 1, "fear": 3}}
    )
    assert inspect("casme2", root).differences() == [
        ("all", "clips", 5, 6), ("all", "disgust", 2, 1), ("all", "fear", 0, 3), ("all", "others", 1, 0),
    ]  # fmt: skip
    assert "disgust: 2 found, 1 published" in said("casme2", root)[1]


def test_repairs_are_told(tmp_path):
    _, text = said("samm", fake_samm(tmp_path))
    assert "labels repaired" in text and "013_1_9: offset '5793' -> '5739'" in text and "column Duration" in text


def test_parts_are_compared_one_by_one(tmp_path, monkeypatch):
    part = {"clips": 9, "subjects": 1, "emotions": {"negative": 9}}
    monkeypatch.setattr(smic_hs, "PUBLISHED", {"clips": 4, "parts": {"s01": part | {"clips": 2, "emotions": {}}, "s55": part}})
    found = inspect("smic_hs", fake_smic_hs(tmp_path))
    assert found.differences() == [("s55", "clips", 0, 9)]
    assert "s55: not there (9 clips are published)" in said("smic_hs", tmp_path)[1]


def test_a_corpus_without_published_counts_and_one_of_pictures(tmp_path):
    assert not inspect("manifest", fake_manifest(tmp_path / "m")).published
    usable, text = said("ststnet_flow", fake_ststnet_flow(tmp_path / "p"))
    assert usable and "flow pictures" in text


def test_the_same_mistake_in_many_clips_is_one_entry_and_nothing_usable_is_told(tmp_path):
    fake_manifest(tmp_path, people=4)
    for image in tmp_path.glob("frames/*/*/0012.png"):
        image.unlink()
    usable, text = said("manifest", tmp_path)
    assert not usable
    assert "8 x, as manifest/01/clip_0" in text and "and 2 more" in text and "No clip can be used" in text
