"""DFME adapter: three splits, a frame rate per clip, frames from 0."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from orchestrator.study.labels import classify
from preprocessing.datasets import dfme
from preprocessing.datasets.reading import read
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import write_frames
from tests.fakes.dfme import BOOKS, FOLDERS, ROWS, fake_dfme
from tests.preprocessing.datasets.contract import AdapterContract, by_id


class TestDfme(AdapterContract):
    corpus = "dfme"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_dfme(tmp_path)


@pytest.mark.parametrize("doubled", [("testB",), (), ("train", "testA", "testB")])
def test_every_version_of_the_release_gives_the_same_clips(tmp_path: Path, doubled: tuple[str, ...]) -> None:
    plain = {split: Path(folder).parts[0] for split, folder in FOLDERS.items()}
    folders = {split: f"{folder}/{folder}" if split in doubled else folder for split, folder in plain.items()}
    clips = by_id(read("dfme", fake_dfme(tmp_path, folders=folders)))
    got = {k: (c.split, c.onset, c.apex, c.offset, c.fps, c.emotion, c.aus) for k, c in clips.items()}
    assert got == {
        "sub0003/sub0003_01": ("train", 0, 4, 8, 200.0, "happiness", "6+L12"),
        "sub0003/sub0003_02": ("train", 3, 5, 7, 300.0, "disgust", "4+AD29"),
        "sub0010/sub0010_01": ("train", 0, 9, 11, 500.0, "surprise", "1+R2+M57"),
        "sub0200/sub0200_01": ("testA", 0, 2, 4, 200.0, "anger", "4"),
        "sub0300/sub0300_11": ("testB", 1, 2, 3, 500.0, "contempt", ""),
    }
    for clip in clips.values():
        assert not clip.problem
        assert clip.aus_known
        assert [n for n, _ in read_clip(clip)] == list(range(clip.onset, clip.offset + 1))


@pytest.mark.parametrize("splits", [("train",), ("testA",), ("train", "testB")])
def test_a_root_may_hold_some_of_the_splits(tmp_path: Path, splits: tuple[str, ...]) -> None:
    clips = read("dfme", fake_dfme(tmp_path, splits))
    assert Counter(c.split for c in clips) == {split: len(ROWS[split]) for split in splits}


def test_half_a_split_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no split of DFME in .*; expected training_full.* DFME_train"):
        read("dfme", tmp_path)
    fake_dfme(tmp_path)
    (tmp_path / "test_data_A").rename(tmp_path / "elsewhere")
    with pytest.raises(
        CorpusError,
        match=r"split testA of DFME .* has testA_full_with_AU.* but lacks test_data_A; add it, or move",
    ):
        read("dfme", tmp_path)
    (tmp_path / "elsewhere").rename(tmp_path / "test_data_A")
    (tmp_path / BOOKS["testB"]).unlink()
    with pytest.raises(
        CorpusError, match=r"split testB of DFME .* has test_data_B but lacks testB_full_with_AU.*; add it"
    ):
        read("dfme", tmp_path)


def test_bad_rows_become_clips_with_a_problem_and_keep_their_split(tmp_path: Path) -> None:
    fake_dfme(tmp_path)
    book = openpyxl.load_workbook(tmp_path / BOOKS["testB"])
    page = book.worksheets[0]
    for name, fps, aus in (
        ("02", "fast", "4"),
        ("03", 0, "4"),
        ("04", None, "4"),
        ("05", 200, "4+AX29"),
        ("06", 29.97, "4"),
    ):
        page.append(["sub0300", f"sub0300_{name}", 0, 1, 2, "fear", 3, fps, aus])
        write_frames(tmp_path / FOLDERS["testB"] / f"sub0300_{name}", ["00000.png"], np.random.default_rng(0))
    page.append(["sub0003", "sub0003_01", 0, 1, 2, "fear", 3, 200, "4"])  # a clip of the training split again
    write_frames(tmp_path / FOLDERS["testB"] / "sub0003_01", ["00000.png"], np.random.default_rng(0))
    write_frames(tmp_path / FOLDERS["testB"] / "sub0301_01", ["00000.png"], np.random.default_rng(0))
    book.save(tmp_path / BOOKS["testB"])
    clips = by_id(read("dfme", tmp_path))
    want = {
        "sub0300/sub0300_02": ("testB", "fps 'fast' is no whole number above 0"),
        "sub0300/sub0300_03": ("testB", "fps '0' is no whole number above 0"),
        "sub0300/sub0300_05": ("testB", "at character 3"),
        "sub0300/sub0300_06": ("testB", "fps '29.97' is no whole number above 0"),
        "sub0003/sub0003_01": ("train", "2 clips have the id"),
        "sub0003/sub0003_01#2": ("testB", "2 clips have the id"),
        "sub0301/sub0301_01": ("testB", "frames without a label"),
    }
    problems = {k: (c.split, c.problem) for k, c in clips.items() if c.problem}
    assert set(problems) == set(want)
    for key, (split, text) in want.items():
        assert problems[key][0] == split
        assert text in problems[key][1]
    assert clips["sub0300/sub0300_04"].fps is None


def test_the_splits_add_up_to_the_whole() -> None:
    splits = dfme.PUBLISHED["splits"].values()
    for what in ("clips", "subjects"):
        assert sum(split[what] for split in splits) == dfme.PUBLISHED[what]
    assert sum((Counter(split["emotions"]) for split in splits), Counter()) == dfme.PUBLISHED["emotions"]
    assert all(sum(split["emotions"].values()) == split["clips"] for split in splits)


def test_three_classes_of_the_published_counts() -> None:
    emotions = [word for word, n in dfme.PUBLISHED["emotions"].items() for _ in range(n)]
    labelling = classify("dfme", emotions, "3")
    assert [labelling.index.count(i) for i in range(3)] == [241 + 171 + 735 + 365 + 359, 311, 447]
