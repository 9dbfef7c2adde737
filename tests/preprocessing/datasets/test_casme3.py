"""CAS(ME)^3 adapter: whole recordings, several clips in one, known bad rows, two parts."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orchestrator.study.labels import classify
from preprocessing import fixes
from preprocessing.action_units import vector
from preprocessing.datasets import casme3
from preprocessing.datasets.reading import read
from preprocessing.frames import missing, read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import write_book
from tests.fakes.casme3 import BOOKS, HEADER_A, ROWS_A, ROWS_C, fake_casme3
from tests.preprocessing.datasets.contract import AdapterContract, by_id

PART_A = {  # id -> onset, apex, offset, aus, emotion
    "A-spNO.1/b_166": (166, 168, 169, "2+1", "surprise"),
    "A-spNO.1/b_8": (8, 8, 11, "T28+14", "others"),
    "A-spNO.3/j_3": (3, 4, 6, "12", "happy"),
    "A-spNO.14/j_98": (98, 100, 101, "R4", "others"),
    "A-spNO.2/e_138": (138, 143, 148, "1", "surprise"),
    "A-spNO.2/e_20": (20, 22, 24, "1", "sad"),
    "A-spNO.216/e_0": (0, 0, 25, "1", "surprise"),
    "A-spNO.149/d_112": (112, None, 358, "4", "disgust"),
    "A-spNO.216/d_2647": (2647, 2668, 2694, "4", "fear"),
    "A-spNO.40/e_1812": (1812, 1824, None, "4", "anger"),
    "A-spNO.40/e_2327": (2327, 2363, None, "4", "anger"),
    "A-spNO.214/c_5": (5, 5, None, "17+4", "disgust"),
}
PART_C = {
    "C-01/1_120": (120, None, 123, "4,7,", "negative"),
    "C-01/2_300": (300, None, 302, "1\uff0c2", "surprise"),
    "C-31/1_5": (5, None, 8, "L12,9?", "positive"),
    "C-31/2_50": (50, None, 52, "14", "others"),
}
PROBLEMS = {
    "A-spNO.2/e_138": "listed in the official exceptions: the face is covered at the apex",
    "A-spNO.216/e_0": "listed in the official exceptions: its first frame does not exist",
    "A-spNO.40/e_1812": "no offset is given",
    "A-spNO.40/e_2327": "no offset is given",
    "A-spNO.214/c_5": "no offset is given",
}


class TestCasme3(AdapterContract):
    corpus = "casme3"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_casme3(tmp_path)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ({}, PART_A | PART_C),
        ({"parts": "A", "home_a": "part_A_split/part_A"}, PART_A),
        ({"parts": "A", "home_a": "part_A/data/part_A_split/part_A"}, PART_A),
        ({"parts": "C", "home_c": "part_C/ME_C"}, PART_C),
    ],
)
def test_the_parts_that_are_there_are_read(
    tmp_path: Path, version: dict[str, Any], expected: dict[str, Any]
) -> None:
    clips = by_id(read("casme3", fake_casme3(tmp_path, **version)))
    assert {k: (c.onset, c.apex, c.offset, c.aus, c.emotion) for k, c in clips.items()} == expected
    assert {k: c.problem for k, c in clips.items() if c.problem} == {
        k: v for k, v in PROBLEMS.items() if k in expected
    }
    assert all(c.aus_known and c.fps == 30 and c.split == "" for c in clips.values())


def test_a_clip_is_cut_out_of_its_recording_and_a_dropped_frame_is_found_there(tmp_path: Path) -> None:
    clips = by_id(read("casme3", fake_casme3(tmp_path)))
    for key in (
        "A-spNO.1/b_166",
        "A-spNO.1/b_8",
        "A-spNO.3/j_3",
        "A-spNO.14/j_98",
        "A-spNO.216/d_2647",
        "C-01/2_300",
    ):
        clip = clips[key]
        assert [n for n, _ in read_clip(clip)] == list(range(clip.onset, clip.offset + 1)), key
    assert clips["A-spNO.3/j_3"].frames.parent.name == "J"
    (clips["A-spNO.1/b_166"].frames / "167.jpg").unlink()
    again = by_id(read("casme3", tmp_path))
    assert not again["A-spNO.1/b_166"].problem
    assert missing(again["A-spNO.1/b_166"]) == ((167, 167),)
    assert len(list(read_clip(again["A-spNO.1/b_8"]))) == 4


@pytest.mark.parametrize("seed", range(5))
def test_ids_do_not_depend_on_the_order_of_the_rows(tmp_path: Path, seed: int) -> None:
    root = fake_casme3(tmp_path, "A")
    clips = by_id(read("casme3", root))
    rows = random.Random(seed).sample(ROWS_A, len(ROWS_A) - 3)
    write_book(root / BOOKS["A"], {"label": [HEADER_A, *rows]})
    some = by_id(read("casme3", root))
    assert len(some) == len(rows)
    assert all(clips[key] == clip for key, clip in some.items())


def test_repairs_are_told_and_a_sheet_that_is_already_right_is_left_alone(tmp_path: Path) -> None:
    root = fake_casme3(tmp_path, "A")
    clips = by_id(read("casme3", root))
    told = {k: [line.split(":")[0] for line in c.repairs] for k, c in clips.items() if c.repairs}
    assert told == {
        "A-spNO.149/d_112": ["apex '83' -> 'unknown'"],
        "A-spNO.216/d_2647": ["onset '3647' -> '2647'"],
        "A-spNO.40/e_1812": ["offset '0' -> 'unknown'"],
        "A-spNO.40/e_2327": ["offset '0' -> 'unknown'"],
        "A-spNO.214/c_5": ["offset '3460' -> 'unknown'"],
    }
    right = {"83": "167", "3647": "2647", "3460": "34", "0": "1845"}
    rows = [row if row[1:3] == ("e", "0") else tuple(right.get(cell, cell) for cell in row) for row in ROWS_A]
    write_book(root / BOOKS["A"], {"label": [HEADER_A, *rows]})
    mended = by_id(read("casme3", root))
    assert not any(clip.repairs for clip in mended.values())
    # the id is the same in both versions
    assert mended["A-spNO.216/d_2647"].onset == clips["A-spNO.216/d_2647"].onset == 2647


def test_every_fix_is_keyed_as_the_adapter_names_its_rows() -> None:
    rows = {
        (f"A-{subject}", name.lower(), onset): row for row in ROWS_A for subject, name, onset in [row[:3]]
    }
    for fix in fixes.load("casme3"):
        row = rows[fix["subject"], fix["clip"], fix["onset"]]
        assert row[HEADER_A.index(fix["column"].capitalize())] == fix["bad value"]


def test_the_exceptions_are_sixteen_of_part_a() -> None:
    assert len(casme3.EXCEPTIONS) == 16
    assert Counter(person for person, _, _ in casme3.EXCEPTIONS)["spNO.206"] == 2
    assert all(name == name.lower() for _, name, _ in casme3.EXCEPTIONS)


def test_the_same_number_is_two_people_in_two_parts(tmp_path: Path) -> None:
    rows = [("1", *row[1:]) if row[0] == "spNO.1" else row for row in ROWS_A]
    people = {clip.subject for clip in read("casme3", fake_casme3(tmp_path, rows=rows))}
    assert {"casme3/A-1", "casme3/C-01"} < people


def test_commas_part_action_units(tmp_path: Path) -> None:
    clips = by_id(read("casme3", fake_casme3(tmp_path, "C")))
    got = {k: vector(c.aus, (1, 2, 4, 7, 9, 12, 14)) for k, c in clips.items()}
    assert got == {
        "C-01/1_120": (0, 0, 1, 1, 0, 0, 0),
        "C-01/2_300": (1, 1, 0, 0, 0, 0, 0),
        "C-31/1_5": (0, 0, 0, 0, 1, 1, 0),
        "C-31/2_50": (0, 0, 0, 0, 0, 0, 1),
    }


def test_half_a_part_is_an_error(tmp_path: Path) -> None:
    root = fake_casme3(tmp_path)
    (root / "ME_C").rename(root / "elsewhere")
    with pytest.raises(
        CorpusError,
        match=r"part C of .* has cas\(me\)\*3_part_C_ME.* but lacks a folder part_C/ME_C or ME_C; add it",
    ):
        read("casme3", root)
    (root / "elsewhere").rename(root / "ME_C")
    (root / BOOKS["A"]).unlink()
    with pytest.raises(CorpusError, match=r"part A of .* has a folder .*part_A but lacks cas\(me\)"):
        read("casme3", root)


def test_bad_rows_and_missing_recordings_become_clips_with_a_problem(tmp_path: Path) -> None:
    rows = [
        *ROWS_A,
        ("spNO.1", "c", "5", "6", "9", "4", "III", "fear"),  # no such recording
        ("spNO.9", "a", "5", "6", "9", "4", "III", "fear"),  # no such person
        ("spNO.1", "B", "8", "9", "11", "1", "V", "fear"),  # the same recording and onset as a row above
        ("spNO.1", "b", "/", "9", "11", "1", "V", "fear"),
        ("spNO.1", "b", "30", "29", "31", "1", "V", "fear"),
        ("spNO.1", "b", "40", "41", "42", "1+", "V", ""),
    ]
    root = fake_casme3(tmp_path, rows=rows)
    book = openpyxl.load_workbook(root / BOOKS["C"])
    book.worksheets[0].append([31, 3, 5, 8, "4", "negative"])
    book.save(root / BOOKS["C"])
    clips = by_id(read("casme3", root))
    want = PROBLEMS | {
        "A-spNO.1/c_5": "labelled, but",
        "A-spNO.9/a_5": "spNO.9/a/color does not exist",
        "A-spNO.1/b_8": "2 clips have the id",
        "A-spNO.1/b_8#2": "2 clips have the id",
        "A-spNO.1/b": "no onset is given",
        "A-spNO.1/b_30": "apex 29 is outside",
        "A-spNO.1/b_40": "no emotion is given",
        "C-31/3_5": "ME_C/31/3/color does not exist",
    }
    problems = {k: c.problem for k, c in clips.items() if c.problem}
    assert set(problems) == set(want)
    for key, text in want.items():
        assert text in problems[key]
    assert len(clips) == len(rows) + len(ROWS_C) + 1


def _classes(words: dict[str, int], scheme: str) -> dict[str, int]:
    labelling = classify("casme3", [word for word, n in words.items() for _ in range(n)], scheme)
    assert not [why for why in labelling.why if why.startswith("unknown")]
    return {name: labelling.index.count(i) for i, name in enumerate(labelling.classes)}


def test_published_counts_by_class() -> None:
    parts = casme3.PUBLISHED["parts"]
    for what in ("clips", "subjects"):
        assert sum(part[what] for part in parts.values()) == casme3.PUBLISHED[what]
    assert (
        sum((Counter(part["emotions"]) for part in parts.values()), Counter()) == casme3.PUBLISHED["emotions"]
    )
    assert _classes(parts["A"]["emotions"], "3") == {"negative": 457, "positive": 55, "surprise": 187}
    assert _classes(parts["C"]["emotions"], "3") == {"negative": 99, "positive": 16, "surprise": 30}
    assert list(_classes(parts["A"]["emotions"], "all").values()) == [55, 187, 250, 86, 64, 57, 161, 0, 0]
    assert {name: n for name, n in _classes(parts["C"]["emotions"], "all").items() if n} == {
        "surprise": 30,
        "others": 20,
        "negative": 99,
        "positive": 16,
    }
