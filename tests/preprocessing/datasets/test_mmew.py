"""MMEW adapter: two layouts, two ways to number frames, rows whose numbers cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestrator.study.labels import classify
from preprocessing.datasets import mmew
from preprocessing.datasets.reading import read
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import write_frames
from tests.fakes.mmew import FILES, ROWS, fake_mmew
from tests.preprocessing.datasets.contract import AdapterContract, by_id


class TestMmew(AdapterContract):
    corpus = "mmew"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_mmew(tmp_path)


@pytest.mark.parametrize(
    "version",
    [
        {},
        {
            "home": "MMEW_Final/Micro_Expression",
            "others": "repression",
            "sheet": "MMEW_Final/MMEW_Micro_Exp.xlsx",
        },
        {"people": True, "sheet": "MMEW_Micro_Exp_v2.xlsx"},
        {"people": True, "home": ".", "others": "repression", "sheet": "MMEW_Micro_Exp(20).xlsx"},
    ],
)
def test_every_version_of_the_release_gives_the_same_clips(tmp_path: Path, version: dict[str, Any]) -> None:
    clips = by_id(read("mmew", fake_mmew(tmp_path, **version)))
    got = {k: (c.onset, c.apex, c.offset, c.aus, c.emotion, c.problem) for k, c in clips.items()}
    assert got == {
        "S03/S03-01-002": (1, 4, 6, "6+R12", "happiness", ""),
        "S05/S05-04-001": (1, 3, 5, "4", "others", ""),
        "S13/S13-07-001": (1, 4, 11, "4+7", "anger", ""),
        "S13/S13-03-002": (1, None, 12, "4+9", "disgust", ""),
        "S20/S20-02-001": (1, None, 10, "1+2", "surprise", ""),
        "S20/S20-05-001": (1, None, 4, "1+4", "fear", ""),
        "S21/S21-06-001": (1, None, 4, "", "sadness", ""),
    }
    assert all(c.aus_known and c.fps == 90 for c in clips.values())
    for clip in clips.values():
        assert [n for n, _ in read_clip(clip)] == list(range(1, FILES[clip.name] + 1))


def test_every_number_that_was_changed_is_told(tmp_path: Path) -> None:
    clips = by_id(read("mmew", fake_mmew(tmp_path)))
    assert {k: c.repairs for k, c in clips.items() if c.repairs} == {
        "S13/S13-07-001": (
            "onset '120' -> '1': the files are 1..11; the sheet's 120 is file 1",
            "apex '123' -> '4': the files are 1..11; the sheet's 120 is file 1",
            "offset '130' -> '11': the files are 1..11; the sheet's 120 is file 1",
        ),
        "S13/S13-03-002": (
            "apex '40' -> 'unknown': the files are 1..12; apex 40 is outside onset 1..offset 5",
            "offset '5' -> '12': the files are 1..12; apex 40 is outside onset 1..offset 5",
        ),
        "S20/S20-02-001": (
            "apex '3' -> 'unknown': the files are 1..10; onset 1..offset 90 is no range of them",
            "offset '90' -> '10': the files are 1..10; onset 1..offset 90 is no range of them",
        ),
        "S20/S20-05-001": ("offset 'unknown' -> '4': the files are 1..4; no offset is given",),
    }


@pytest.mark.parametrize(
    ("sheet", "expected", "changed"),  # with the files 1..6
    [
        ((1, 4, 6), (1, 4, 6), ""),
        ((2, 4, 5), (2, 4, 5), ""),  # a part of the files
        ((0, 3, 5), (1, 4, 6), "onset apex offset"),  # counted from 0
        ((7, 9, 12), (1, 3, 6), "onset apex offset"),
        ((7, 7, 12), (1, 1, 6), "onset apex offset"),  # the ends
        ((7, 12, 12), (1, 6, 6), "onset apex offset"),
        ((7, 99, 12), (1, None, 6), "onset apex offset"),  # the recording's numbers, and an apex outside
        ((7, 3, 12), (1, None, 6), "onset apex offset"),
        ((2, 1, 5), (2, None, 5), "apex"),
        ((2, 6, 5), (2, None, 6), "apex offset"),
        ((7, 9, 13), (1, None, 6), "onset apex offset"),  # one more than there are files
        ((7, 9, 11), (1, None, 6), "onset apex offset"),  # where in the files it starts cannot be known
        ((2, 3, 8), (2, None, 6), "apex offset"),
        ((5, 4, 3), (5, None, 6), "apex offset"),
        ((0, 3, 6), (1, None, 6), "onset apex"),  # counted from 0, or from 1
        ((2, 3, None), (2, None, 6), "apex offset"),
    ],
)
def test_numbers_of_the_sheet_become_numbers_of_the_files(
    tmp_path: Path, sheet: tuple[int | None, ...], expected: tuple[int | None, ...], changed: str
) -> None:
    clip = read("mmew", fake_mmew(tmp_path, [(3, "S03-01-002", *sheet, "12", "happiness", None)]))[0]
    assert (clip.onset, clip.apex, clip.offset) == expected
    assert " ".join(line.split()[0] for line in clip.repairs) == changed
    assert clip.problem == ""


def test_bad_rows_and_folders_become_clips_with_a_problem_and_none_is_lost(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        (22, "S22-01-001", 1, 2, 3, "12", "happiness", None),  # no frames
        (23, "S23-01-001", "one", 2, 3, "12", "happiness", None),
        (24, "S24-01-001", None, 2, 3, "12", "happiness", None),
    ]
    root = fake_mmew(tmp_path, rows)
    home, rng = root / "Micro_Expression", np.random.default_rng(0)
    for name in (
        "happiness/S23-01-001",
        "happiness/S24-01-001",
        "fear/S30-05-001",
        "S03/happiness/S03-01-002",
    ):
        write_frames(home / name, ["1.jpg", "2.jpg"], rng)
    (home / "others/S05-04-001").rename(home / "anger/S05-04-001")
    write_frames(home / "fear/S20-05-001", ["01.jpg"], rng)
    clips = by_id(read("mmew", root))
    want = {
        "S03/S03-01-002": "2 folders have this name",
        "S05/S05-04-001": "the sheet says 'others', but the frames are in",
        "S20/S20-05-001": "both are frame 1",
        "S22/S22-01-001": "happiness/S22-01-001 does not exist",
        "S23/S23-01-001": "onset 'one' is no frame number",
        "S24/S24-01-001": "no onset is given",
        "S30/S30-05-001": "frames without a label",
    }
    problems = {k: c.problem for k, c in clips.items() if c.problem}
    assert set(problems) == set(want)
    for key, text in want.items():
        assert text in problems[key]
    assert len(clips) == len(rows) + 1


def test_a_root_without_clip_folders_is_an_error(tmp_path: Path) -> None:
    root = fake_mmew(tmp_path)
    (root / "Micro_Expression").rename(root / "frames")
    with pytest.raises(CorpusError, match="no folder such as happiness/S03-01-002"):
        read("mmew", root)


def test_published_counts_by_class() -> None:
    words = mmew.PUBLISHED["emotions"]
    emotions = [word for word, n in words.items() for _ in range(n)]
    three = classify("mmew", emotions, "3")
    assert [three.index.count(i) for i in range(3)] == [109, 36, 89]
    every = classify("mmew", [*emotions, "repression"], "all")
    assert [every.index.count(i) for i in range(7)] == [36, 89, 72, 16, 13, 8, 67]
