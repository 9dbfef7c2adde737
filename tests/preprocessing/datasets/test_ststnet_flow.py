"""Flow pictures of three corpora in one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.datasets.reading import read
from preprocessing.frames import read_picture
from tests.fake_corpora import fake_ststnet_flow
from tests.preprocessing.datasets.contract import AdapterContract, by_id


class TestStstnetFlow(AdapterContract):
    corpus = "ststnet_flow"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_ststnet_flow(tmp_path)


@pytest.mark.parametrize("version", [{}, {"space": False}, {"original_names": True}])
def test_rows_are_joined_to_pictures_by_name(tmp_path: Path, version: dict) -> None:
    clips = by_id(read("ststnet_flow", fake_ststnet_flow(tmp_path, **version)))
    assert {k: c.emotion for k, c in clips.items()} == {
        "casme2-sub01/EP02_01f": "positive",
        "casme2-sub07/EP06_02_01": "negative",
        "samm-006/006_1_2": "negative",
        "samm-016/016_7_10": "surprise",
        "smic-s01/s01_ne_01": "negative",
        "smic-s01/s01_sur_01": "surprise",
    }
    for clip in clips.values():
        assert not clip.problem
        assert not clip.aus_known
        assert (clip.onset, clip.apex, clip.offset) == (None, None, None)
        assert read_picture(clip.frames).shape == (28, 28, 3)


def test_the_same_id_in_two_corpora_is_two_people(tmp_path: Path) -> None:
    root = fake_ststnet_flow(tmp_path)
    with (root / "labels.csv").open("a") as file:
        file.write("other,006,x_1,1,,,\n")
    (root / "flow" / "006_x_1 .png").write_bytes((root / "flow" / "006_006_1_2 .png").read_bytes())
    subjects = {c.subject for c in read("ststnet_flow", root)}
    assert {"ststnet_flow/other-006", "ststnet_flow/samm-006"} < subjects


def test_what_does_not_match_becomes_a_problem(tmp_path: Path) -> None:
    root = fake_ststnet_flow(tmp_path)
    pictures = root / "flow"
    (pictures / "sub01_EP02_01f .png").unlink()
    (pictures / "006_006_9_9 .png").write_bytes(b"x")
    (pictures / "016_016_7_10.png").write_bytes(b"x")  # the same stem with and without the space
    with (root / "labels.csv").open("a") as file:
        file.write("samm,006,006_1_3,7,,,\n")
    (pictures / "006_006_1_3 .png").write_bytes(b"x")
    problems = {k: c.problem for k, c in by_id(read("ststnet_flow", root)).items() if c.problem}
    want = {
        "casme2-sub01/EP02_01f": "labelled, but",
        "samm-016/016_7_10": "2 pictures have this name",
        "samm-006/006_1_3": "label '7' is none of 0, 1, 2",
    }
    assert set(problems) == set(want)
    for key, text in want.items():
        assert text in problems[key]


def test_pictures_of_another_kind_and_case_and_labels_as_pandas_writes_them_are_read(tmp_path: Path) -> None:
    root = fake_ststnet_flow(tmp_path)
    before = by_id(read("ststnet_flow", root))
    (root / "flow" / "sub01_EP02_01f .png").rename(root / "flow" / "SUB01_ep02_01f.PNG")
    table = (root / "labels.csv").read_text()
    (root / "labels.csv").write_text(table.replace("EP02_01f,1,", "EP02_01f,1.0,"))
    clips = by_id(read("ststnet_flow", root))
    assert {k: c.emotion for k, c in clips.items()} == {k: c.emotion for k, c in before.items()}
    moved = clips["casme2-sub01/EP02_01f"]
    assert not moved.problem and moved.repairs and read_picture(moved.frames).shape == (28, 28, 3)
    assert not any(clip.repairs for clip in clips.values() if clip is not moved)


def test_more_pictures_of_a_clip_are_no_failures(tmp_path: Path) -> None:
    root = fake_ststnet_flow(tmp_path)
    before = read("ststnet_flow", root)
    for path in list((root / "flow").glob("*.png")):
        for window in (1, 2, 3):
            path.with_name(f"{path.stem.strip()}_{window} .png").write_bytes(path.read_bytes())
    assert read("ststnet_flow", root) == before and not any(clip.problem for clip in before)
