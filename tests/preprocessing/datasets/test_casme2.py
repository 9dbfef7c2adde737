"""CASME II adapter on the sheet versions in circulation."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.datasets import workbook
from preprocessing.datasets.reading import read
from preprocessing.frames import extent, read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import CASME2_HEADER, CASME2_ROWS, fake_casme2, write_book, write_frames
from tests.preprocessing.datasets.contract import AdapterContract, by_id


class TestCasme2(AdapterContract):
    corpus = "casme2"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_casme2(tmp_path)


@pytest.mark.parametrize(
    "version",
    [
        {},
        {"blank_columns": False, "int_subjects": True, "sheet": "CASME2-coding-20190701.xlsx"},
        {"frames": "Cropped", "int_subjects": True, "sheet": "CASME2-coding-updated.xlsx"},
    ],
)
def test_every_version_of_the_sheet_gives_the_same_clips(tmp_path: Path, version: dict) -> None:
    clips = by_id(read("casme2", fake_casme2(tmp_path, **version)))
    got = {k: (c.onset, c.apex, c.offset, c.aus, c.emotion, c.problem) for k, c in clips.items()}
    assert got == {
        "sub01/EP02_01f": (46, 59, 61, "6+R12", "happiness", ""),
        "sub01/EP19_05f": (9, 11, 13, "4", "disgust", ""),
        "sub04/EP12_01f": (261, None, 264, "4+7", "disgust", ""),
        "sub17/EP01_2": (99, 100, 102, "L1+L2+?", "surprise", ""),
        "sub26/EP06_02_01": (1, 3, 4, "", "others", ""),
    }
    assert all(c.aus_known and c.fps == 200 for c in clips.values())
    frames = [n for n, _ in read_clip(clips["sub17/EP01_2"])]
    assert frames == [99, 100, 101, 102]


def test_no_sheet_and_two_sheets_are_errors(tmp_path: Path) -> None:
    fake_casme2(tmp_path)
    (tmp_path / "~$CASME2-coding-20140508.xlsx").write_bytes(b"lock")  # Excel has the sheet open
    (tmp_path / "CASME2-ObjectiveClasses.xlsx").write_bytes(b"another table")
    read("casme2", tmp_path)
    (tmp_path / "CASME2-coding-updated.xlsx").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"several .*20140508.*updated"):
        read("casme2", tmp_path)
    for path in tmp_path.glob("CASME2-coding*"):
        path.unlink()
    with pytest.raises(CorpusError, match=re.escape("CASME2-coding-*.xlsx")):
        read("casme2", tmp_path)


def test_a_missing_or_doubled_column_is_named(tmp_path: Path) -> None:
    fake_casme2(tmp_path)
    for header in (
        [name if name != "ApexFrame" else "Apex?" for name in CASME2_HEADER],
        [name or "ApexFrame" for name in CASME2_HEADER],
    ):
        write_book(tmp_path / "CASME2-coding-20140508.xlsx", {"Sheet1": [header, *CASME2_ROWS]})
        with pytest.raises(CorpusError, match=r"(0|3) columns are named ApexFrame"):
            read("casme2", tmp_path)


def test_files_that_are_no_workbook_or_hold_no_header_are_errors(tmp_path: Path) -> None:
    fake_casme2(tmp_path)
    sheet = tmp_path / "CASME2-coding-20140508.xlsx"
    write_book(sheet, {"Sheet1": [("Person", "Filename")]})
    with pytest.raises(CorpusError, match="row that starts with 'Subject'"):
        read("casme2", tmp_path)
    write_book(sheet, {"Sheet1": [CASME2_HEADER]})
    with pytest.raises(CorpusError, match="no row below the header"):
        read("casme2", tmp_path)
    for content in (b"", b"\xd0\xcf\x11\xe0 old xls", b"PK\x03\x04 cut"):
        sheet.write_bytes(content)
        with pytest.raises(CorpusError, match=r"20140508.*save it as \.xlsx"):
            read("casme2", tmp_path)
    sheet.rename(tmp_path / "CASME2_label_Ver_2.xls")
    with pytest.raises(CorpusError, match=r"Ver_2\.xls cannot be read as a workbook"):
        read("casme2", tmp_path)


def test_bad_rows_become_clips_with_a_problem_and_none_is_lost(tmp_path: Path) -> None:
    rows = [
        *CASME2_ROWS,
        ("05", "apex_late", None, 5, 9, 8, None, "4", "disgust"),
        ("05", "reversed", None, 5, 5, 5, None, "4", "disgust"),
        ("05", "no_emotion", None, 5, 6, 8, None, "4", None),
        ("05", "bad_au", None, 5, 6, 8, None, "4+", "others"),
        ("05", "twice", None, 5, 6, 8, None, "4", "others"),
        ("05", "twice", None, 5, 6, 8, None, "4", "disgust"),
    ]
    fake_casme2(tmp_path, rows)
    rows[6] = ("05", "reversed", None, 9, None, 5, None, "4", "disgust")
    rows.append(("05", "text_onset", None, "five", 6, 8, None, "4", "others"))
    rows.append(("05", "no_frames", None, 5, 6, 8, None, "4", "others"))
    rows.append(("05", "no_onset", None, None, 6, 8, None, "4", "others"))
    write_book(tmp_path / "CASME2-coding-20140508.xlsx", {"Sheet1": [CASME2_HEADER, *rows]})
    write_frames(
        tmp_path / "CASME2_RAW_selected" / "sub06" / "EP01_01", ["img1.jpg"], np.random.default_rng(0)
    )
    clips = by_id(read("casme2", tmp_path))
    assert len(clips) == len(rows) + 1
    want = {
        "sub05/apex_late": "apex 9 is outside onset 5..offset 8",
        "sub05/reversed": "onset 9 is after offset 5",
        "sub05/no_emotion": "no emotion",
        "sub05/bad_au": "after '+' at character 3",
        "sub05/twice": "2 clips have the id casme2/sub05/twice",
        "sub05/twice#2": "2 clips have the id casme2/sub05/twice",
        "sub05/text_onset": "onset 'five' is no frame number",
        "sub05/no_frames": "no_frames does not exist",
        "sub05/no_onset": "no onset is given",
        "sub06/EP01_01": "frames without a label",
    }
    problems = {k: c.problem for k, c in clips.items() if c.problem}
    assert set(problems) == set(want)
    for key, text in want.items():
        assert text in problems[key]
    assert clips["sub06/EP01_01"].emotion == ""


def test_a_subject_that_is_no_number_is_an_error_with_its_row(tmp_path: Path) -> None:
    fake_casme2(tmp_path)
    write_book(
        tmp_path / "CASME2-coding-20140508.xlsx", {"Sheet1": [CASME2_HEADER, *CASME2_ROWS, ("Total", 5)]}
    )
    with pytest.raises(CorpusError, match="row 7: subject 'Total'"):
        read("casme2", tmp_path)


def test_videos_in_the_place_of_folders_are_read_trimmed_or_whole(tmp_path: Path) -> None:
    """A video of exactly onset..offset begins at the onset; of any other length it is the recording, counted
    from 0."""
    home = fake_casme2(tmp_path) / "CASME2_RAW_selected" / "sub01"
    # labelled 46..61 and 9..13
    for name, ending, count in (("EP02_01f", ".avi", 16), ("EP19_05f", ".AVI", 30)):
        shutil.rmtree(home / name)
        writer = cv2.VideoWriter(str(home / f"{name}.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 200, (32, 24))
        for i in range(count):
            writer.write(np.full((24, 32, 3), 8 * i, np.uint8))
        writer.release()
        (home / f"{name}.avi").rename(home / f"{name}{ending}")
    clips = by_id(read("casme2", tmp_path))
    for name, numbers, first in (("EP02_01f", range(46, 62), 0), ("EP19_05f", range(9, 14), 9)):
        clip = clips[f"sub01/{name}"]
        assert not clip.problem and "read from EP" in clip.repairs[-1]
        frames = list(read_clip(clip))
        assert [n for n, _ in frames] == list(numbers) and extent(clip) == (numbers[0], numbers[-1])
        assert [round(float(image.mean()) / 8) for _, image in frames] == [
            first + i for i in range(len(numbers))
        ]
    shutil.copy(home / "EP02_01f.avi", home / "EP02_01f.mp4")
    assert "several videos" in by_id(read("casme2", tmp_path))["sub01/EP02_01f"].problem


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ("CASME2_RAW_selected/CASME2_RAW_selected", ""),
        ("CASME2-RAW/CASME2-RAW", ""),
        ("CASME2_preprocessed_Li Xiaobai/Cropped", "point --root at {}/CASME2_preprocessed_Li Xiaobai"),
        ("CASME2_Cropped", "{}/CASME2_Cropped is there: if it is meant, rename it to CASME2_RAW_selected"),
    ],
)
def test_a_corpus_unpacked_one_folder_too_deep_is_read_or_said(
    tmp_path: Path, frames: str, told: str
) -> None:
    fake_casme2(tmp_path, frames=frames)
    if not told:
        assert not any(clip.problem for clip in read("casme2", tmp_path))
        return
    with pytest.raises(CorpusError, match=re.escape(told.format(tmp_path))):
        read("casme2", tmp_path)


def test_folders_of_recorders_and_archives_are_no_clips(tmp_path: Path) -> None:
    fake_casme2(tmp_path)
    before = read("casme2", tmp_path)
    frames = tmp_path / "CASME2_RAW_selected"
    for name in ("@eaDir", "#recycle", "__MACOSX", ".AppleDouble", "System Volume Information"):
        (frames / name / "sub01").mkdir(parents=True)
        (frames / "sub01" / name).mkdir()
        write_frames(frames / "sub01/EP02_01f" / name, ["img46.jpg"], np.random.default_rng(0))
    for name in ("._img46.jpg", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (frames / "sub01/EP02_01f" / name).write_bytes(b"x")
    (tmp_path / "~$CASME2-coding-20140508.xlsx").write_bytes(b"x")
    (tmp_path / "._CASME2-coding-20140508.xlsx").write_bytes(b"x")
    assert read("casme2", tmp_path) == before
    assert len(list(read_clip(before[0]))) > 1


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_sheet_saved_as_csv_is_the_same_sheet(tmp_path: Path, separator: str) -> None:
    fake_casme2(tmp_path)
    book = tmp_path / "CASME2-coding-20140508.xlsx"
    before = read("casme2", tmp_path)
    table = workbook.tables(book)["Sheet1"]
    lines = [separator.join(f'"{cell}"' for cell in row) for row in table]
    book.with_suffix(".csv").write_text("\n".join(lines), encoding="utf-8-sig")
    assert read("casme2", tmp_path) == before  # the workbook itself stands before its copy
    book.unlink()
    assert read("casme2", tmp_path) == before
