"""A corpus made worse: what changes is what is asked for, and nothing else."""

import csv
import json

import cv2
import numpy as np
import pytest

from preprocessing import extract
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.worse import AXES, NEUTRAL, moved, worsened


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("rendered")
    render_corpus(root, RenderConfig(subjects=2, clips_per_subject=2, size=96))
    return root


def rows(root):
    with (root / "manifest.csv").open() as lines:
        return list(csv.DictReader(lines))


def frame(root, row, number):
    return cv2.imread(str(root / row["frames"] / f"img{number}.jpg")).astype(float)


def clip(subject, name, onset=100, apex=110, offset=120):
    return {"subject": subject, "clip": name, "onset": str(onset), "apex": str(apex), "offset": str(offset)}


def test_key_frames_move_by_so_many_frames_and_stay_in_order():
    apexes = set()
    for number in range(20):
        row = moved(clip("p", f"c{number}"), 2)
        assert row["onset"] == "102" and row["offset"] == "120"
        apexes.add(row["apex"])
    assert apexes == {"108", "112"}  # a coin a clip
    for number in range(20):
        row = moved(clip("p", f"c{number}"), 64)
        assert int(row["onset"]) == 118 and row["apex"] in ("119", "120")
    assert moved(clip("p", "c1"), 0) == clip("p", "c1")


def test_key_frames_alone_are_moved_and_the_frames_are_those_of_the_source(source, tmp_path):
    made = rows(worsened(source, tmp_path / "k", "keyframes", 2))
    for before, after in zip(rows(source), made, strict=True):
        assert {k for k in before if before[k] != after[k]} == {"onset", "apex"}
        first = int(before["onset"])
        np.testing.assert_array_equal(frame(tmp_path / "k", after, first), frame(source, before, first))


def test_a_half_of_the_frames_is_half_of_the_rate(source, tmp_path):
    made = worsened(source, tmp_path / "f", "frame_rate", 2)
    for before, after in zip(rows(source), rows(made), strict=True):
        first, apex, last = (int(before[name]) for name in ("onset", "apex", "offset"))
        kept = list(range(first, last + 1, 2))
        assert (after["onset"], int(after["offset"])) == ("0", len(kept) - 1)
        assert abs(int(after["apex"]) - (apex - first) / 2) <= 0.5
        assert float(after["fps"]) == float(before["fps"]) / 2
        np.testing.assert_array_equal(frame(made, after, 1), frame(source, before, first + 2))


@pytest.mark.parametrize(
    ("axis", "small", "large"), [("noise", 4, 16), ("compression", 50, 5), ("head_motion", 1, 8)]
)
def test_more_of_it_changes_the_pictures_more(axis, small, large, source, tmp_path):
    row = rows(source)[0]
    number = int(row["apex"])
    off = []
    for amount in (small, large):
        made = worsened(source, tmp_path / f"{amount}", axis, amount)
        assert [{k: r[k] for k in r} for r in rows(made)] == rows(source)
        off.append(np.abs(frame(made, row, number) - frame(source, row, number)).mean())
    assert 0 < off[0] < off[1]


def test_noise_has_the_deviation_that_is_asked_for(source, tmp_path):
    made, row = worsened(source, tmp_path / "n", "noise", 8), rows(source)[0]
    before, after = (frame(root, row, int(row["onset"])) for root in (source, made))
    inside = (before > 40) & (before < 215)  # not clipped
    # JPEG takes some of it
    assert 4 < (after - before)[inside].std() < 9


def test_the_same_again_is_left_and_another_is_refused(source, tmp_path):
    made = worsened(source, tmp_path / "n", "noise", 4)
    files = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.name != "worse.json"}
    assert worsened(source, made, "noise", 4) == made
    assert {path: path.stat().st_mtime_ns for path in files} == files
    with pytest.raises(FileExistsError, match="holds another corpus"):
        worsened(source, made, "noise", 8)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(FileExistsError, match="not written here"):
        worsened(source, tmp_path / "full", "noise", 8)
    assert json.loads((made / "worse.json").read_text())["axis"] == "noise"


@pytest.mark.parametrize(
    ("axis", "amount"), [("keyframes", 8), ("frame_rate", 8), ("noise", 16), ("head_motion", 8)]
)
def test_features_are_made_of_every_clip(axis, amount, source, tmp_path):
    root = worsened(source, tmp_path / "corpus", axis, amount)
    made = extract.run(extract.plan("synthetic", root, ["apex_frame", "mesti"], tmp_path / "out"))
    assert (made.clips, made.quarantined) == (4, 0)


@pytest.mark.parametrize("axis", AXES)
def test_nothing_done_is_the_corpus_itself(axis, source, tmp_path):
    assert worsened(source, tmp_path / "none", axis, NEUTRAL[axis]) == source
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("axis", "amount"), [("nose", 1), ("noise", 65), ("frame_rate", 1.5), ("compression", 0)]
)
def test_what_cannot_be_is_refused(axis, amount, source, tmp_path):
    with pytest.raises(ValueError, match=axis):
        worsened(source, tmp_path / "x", axis, amount)
