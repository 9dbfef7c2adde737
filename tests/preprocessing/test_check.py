"""What check finds in a folder, against published counts, from names alone."""

import inspect as signatures
from io import StringIO

import cv2
import numpy as np
import pytest
from rich.console import Console

from preprocessing import extract
from preprocessing.check import ALLOWED, check
from preprocessing.datasets import casme2, dfme
from preprocessing.findings import inspect
from tests.fake_corpora import fake_casme2, fake_manifest, fake_samm, fake_ststnet_flow
from tests.fakes.casme3 import fake_casme3
from tests.fakes.dfme import fake_dfme

AS_FAKED = {
    "clips": 5,
    "subjects": 4,
    "emotions": {"disgust": 2, "happiness": 1, "surprise": 1, "others": 1},
    "source": "the fake",
}
DFME_AS_FAKED = {
    "clips": 7,
    "subjects": 6,
    "splits": {
        "train": {"clips": 3, "subjects": 2, "emotions": {"happiness": 1, "disgust": 1, "surprise": 1}},
        "testA": {"clips": 4, "subjects": 4, "emotions": {"anger": 4}},
    },
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(casme2, "PUBLISHED", AS_FAKED)
    return fake_casme2(tmp_path)


def said(corpus, root, width=100):
    """(clips that can be used, the text of check with single blanks)"""
    text = StringIO()
    usable = check(corpus, root, Console(file=text, width=width)).usable
    lines = text.getvalue().splitlines()
    assert max(len(line) for line in lines if str(root) not in line) <= width
    return usable, " ".join(text.getvalue().split())


def test_a_corpus_as_published_is_said_to_be_so_and_no_image_is_opened(root):
    (root / "CASME2_RAW_selected/sub01/EP02_01f/img50.jpg").write_bytes(b"no image")
    found = inspect("casme2", root)
    assert not found.problems and not found.differences()
    assert found.lengths["casme2/sub01/EP02_01f"] == 16 and found.there == {"frame folder": 5, "video": 0}
    usable, text = said("casme2", root)
    assert usable and "Everything is as published." in text
    assert "5 labelled clips of 4 people, 5 can be used; 5 frame folders there" in text
    assert "4 to 16 frames a clip, median 4 at 200 frames per second: 0.02 to 0.08 s" in text
    assert "1 without an annotated apex, 5 with action units" in text
    assert "sub01 2 sub04 1 sub17 1 sub26 1" in text and text.endswith(f"extract casme2 --root {root}")


def test_gaps_missing_people_and_strays_are_found_from_names(root):
    frames = root / "CASME2_RAW_selected"
    (frames / "sub01" / "EP02_01f" / "img50.jpg").unlink()
    (frames / "sub17").rename(frames / "sub99")
    found = inspect("casme2", root)
    assert found.gaps == {"casme2/sub01/EP02_01f": "1 of the frames 46..61 missing: 50"}
    assert "does not exist" in found.problems["casme2/sub17/EP01_2"]
    assert "frames without a label" in found.problems["casme2/sub99/EP01_2"]
    assert found.usable == 4 and len(found.clips) == 6 and found.there["frame folder"] == 5
    assert found.incomplete() == ["casme2/sub17/EP01_2", "casme2/sub01/EP02_01f"]
    assert found.unlabelled() == ["casme2/sub99/EP01_2"]
    assert not found.differences()  # the labels are as published, and a stray folder is no person
    _, text = said("casme2", root)
    assert "surprise 1 0 1 0" in text  # found, can be used, published, difference
    assert "sub01 2" in text and "no clip can be used of sub17, sub99" in text
    assert "Copy what is missing of 2 clips" in text and "1 clip without a label" in text
    assert (
        "2 of 6 clips (33.3%) will be quarantined; extraction allows 20% and would end" in text
        and "--max-failed 0.34." in text
    )
    assert "Everything" not in text
    assert f" {frames}/sub17/EP01_2 does not exist" in said("casme2", root, width=60)[1]  # a path stays whole


def test_what_extraction_allows_is_its_default():
    assert signatures.signature(extract.run).parameters["max_failed"].default == ALLOWED


def test_other_labels_than_published_are_counted(root, monkeypatch):
    told = AS_FAKED | {"clips": 6, "emotions": {"disgust": 1, "happiness": 1, "surprise": 1, "fear": 3}}
    monkeypatch.setattr(casme2, "PUBLISHED", told)
    assert inspect("casme2", root).differences() == [
        ("all", "disgust", 2, 1), ("all", "fear", 0, 3), ("all", "others", 1, 0), ("all", "clips", 5, 6),
    ]  # fmt: skip
    _, text = said("casme2", root)
    assert "disgust 2 2 1 +1" in text and "fear 0 0 3 -3" in text and "Other than published (all)" in text


def test_repairs_are_told(tmp_path):
    _, text = said("samm", fake_samm(tmp_path))
    assert (
        "2 labels repaired" in text
        and "013_1_9: offset '5793' -> '5739'" in text
        and "column Duration" in text
    )
    assert "1 of 6 clips (16.7%) will be quarantined; extraction allows 20% by default" in text


def test_an_absent_split_is_one_difference_and_the_others_are_compared_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(dfme, "PUBLISHED", DFME_AS_FAKED)
    fake_dfme(tmp_path, ("train",))
    assert inspect("dfme", tmp_path).differences() == [("testA", "clips", 0, 4)]
    _, text = said("dfme", tmp_path)
    assert (
        "testA: not there (4 clips are published)" in text
        and "clips 3/3" in text
        and "Other than" not in text
    )
    fake_dfme(tmp_path, ("testA",))
    found = inspect("dfme", tmp_path)
    assert [row for row in found.differences() if row[0] != "all"] == [
        ("testA", "anger", 1, 4), ("testA", "clips", 1, 4), ("testA", "subjects", 1, 4),
    ]  # fmt: skip
    assert "clips 3/3 1/4 (-3)" in said("dfme", tmp_path)[1]


def test_a_part_is_told_by_the_person_and_an_official_exception_is_not_taken_for_a_bad_copy(tmp_path):
    found = inspect("casme3", fake_casme3(tmp_path))
    groups = found.groups()
    assert len(groups["A"]) + len(groups["C"]) == len(groups["all"]) and {
        c.subject[:9] for c in groups["C"]
    } == {"casme3/C-"}
    assert "first frame does not exist" in found.problems["casme3/A-spNO.216/e_0"]
    assert found.incomplete() == ["casme3/A-spNO.149/d_112"]


def test_a_corpus_without_published_counts_and_one_of_pictures(tmp_path):
    assert not inspect("manifest", fake_manifest(tmp_path / "m")).published
    assert "Every clip can be used; no counts are published." in said("manifest", tmp_path / "m")[1]
    usable, text = said("ststnet_flow", fake_ststnet_flow(tmp_path / "p"))
    assert usable and "6 flow pictures there" in text


def test_the_same_mistake_in_many_clips_is_one_entry_and_nothing_usable_is_told(tmp_path):
    fake_manifest(tmp_path, people=4)
    for i, folder in enumerate(sorted(tmp_path.glob("frames/*/*"))):
        for image in ("0010.png", "0012.png")[: 2 - i % 2]:  # one is missing here, two there
            (folder / image).unlink()
    usable, text = said("manifest", tmp_path)
    assert not usable
    assert (
        "8 x, as manifest/01/clip_0" in text
        and "manifest/03/clip_0 and 3 more" in text
        and "No clip can be used" in text
    )


def test_names_are_no_markup_and_the_command_can_be_pasted(tmp_path):
    root = fake_manifest(tmp_path / "my [b]data", people=1)
    sheet = root / "manifest.csv"
    text = sheet.read_text().replace(",01,", ",[q]01,").replace("Happiness", "[/joy]")
    sheet.write_text(text.replace("clip_1", ":x:[red]").replace("1+2+25?", "1+[/q]"))
    _, text = said("manifest", root)
    assert (
        "[/joy] 1 1" in text
        and "[q]01 1 of 2" in text
        and "manifest/[q]01/:x:[red]: " in text
        and "[/q]" in text
    )
    assert text.endswith(f"--root '{root}'")


def test_one_clip_under_two_people_and_ids_that_look_alike_are_told(tmp_path):
    root = fake_manifest(tmp_path)
    sheet = root / "manifest.csv"
    sheet.write_text(
        sheet.read_text().replace("clip_1,03,surprise,frames/03", "clip_1,03,surprise,frames/01")
    )
    found = inspect("manifest", root)
    assert (
        "manifest/01/clip_1 of manifest/01 and manifest/03/clip_1 of manifest/03 name the same frames"
        in found.refused
    )
    _, text = said("manifest", root)
    assert "A sweep refuses this corpus" in text and "Next:" not in text and "--same-person FILE" in text
    assert inspect("manifest", root, (("01", "03"),)).refused == ""
    sheet.write_text(sheet.read_text().replace("clip_0,03", "clip_0,3"))
    assert {clip.subject for clip in inspect("manifest", root).clips if clip.name == "clip_0"} >= {
        "manifest/3"
    }
    assert "subject '03' -> '3': one person, written differently" in said("manifest", root)[1]


def test_parts_of_a_corpus_that_may_share_people_are_told(tmp_path):
    found = inspect("casme3", fake_casme3(tmp_path / "both")).doubts
    assert [one for one in found if "parts A and C are pooled" in one] != []
    found = inspect("casme3", fake_casme3(tmp_path / "one", "A")).doubts
    assert [one for one in found if "pooled" in one] == []


def test_words_that_no_scheme_knows_are_told_with_the_nearest(tmp_path):
    root = fake_manifest(tmp_path)
    sheet = root / "manifest.csv"
    sheet.write_text(sheet.read_text().replace("surprise,", "surprised,"))
    found, text = inspect("manifest", root), said("manifest", root)[1]
    assert found.words == {"surprised": "surprise"}
    assert "--label surprised=surprise" in text and "Every clip can be used" not in text
    assert inspect("manifest", root, meant={"surprised": "surprise"}).words == {}


def test_the_frames_of_a_video_are_counted(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for i in range(5):
        writer.write(np.full((32, 32, 3), 20 * i, np.uint8))
    writer.release()
    lines = ["subject,clip,frames,onset,apex,offset,emotion", "1,a,v.avi,0,,4,joy", "1,b,v.avi,1,,9,joy"]
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    found = inspect("manifest", tmp_path)
    assert found.lengths == {"manifest/1/a": 5}
    assert "ends after 5 frames" in found.problems["manifest/1/b"]
    assert not any("how long" in one for one in found.doubts)
    raw = "YUV4MPEG2 W2 H2 F25:1 C420jpeg\n" + 3 * "FRAME\nabcdef"  # has no length
    (tmp_path / "c.y4m").write_text(raw)
    (tmp_path / "manifest.csv").write_text(
        f"{lines[0]}\n1,a,v.avi,0,,,joy\n1,b,v.avi,1,,2,joy\n2,c,c.y4m,,,,joy"
    )
    (asked,) = [one for one in inspect("manifest", tmp_path).doubts if "how long" in one]
    assert asked.startswith("1 clip(s), as manifest/2/c, are videos without an offset")
