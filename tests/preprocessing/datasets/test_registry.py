"""The registry: one name, one adapter file, one test file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from preprocessing import datasets
from preprocessing.datasets.reading import read
from preprocessing.decode import FramesError
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import (
    CASME2_HEADER,
    CASME2_ROWS,
    fake_casme2,
    fake_manifest,
    fake_samm,
    fake_smic_hs,
    fake_ststnet_flow,
    write_book,
)


def test_every_corpus_has_its_adapter_and_its_test_under_its_name() -> None:
    here = Path(__file__).parent
    for name in datasets.DATASETS:
        assert (Path(datasets.__file__).parent / f"{name}.py").is_file()
        assert f'corpus = "{name}"' in (here / f"test_{name}.py").read_text(), (
            f"test_{name}.py must subclass AdapterContract"
        )


def test_an_unknown_corpus_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"unknown corpus 'cassme2'; did you mean 'casme2'"):
        read("cassme2", tmp_path)


def _linked(root: Path, at: str, target: Path) -> None:
    """Move what is at ``at`` to ``target`` and leave a link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    (root / at).rename(target)
    (root / at).symlink_to(target, target_is_directory=target.is_dir())


@pytest.mark.parametrize(
    ("corpus", "fake", "at"),
    [
        ("casme2", fake_casme2, "CASME2_RAW_selected/sub01/EP02_01f"),  # the frames folder
        ("casme2", fake_casme2, "CASME2_RAW_selected/sub01"),  # one between root and it
        ("casme2", fake_casme2, "CASME2_RAW_selected"),
        ("samm", fake_samm, "SAMM/006/006_1_2"),
        ("smic_hs", fake_smic_hs, "HS/s1"),
        ("ststnet_flow", fake_ststnet_flow, "flow"),
        ("synthetic", fake_manifest, "frames"),
    ],
)
def test_data_that_lies_out_of_the_root_is_a_problem(tmp_path: Path, corpus: str, fake: Any, at: str) -> None:
    root = fake(tmp_path / "root")
    whole = {clip.clip_id for clip in read(corpus, root) if not clip.problem}
    _linked(root, at, root / "in the root" / "x")
    assert {clip.clip_id for clip in read(corpus, root) if not clip.problem} == whole
    (tmp_path / "root link").symlink_to(root)
    assert {clip.clip_id for clip in read(corpus, tmp_path / "root link") if not clip.problem} == whole
    (root / at).unlink()
    (root / "in the root" / "x").rename(root / at)
    _linked(root, at, tmp_path / "elsewhere" / "x")
    clips = {clip.clip_id: clip for clip in read(corpus, root)}
    behind = {
        clip_id for clip_id in whole if (root / at) in (clips[clip_id].frames, *clips[clip_id].frames.parents)
    }
    assert behind
    for clip_id in whole:
        assert bool(clips[clip_id].problem) == (clip_id in behind)
    if corpus != "synthetic":  # its manifest has its own words
        for clip_id in behind:
            assert re.search(
                r" leads out of .*root; put the data itself there or give that folder as root",
                clips[clip_id].problem,
            )


def test_a_frame_that_links_out_of_the_root_spoils_its_clip(tmp_path: Path) -> None:
    root = fake_casme2(tmp_path / "root")
    folder = root / "CASME2_RAW_selected/sub01/EP02_01f"
    _linked(folder, "img50.jpg", tmp_path / "img50.jpg")
    clip = next(clip for clip in read("casme2", root) if clip.frames == folder)
    with pytest.raises(FramesError, match=r"img50\.jpg leads out of .*EP02_01f; put the file itself there"):
        next(read_clip(clip))


def test_a_name_in_a_sheet_cannot_lead_out_of_the_root(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    row = ("01", "../../../secret", None, 46, 59, 61, None, "6+R12", "happiness")
    root = fake_casme2(tmp_path / "root", CASME2_ROWS)
    table = [
        CASME2_HEADER,
        *CASME2_ROWS,
        row,
        ("01", str(tmp_path / "secret"), *row[2:]),
        ("01", "x" * 400, *row[2:]),
    ]
    write_book(root / "CASME2-coding-20140508.xlsx", {"Sheet1": table})
    sane, (up, absolute, long) = read("casme2", root)[:5], read("casme2", root)[5:8]
    assert not any(clip.problem for clip in sane)
    assert "leads out of" in up.problem
    assert "leads out of" in absolute.problem
    assert "does not exist" in long.problem


def test_only_the_manifest_may_write_an_absolute_path(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    lines = [
        "subject,clip,frames,onset,apex,offset,emotion,aus,fps",
        f"1,a,{tmp_path / 'elsewhere'},1,2,3,joy,,",
    ]
    path = tmp_path / "root" / "manifest.csv"
    path.write_text("\n".join(lines))
    assert [clip.problem for clip in read("manifest", path)] == [""]
    (clip,) = read("synthetic", path)
    assert "leads out of" in clip.problem
    fake_manifest(tmp_path / "root")
    # the root may be the file itself
    assert not any(clip.problem for clip in read("synthetic", path))


def test_a_frame_number_that_no_feature_set_can_hold_is_a_problem(tmp_path: Path) -> None:
    rows = [
        ("01", "EP02_01f", None, 46, 59, 2**31, None, "12", "happiness"),
        ("01", "EP19_05f", None, 9, 2**40, 13, None, "", "joy"),
    ]
    root = fake_casme2(tmp_path, CASME2_ROWS[:2])
    write_book(root / "CASME2-coding-20140508.xlsx", {"Sheet1": [CASME2_HEADER, *rows]})
    first, second = read("casme2", root)[:2]
    assert "offset 2147483648 is outside 0..2147483647" in first.problem
    assert (first.onset, first.apex, first.offset) == (46, 59, None)
    assert "apex 1099511627776 is outside" in second.problem
    assert (second.onset, second.apex, second.apex_source, second.offset) == (9, None, "none", 13)
