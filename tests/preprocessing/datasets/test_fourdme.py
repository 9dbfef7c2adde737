"""4DME adapter: two layouts, rows with each other's AUs, several emotions at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from orchestrator.study.labels import classify
from preprocessing.action_units import vector
from preprocessing.datasets import fourdme
from preprocessing.datasets.reading import read
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import write_frames
from tests.fakes.fourdme import HEADER, ROWS, SHEET, WORDS, fake_fourdme
from tests.preprocessing.datasets.contract import AdapterContract, by_id

FULL_NAMES = [(row[0], f"{row[0]}_{row[1]}", *row[2:]) for row in ROWS]
PLAIN = [(1, "Negative"), (2, "Positive"), (3, "Surprise"), (4, "Positive"), (5, "Negative")]


def _rows(emotions: list[tuple[int, str]]) -> list[tuple[Any, ...]]:
    """One row for each (AU, emotion)."""
    return [("S01", f"clip_{i}", word, 10, 11, 12, str(au)) for i, (au, word) in enumerate(emotions)]


class TestFourdme(AdapterContract):
    corpus = "fourdme"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_fourdme(tmp_path)


@pytest.mark.parametrize(
    "version",
    [
        {},
        {"home": "gray_micro_register_final", "layout": "{}_{}", "swapped": ()},
        {"layout": "{1}", "rows": FULL_NAMES},
        {"layout": "{}/{}", "rows": FULL_NAMES, "header": HEADER[::-1]},
    ],
)
def test_every_version_of_the_release_gives_the_same_clips(tmp_path: Path, version: dict[str, Any]) -> None:
    clips = read("fourdme", fake_fourdme(tmp_path, **version))
    got = [
        (c.clip_id.partition("/")[2], c.onset, c.apex, c.offset, c.aus, c.emotion, c.problem) for c in clips
    ]
    name = "{0}/{0}_{1}" if "rows" in version else "{}/{}"
    assert got == [
        (name.format("S01", "1st_001_01_1"), 2490, 2492, 2495, "AU4(k)+L7", "negative", ""),
        (name.format("S01", "1st_001_01_2"), 98, 99, 102, "1+2+12", "surprise+positive", ""),
        (name.format("S13", "1st_001_01_1"), 7, 8, 9, "AUR2+12(k)+45", "positive", ""),
        (name.format("S13", "1st_001_01_2"), 20, 21, 22, "24", "others", ""),
        (name.format("S14", "2nd_003_02_1"), 30, 31, 33, "14+17", "repression", ""),
        (name.format("S14", "2nd_003_02_2"), 40, 40, 42, "1+2", "surprise", ""),
    ]
    assert all(c.aus_known and c.fps == 60 and c.apex_source == "annotated" for c in clips)
    for clip in clips:
        assert [n for n, _ in read_clip(clip)] == list(range(clip.onset, clip.offset + 1))


def test_a_static_action_unit_is_kept_in_the_text_and_left_out_of_the_vector(tmp_path: Path) -> None:
    static, _, prefixed, *_ = read("fourdme", fake_fourdme(tmp_path))
    assert vector(static.aus, (4, 7)) == (0, 1)
    assert vector(prefixed.aus, (2, 12, 45)) == (1, 0, 1)


@pytest.mark.parametrize("at", range(4))
def test_two_neighbours_with_each_others_aus_are_put_right_wherever_they_are(tmp_path: Path, at: int) -> None:
    right = read("fourdme", fake_fourdme(tmp_path / "right", _rows(PLAIN), swapped=()))
    clips = read("fourdme", fake_fourdme(tmp_path / "wrong", _rows(PLAIN), swapped=[(at, at + 1)]))
    assert [(c.clip_id, c.aus, c.problem) for c in clips] == [(c.clip_id, c.aus, "") for c in right]
    assert [i for i, c in enumerate(clips) if c.repairs] == [at, at + 1]
    assert clips[at].repairs == (
        f"aus '{at + 2}' -> '{at + 1}': the cells from AUs on were those of S01/clip_{at + 1}, and the "
        "reverse, as their emotion "
        "columns show (tvaranka/meb f731b0a)",
    )


def test_the_rest_of_a_clip_that_is_put_right_is_as_it_was(tmp_path: Path) -> None:
    clips = read("fourdme", fake_fourdme(tmp_path))
    assert [replace(c, repairs=()) for c in clips] == read("fourdme", fake_fourdme(tmp_path, swapped=()))
    assert [bool(c.repairs) for c in clips] == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("emotions", "swapped", "wrong"),
    [
        (PLAIN, [(0, 2)], [0, 2]),  # no neighbours
        (PLAIN, [(0, 1), (1, 2)], [0, 1, 2]),  # three in a ring
        # same emotion at both ends: unseen
        ([(1, "Negative"), (2, "Positive"), (3, "Negative")], [(0, 1), (1, 2), (0, 1)], []),
        # middle looks right, ends do not
        ([(1, "Negative"), (2, "Positive"), (3, "Positive")], [(0, 1), (1, 2)], [0, 2]),
        (
            [(1, "Negative"), (2, "Positive"), (3, "Negative"), (4, "Positive")],
            [(0, 1), (2, 3)],
            [0, 1, 2, 3],
        ),  # who with whom?
    ],
)
def test_what_cannot_be_put_right_for_certain_is_a_problem_of_each_clip(
    tmp_path: Path, emotions: list[tuple[int, str]], swapped: list[tuple[int, int]], wrong: list[int]
) -> None:
    clips = read("fourdme", fake_fourdme(tmp_path, _rows(emotions), swapped=swapped))
    assert [i for i, c in enumerate(clips) if c.problem] == wrong
    assert not any(c.repairs for c in clips)
    for i in wrong:
        assert f"Emotion is {emotions[i][1].lower()!r}, but the columns say" in clips[i].problem


@pytest.mark.parametrize(
    ("names", "cell"),
    [(WORDS, None), (WORDS, 0), (WORDS, "#N/A"), (WORDS[-1:], "#N/A"), (WORDS[-1:], "x"), (WORDS[-1:], 2)],
)
def test_columns_that_say_nothing_accuse_nobody(tmp_path: Path, names: tuple[str, ...], cell: object) -> None:
    root = fake_fourdme(tmp_path, _rows(PLAIN), swapped=[(0, 1)])
    book = openpyxl.load_workbook(root / SHEET)
    for row in (2, 3):
        for column, name in enumerate(HEADER, start=1):
            if name in names:
                book.worksheets[0].cell(row, column).value = cell
    book.save(root / SHEET)
    clips = read("fourdme", root)
    assert not any(c.repairs or "columns say" in c.problem for c in clips)
    plain = [name for name in HEADER if name not in WORDS]
    assert not any(
        c.repairs or c.problem for c in read("fourdme", fake_fourdme(tmp_path, _rows(PLAIN), header=plain))
    )


def test_a_row_with_an_error_cell_is_not_exchanged(tmp_path: Path) -> None:
    root = fake_fourdme(tmp_path, _rows(PLAIN), swapped=[(0, 1)])
    book = openpyxl.load_workbook(root / SHEET)
    book.worksheets[0].cell(2, HEADER.index("AUs") + 1).value = "#REF!"
    book.save(root / SHEET)
    first, second, *others = read("fourdme", root)
    assert "(aus) is #REF!" in first.problem
    assert "columns say 'negative'" in second.problem
    assert not any(c.repairs or c.problem for c in (first, second, *others) if c not in (first, second))


def test_bad_rows_and_folders_become_clips_with_a_problem_and_none_is_lost(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        ("S20", "half", "Negative", 10.5, 11, 12, "4"),
        ("S20", "late", "Negative", 10, 13, 12, "4"),
        ("S20", "no_end", "Negative", 10, 11, 12, "4+"),
        ("S20", "gone", "Negative", 10, 11, 12, "4"),
        ("S20", "open", "Negative", 10, 11, 12, "4"),
    ]
    root = fake_fourdme(tmp_path, rows)
    book = openpyxl.load_workbook(root / SHEET)
    book.worksheets[0].cell(len(rows) + 1, HEADER.index("Offset") + 1).value = None
    book.save(root / SHEET)
    home, rng = root / "gray_micro", np.random.default_rng(0)
    (home / "S20" / "gone").rename(home / "S20" / "found")
    write_frames(home / "S13_1st_001_01_1", ["1.jpg"], rng)
    want = {
        "S20/half": "onset '10.5' is no frame number",
        "S20/late": "apex 13 is outside",
        "S20/no_end": "a number after '+'",
        "S20/gone": "S20/gone does not exist",
        "S20/open": "no offset is given",
        "S20/found": "frames without a label",
        "S13/S13_1st_001_01_1": "frames without a label",  # flat, beside a person's folder
    }
    clips = by_id(read("fourdme", root))
    problems = {k: c.problem for k, c in clips.items() if c.problem}
    assert set(problems) == set(want)
    for key, text in want.items():
        assert text in problems[key]
    assert len(clips) == len(rows) + 2


def test_no_sheet_or_no_frames_is_an_error(tmp_path: Path) -> None:
    root = fake_fourdme(tmp_path)
    (root / "gray_micro").rename(root / "micro")
    with pytest.raises(CorpusError, match=r"expected a folder named gray_micro or gray_micro_register_final"):
        read("fourdme", root)
    (root / SHEET).unlink()  # the extras alone are no sheet
    with pytest.raises(CorpusError, match=r"no 4DME annotation sheet .*4DME_Labelling_Micro_release"):
        read("fourdme", root)


def test_a_clip_of_several_emotions_has_no_class_and_is_no_typing_error() -> None:
    emotions = [word for word, n in fourdme.PUBLISHED["emotions"].items() for _ in range(n)]
    three, every = classify("fourdme", emotions, "3"), classify("fourdme", emotions, "all")
    assert [three.index.count(i) for i in range(3)] == [127, 34, 30]
    assert [every.index.count(i) for i in range(5)] == [127, 34, 30, 6, 31]
    several = (
        "emotion 'surprise+positive' is several at once; scheme '3' has classes for single emotions only"
    )
    assert three.why.count(several) == 13
    assert not [why for why in three.why + every.why if why.startswith("unknown")]
    typo = classify("fourdme", ["surprise+positiv", "surprise + positive"], "all")
    assert typo.why[0].startswith("unknown emotion of corpus fourdme 'surprise+positiv'")
    assert not typo.why[1].startswith("unknown")
