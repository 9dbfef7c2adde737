"""Long synthetic videos: what the truth says is what the pixels do."""

import csv
import hashlib

import cv2
import numpy as np
import pytest

from preprocessing.frames import read_clip
from preprocessing.render.long import LongConfig, LongRenderer, long_plan
from preprocessing.render.long_corpus import FIELDS, render_long
from preprocessing.render.motion import noise_bank
from preprocessing.schema import Clip

SMALL = LongConfig(seconds=8, fps=25, size=160, micro=2, macro=1, speech=0, blinks=2, turns=1)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    root = tmp_path_factory.mktemp("long")
    config = LongConfig(seconds=5, fps=25, size=96, subjects=2, micro=1, macro=0, speech=0, blinks=1, turns=0)
    return render_long(root, config), config


def test_truth_and_videos_agree_and_come_out_the_same_again(rendered, tmp_path):
    truth, config = rendered
    rows = list(csv.DictReader(truth.open()))
    assert tuple(rows[0]) == FIELDS
    assert {row["subject"] for row in rows} == {"p01", "p02"}
    assert sorted(row["kind"] for row in rows if row["subject"] == "p01") == ["blink", "micro"]
    for row in rows:
        assert 0 <= int(row["onset"]) < int(row["apex"]) < int(row["offset"]) < int(row["frames"]) == 125
        assert bool(row["emotion"]) == (row["kind"] == "micro")
        seconds = (int(row["offset"]) - int(row["onset"])) / float(row["fps"])
        assert row["kind"] != "micro" or seconds <= 0.5
    video = truth.parent / rows[0]["video"]
    assert sum(1 for _ in read_clip(Clip("c", "c/1", "a", video, ""))) == 125
    again = render_long(tmp_path / "again", config)
    for one in sorted(truth.parent.rglob("*.*")):
        other = again.parent / one.relative_to(truth.parent)
        assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest(), one
    with pytest.raises(FileExistsError, match="is there already"):
        render_long(truth.parent, config)


def test_the_skin_moves_in_events_and_only_there():
    plan = long_plan(SMALL, 0, 0)
    renderer = LongRenderer(plan, SMALL)
    inside = {t for e in plan.events if e.kind != "turn" for t in range(e.onset, e.offset + 1)}
    for event in plan.events:
        moved = np.linalg.norm(renderer.field(event.apex), axis=-1).max()
        assert event.kind == "turn" or moved > 1.0  # 160 pixels wide: half a face pixel a pixel
    for t in set(range(0, SMALL.frames, 7)) - inside:
        assert not renderer.field(t).any()


def test_the_true_flow_carries_one_frame_onto_another():
    plan = long_plan(SMALL, 0, 0)
    renderer = LongRenderer(plan, SMALL)
    event = next(e for e in plan.events if e.kind == "micro")
    a, b = event.onset, event.apex
    flow = renderer.true_flow(a, b)
    noise_bank(SMALL.render)
    y, x = np.mgrid[0:160, 0:160].astype(np.float32)
    back = cv2.remap(renderer.frame(b), x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
    middle = np.s_[40:120, 40:120]
    still, carried = (
        np.abs(renderer.frame(a)[middle].astype(int) - other[middle].astype(int)).mean()
        for other in (renderer.frame(b), back)
    )
    assert carried < 0.75 * still
    points = renderer.true_landmarks(a)
    there = renderer.true_landmarks(b)
    sampled = np.array([flow[round(float(v)), round(float(u))] for u, v in points])
    np.testing.assert_allclose(sampled[27:31], (there - points)[27:31], atol=0.3)


def test_a_head_turn_moves_the_eyes_by_tens_of_pixels_and_comes_back():
    config = LongConfig(seconds=20, fps=25, micro=0, macro=0, speech=0, blinks=0, turns=1, turn=20.0)
    plan = long_plan(config, 0, 0)
    eyes = np.array([LongRenderer(plan, config).true_landmarks(t)[39] for t in range(0, config.frames, 20)])
    assert 10 < np.ptp(eyes, axis=0).max() < 40


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"seconds": 6.0, "micro": 20}, "need .* s with silence between"),
        ({"fps": 10}, "fps is 10"),
        ({"micro": -1}, "micro is -1"),
        ({"turn": 99.0}, "turn is 99"),
        ({"subjects": 0}, "subjects must be"),
    ],
)
def test_what_cannot_be_rendered_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        LongConfig(**wrong)
