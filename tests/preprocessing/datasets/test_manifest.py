"""Manifest adapter: a CSV that a lab writes by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.datasets.manifest import COLUMNS
from preprocessing.datasets.reading import read
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
        (["subject,clip,frames,onset,offset,emotion,aus,fps"], "0 columns are named 'apex'"),
        ([HEADER + ",apex"], "2 columns are named 'apex'"),
        ([HEADER, "1,a,f,1,2,3,joy"], "line 2: 7 values for 9 columns"),
        ([HEADER.replace(",", ";")], "0 columns are named 'subject'"),
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
    (tmp_path / "manifest.csv").write_bytes(HEADER.encode("utf-16"))
    with pytest.raises(CorpusError, match="cannot be read as a UTF-8 CSV"):
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
        ("1,a,f,1,2,3,joy,,0", "fps '0' is no number above 0"),
        ("1,a,f,1,2,3,joy,,nan", "fps 'nan' is no number above 0"),
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
