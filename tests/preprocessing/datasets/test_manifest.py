"""Manifest adapter: a CSV that a lab writes by hand."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openpyxl
import pytest

from preprocessing.datasets.manifest import COLUMNS
from preprocessing.datasets.reading import read
from preprocessing.findings import inspect
from preprocessing.schema import CorpusError
from tests.fake_corpora import fake_manifest
from tests.preprocessing.datasets.contract import AdapterContract, by_id

HEADER = ",".join(COLUMNS)


class TestManifest(AdapterContract):
    corpus = "manifest"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_manifest(tmp_path)


def write(root: Path, *lines: str) -> Path:
    (root / "f").mkdir(exist_ok=True)
    (root / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    root = fake_manifest(tmp_path, name="my labels.csv")
    clips = by_id(read("manifest", root / "my labels.csv"))
    assert len(clips) == 6
    first, second = clips["01/clip_0"], clips["01/clip_1"]
    assert (first.emotion, first.onset, first.apex, first.offset, first.aus, first.fps) == (
        "happiness",
        10,
        12,
        13,
        "6+R12",
        200,
    )
    assert (second.apex, second.apex_source, second.aus) == (None, "none", "1+2+25?")
    assert first.frames == root / "frames/01/happiness_0"
    assert not any(c.problem for c in clips.values())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["subject_id,video_name,video_path,OnsetFrame,offset,Emotion_label,apx,notes"],
            "'apex', 'emotion'; did you mean 'subject_id' for 'subject', 'video_name' for 'clip', "
            "'video_path' for 'frames', 'OnsetFrame' for 'onset', 'apx' for 'apex', 'Emotion_label' for "
            "'emotion'. Then rename them",
        ),
        ([HEADER + ",apex"], "several columns are named 'apex'"),
        ([HEADER, "1,a,f,1,2,3"], "line 2: 6 values for 9 columns"),
        ([HEADER.replace(",", "|")], "no column is named 'subject', 'clip', 'frames'"),
        (
            ["subject,clip,frames,onset,onset,offset"],
            "no column is named 'apex', 'emotion'; several columns are named 'onset'",
        ),
        ([HEADER, "1,a,f,1,2,3," + "x" * 200_000 + ",,"], "line 2: column 'emotion' has 200000 characters"),
        ([""], "is empty"),
        ([HEADER], "has no clip"),
    ],
)
def test_a_malformed_file_is_an_error(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read("manifest", write(tmp_path, *lines))


def test_a_lab_may_name_its_own_split(tmp_path: Path) -> None:
    write(
        tmp_path, f"split,{HEADER}", "train,1,a,f,,,,anger,,", "test B,2,a,f,,,,anger,,", ",3,a,f,,,,anger,,"
    )
    assert [clip.split for clip in read("manifest", tmp_path)] == ["train", "test B", ""]
    write(tmp_path, HEADER, "1,a,f,,,,anger,,")
    assert [clip.split for clip in read("manifest", tmp_path)] == [""]


def test_a_file_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(HEADER.encode("utf-16-le"))
    with pytest.raises(CorpusError, match="cannot be read as text"):
        read("manifest", tmp_path)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,a,f,1,2,3,joy,12,30", ""),
        ("1,a,f,,,,joy,,", ""),
        ("1,a,f,1,,3,joy,,", ""),
        ("1,a,,1,2,3,joy,,", "no frames are given"),
        ("1,a,g,1,2,3,joy,,", "does not exist"),
        ("1,a,../out,1,2,3,joy,,", "lead out of the manifest's folder"),
        ("1,a,link,1,2,3,joy,,", "lead out of the manifest's folder"),
        ("1,a,f,1,,,joy,,", "give both or neither"),
        ("1,a,f,3,2,1,joy,,", "onset 3 is after offset 1"),
        ("1,a,f,1,4,3,joy,,", "apex 4 is outside onset 1..offset 3"),
        ("1,a,f,1,2.5,3,joy,,", "apex '2.5' is no frame number"),
        ("1,a,f,-1,2,3,joy,,", "onset '-1' is no frame number"),
        ("1,a,f,1,2,3,,,", "no emotion"),
        ("1,a,f,1,2,3,joy,12 14,", "at character 4"),
        ("1,a,f,1,2,3,joy,,0", "fps '0' is no number of frames per second"),
        ("1,a,f,1,2,3,joy,,inf", "fps 'inf' is no number of frames per second"),
        (f"1,a,f,{'9' * 900},,,joy,,", "onset of 900 digits is no frame number"),
        (",a,f,1,2,3,joy,,", "must be given"),
        ("1,a/b,f,1,2,3,joy,,", "hold no '/'"),
    ],
)
def test_a_bad_row_becomes_a_problem(tmp_path: Path, row: str, problem: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "out").mkdir()
    (root / "link").symlink_to(tmp_path / "out")
    clips = read("manifest", write(root, HEADER, row))
    assert len(clips) == 1
    assert (problem in clips[0].problem) if problem else clips[0].problem == ""


def test_an_absolute_path_is_taken_as_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (clip,) = read("manifest", write(root, HEADER, f"1,a,{tmp_path / 'elsewhere'},1,2,3,joy,,"))
    assert clip.problem == ""
    assert clip.frames == tmp_path / "elsewhere"


def test_ids_of_copies_stay_unique_even_when_the_suffix_is_taken(tmp_path: Path) -> None:
    rows = [f"1,{name},f,1,2,3,joy,," for name in ("a", "a#2", "a", "a")]
    clips = read("manifest", write(tmp_path, HEADER, *rows))
    assert [c.name for c in clips] == ["a", "a#2", "a#3", "a#4"]
    assert [bool(c.problem) for c in clips] == [True, False, True, True]


def test_action_units_count_as_annotated_only_if_some_row_has_them(tmp_path: Path) -> None:
    clips = read("manifest", write(tmp_path, HEADER, "1,a,f,1,2,3,joy,12,", "1,b,f,1,2,3,joy,,"))
    assert [c.aus_known for c in clips] == [True, True]
    clips = read("manifest", write(tmp_path, HEADER, "1,b,f,1,2,3,joy,,"))
    assert [c.aus_known for c in clips] == [False]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_other_programs_write_the_same_manifest_differently(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    lines = (
        "# coded by A., 2024",
        "subject,clip,frames,onset,apex,offset,emotion,,",
        "1.0,7,f,25.0,NA,31.0,Joy,,",
        ",,,,,,,,",
        "Zo\u00e9,8,f,None,nan,-,fear,,",
    )
    (tmp_path / "f").mkdir()
    text = "\r\n".join(lines).replace(",", separator)
    (tmp_path / "manifest.csv").write_bytes(text.encode(encoding))
    one, two = read("manifest", tmp_path)
    assert (one.subject, one.name, one.onset, one.apex, one.offset) == ("manifest/1", "7", 25, None, 31)
    assert (two.subject, two.onset, two.fps, two.aus_known) == ("manifest/Zo\u00e9", None, None, False)
    assert not one.problem and not two.problem


def test_a_workbook_is_a_manifest_too(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    book = openpyxl.Workbook()
    book.worksheets[0].append(list(COLUMNS))
    book.worksheets[0].append([1, 2, "f", 3, None, 9, "joy", 12, 200])
    book.create_sheet("empty")
    book.save(tmp_path / "manifest.xlsx")
    (clip,) = read("manifest", tmp_path)
    assert (clip.subject, clip.name, clip.onset, clip.apex, clip.aus) == ("manifest/1", "2", 3, None, "12")
    assert not clip.problem


@pytest.mark.parametrize("empty", ["nan", "None", "NaN", "none", "0", "-", "0.0"])
def test_what_a_script_writes_into_an_empty_cell_is_no_annotation(tmp_path: Path, empty: str) -> None:
    (clip,) = read("manifest", write(tmp_path, HEADER, f"1,a,f,1,2,3,joy,{empty},"))
    assert (clip.aus, clip.aus_known, clip.problem) == ("", False, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sub01", "Sub01"),
        ("sub01", "sub1"),
        ("01", "1"),
        ("1", "1.0"),
        ("Zo\u00e9", "Zoe\u0301"),
        ("p01", "p01\u200b"),
        ("p01", "p\u200b01"),
        ("p1", "p\u0661"),
        ("sub 01", "sub  01"),
        ("p-01", "p_01"),
    ],
)
def test_one_person_with_two_ids_is_one_and_is_told(tmp_path: Path, one: str, other: str) -> None:
    first, second, third = read(
        "manifest", write(tmp_path, HEADER, f"{one},a,f,,,,joy,,", f"{other},b,f,,,,joy,,", "x,c,f,,,,joy,,")
    )
    assert first.subject == second.subject != third.subject
    assert (first.repairs, third.repairs) == ((), ())
    assert "one person, written differently" in second.repairs[0]


def test_labels_csv_says_what_own_words_mean(tmp_path: Path) -> None:
    root = write(tmp_path, HEADER, "1,a,f,,,,Surprised,,", "1,b,f,,,,joy,,")
    (root / "labels.csv").write_text("word;class\nsurprised;Surprise\n")
    one, two = read("manifest", root)
    assert (one.emotion, two.emotion) == ("surprise", "joy")
    assert one.repairs == ("emotion 'surprised' -> 'surprise': labels.csv",)
    (root / "labels.csv").write_text("word,class\nsurprised,surprise\nSurprised,fear\n")
    with pytest.raises(CorpusError, match="'surprised' means 'surprise' and 'fear'"):
        read("manifest", root)


def test_an_accent_written_as_one_sign_or_two_is_one_word(tmp_path: Path) -> None:
    """macOS writes two."""
    one, two = "dégoût", unicodedata.normalize("NFD", "dégoût")
    root = write(tmp_path, HEADER, f"1,a,f,,,,{one},,", f"1,b,f,,,,{two.upper()},,")
    assert {clip.emotion for clip in read("manifest", root)} == {one}
    for here in (one, two):
        (root / "labels.csv").write_text(f"word,class\n{here},disgust\n", encoding="utf-8")
        assert {clip.emotion for clip in read("manifest", root)} == {"disgust"}


@pytest.mark.parametrize(
    ("rows", "want"),
    [
        (["1,a,v.avi,1,3,5,joy,,"], [(0, 2, 4)]),
        (["1,a,v.avi,1,3,5,joy,,", "1,b,v.avi,2,,3,joy,,"], [(0, 2, 4), (1, None, 2)]),
        (["1,a,v.avi,0,2,4,joy,,"], [(0, 2, 4)]),
        (
            ["1,a,v.avi,0,2,3,joy,,", "1,b,v.avi,1,3,5,joy,,"],
            [(0, 2, 3), "counted from 1 they cannot be, as manifest/1/a"],
        ),
    ],
)
def test_a_video_numbered_from_1_is_recognised(tmp_path: Path, rows: list[str], want: list[Any]) -> None:
    write(tmp_path, HEADER, *rows)
    video = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for i in range(5):
        video.write(np.full((32, 32, 3), 20 * i, np.uint8))
    video.release()
    for clip, expected in zip(read("manifest", tmp_path), want, strict=True):
        if isinstance(expected, str):
            assert expected in clip.problem
        else:
            assert (clip.onset, clip.apex, clip.offset) == expected and not clip.problem


@pytest.mark.parametrize(
    ("rows", "want", "asked"),
    [
        (["1,a,v.avi,1,2,3,joy,,"], (1, 2, 3), True),
        (["1,a,v.avi,1,2,3,joy,,", "1,b,v.avi,2,3,4,joy,,"], (1, 2, 3), False),  # 4 is the last one from 0
        (["1,a,v.avi,1,2,3,joy,,", "1,b,v.avi,0,2,3,joy,,"], (1, 2, 3), False),
        (["1,a,v.avi,1,2,3,joy,,,1"], (0, 1, 2), False),
        (["1,a,v.avi,1,2,3,joy,,,0"], (1, 2, 3), False),
        (["1,a,v.avi,2,3,5,joy,,,1", "1,b,v.avi,1,2,4,joy,,,1"], (1, 2, 4), False),  # taken off once
        (["1,a,v.avi,1,2,3,joy,,,2"], "first '2' is none of 0 and 1", False),
    ],
)
def test_where_nothing_tells_how_a_video_is_counted_it_is_asked(
    tmp_path: Path, rows: list[str], want: Any, asked: bool
) -> None:
    columns = rows[0].count(",")
    write(tmp_path, HEADER + ",first" * (columns > HEADER.count(",")), *rows)
    video = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for i in range(5):
        video.write(np.full((32, 32, 3), 20 * i, np.uint8))
    video.release()
    found = inspect("manifest", tmp_path)
    assert [one for one in found.doubts if "may begin at 0" in one] != [] if asked else not found.doubts
    clip = found.clips[0]
    if isinstance(want, str):
        assert want in clip.problem
    else:
        assert (clip.onset, clip.apex, clip.offset) == want and not clip.problem
