"""SAMM adapter: prose above the header, repairs from fixes/samm.csv."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.datasets.reading import read
from preprocessing.frames import read_clip
from tests.fake_corpora import SAMM_HEADER, SAMM_ROWS, fake_samm, write_book
from tests.preprocessing.datasets.contract import AdapterContract, by_id


class TestSamm(AdapterContract):
    corpus = "samm"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_samm(tmp_path)


@pytest.mark.parametrize(
    "version",
    [{}, {"nested": False, "int_subjects": True}, {"prose": False, "nested": False}, {"prose": False}],
)
def test_every_version_of_the_release_gives_the_same_clips(tmp_path: Path, version: dict) -> None:
    clips = by_id(read("samm", fake_samm(tmp_path, **version)))
    got = {k: (c.onset, c.apex, c.offset, c.aus, c.emotion) for k, c in clips.items()}
    assert got == {
        "006/006_1_2": (5562, 5564, 5565, "7B", "anger"),
        "007/007_6_1": (497, 499, 500, "(R6 or R12)+R15", "happiness"),  # alternatives are not resolved
        "013/013_1_9": (5658, 5680, 5739, "A/L12", "contempt"),
        "028/028_4_1": (1071, None, 1074, "10A/B", "disgust"),
        "035/035_7_2": (2001, 2002, 2003, "R14A or 17A or 24A", "other"),
        "035/035_7_3": (3001, 3009, 3003, "43", "sadness"),
    }
    assert {k for k, c in clips.items() if c.repairs} == {"013/013_1_9", "028/028_4_1"}
    assert {k for k, c in clips.items() if c.problem} == {"035/035_7_3"}  # an unknown mistake is not repaired
    assert "5793" in clips["013/013_1_9"].repairs[0]
    assert [n for n, _ in read_clip(clips["006/006_1_2"])] == [5562, 5563, 5564, 5565]
    assert [n for n, _ in read_clip(clips["007/007_6_1"])] == [497, 498, 499, 500]


def test_a_sheet_that_is_already_right_is_left_alone(tmp_path: Path) -> None:
    right = [(*row[:4], 1072, *row[5:]) if row[1] == "028_4_1" else row for row in SAMM_ROWS]
    clips = by_id(read("samm", fake_samm(tmp_path, right)))
    assert clips["028/028_4_1"].apex == 1072
    assert not clips["028/028_4_1"].repairs


@pytest.mark.parametrize(
    ("onset", "offset", "duration", "files", "want"),
    [
        (10, 14, 5, (10, 14), (10, 14)),
        (10, 41, 5, (10, 14), (10, 14)),  # offset: digits swapped
        (1, 14, 5, (10, 14), (10, 14)),  # onset: a digit lost
        (10, 14, 7, (10, 14), (10, 14)),  # Duration is the slip
        (10, 14, 7, (1, 40), None),  # the files agree with nobody
        (10, 14, "", (10, 14), (10, 14)),
        (10, None, 5, (10, 14), (10, 14)),  # an empty cell
        (None, 14, 5, (10, 14), (10, 14)),
        (10, 41, 5, (12, 14), None),  # they begin behind the onset
        (1, 14, 5, (10, 12), None),  # they end before the offset
        (10, None, 5, (10, 20), None),
        (10, None, 5, (20, 24), None),  # the files are another five
        (None, 14, 5, (20, 24), None),
    ],
)
def test_onset_offset_and_duration_are_checked_against_each_other(
    tmp_path: Path,
    onset: int | None,
    offset: int | None,
    duration: object,
    files: tuple[int, int],
    want: object,
) -> None:
    row = ("006", "006_1_2", 1, onset, "", offset, duration, "Micro - 1/2", "7B", "Anger", 3, None)
    fake_samm(tmp_path, [(*SAMM_ROWS[0][:3], files[0], 0, files[1], 99, *row[7:])])
    write_book(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO_ONLY": [SAMM_HEADER, row]})
    (clip,) = read("samm", tmp_path)
    if want is None:
        assert "which is right cannot be known" in clip.problem or "is given" in clip.problem
        return
    assert ((clip.onset, clip.offset), clip.problem) == (want, "")
    agree = onset is not None and offset is not None and duration in ("", offset - onset + 1)
    assert bool(clip.repairs) != agree and all("Duration is" in line for line in clip.repairs)
