"""Features against the synthetic corpus' true motion: how far the flow is off, and the sign of every AU in
its channel."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from preprocessing.align import CROP, crop_of
from preprocessing.flow import FLOWS
from preprocessing.inputs import Settings
from preprocessing.pipeline import Pipeline
from preprocessing.regions import CHANNELS
from preprocessing.render import RenderConfig, clip_plan, true_flow
from preprocessing.render.motion import ClipRenderer
from preprocessing.render.plan import Unit
from preprocessing.schema import Clip

EASY = RenderConfig(seed=3, subjects=2, clips_per_subject=6, difficulty=0.0)
STEPS = 16


def one_unit(au, amplitude=3.0):
    """A clip with one AU on both sides of the face and a still head: the plan of a rendered clip with its
    movements replaced."""
    plan = clip_plan(EASY, 0, 0)
    course = next(unit.course for unit in plan.units if unit.role == "expression")
    pose = np.repeat(plan.pose[:1], plan.frames, axis=0)
    return replace(plan, units=(Unit(au, amplitude, (1.0, 1.0), course, "expression"),), pose=pose)


def write(plan, folder):
    renderer = ClipRenderer(plan, EASY)
    folder.mkdir()
    for t in range(plan.frames):
        cv2.imwrite(str(folder / f"img{plan.onset + t}.png"), renderer.frame(t))
    return Clip(
        "manifest",
        "manifest/p",
        "c",
        folder,
        "happiness",
        plan.onset,
        plan.apex,
        plan.offset,
        apex_source="annotated",
    )


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline(("roi_flow18", "onset_apex_flow"), Settings(steps=STEPS))


# AU -> (channel, component, sign): what FACS says moves where. u > 0 is to the right of the image, v > 0 is
# down.
SIGNS = {
    1: [("left_brow_3", "v", -1), ("right_brow_3", "v", -1)],
    2: [("left_brow_0", "v", -1), ("right_brow_0", "v", -1)],
    4: [
        ("left_brow_3", "v", 1),
        ("right_brow_3", "v", 1),
        ("left_brow_3", "u", 1),
        ("right_brow_3", "u", -1),
    ],
    9: [("nose_left", "v", -1), ("nose_right", "v", -1)],
    10: [("mouth_top_left", "v", -1), ("mouth_top_right", "v", -1)],
    12: [("mouth_left", "v", -1), ("mouth_right", "v", -1), ("mouth_left", "u", -1), ("mouth_right", "u", 1)],
    15: [("mouth_left", "v", 1), ("mouth_right", "v", 1)],
    17: [("mouth_bottom_left", "v", -1), ("mouth_bottom_right", "v", -1)],
    20: [("mouth_left", "u", -1), ("mouth_right", "u", 1)],
    26: [("mouth_bottom_left", "v", 1), ("mouth_bottom_right", "v", 1)],
}


@pytest.mark.parametrize("au", SIGNS)
def test_each_action_unit_moves_its_channel_its_way(au, pipeline, tmp_path):
    plan = one_unit(au)
    row = pipeline.rows(write(plan, tmp_path / "clip"))["roi_flow18"]
    assert row["status"] == "ok", row["error"]
    x = row["x"].reshape(STEPS, 18, 2)
    to_apex = round((plan.apex - plan.onset) / (plan.frames - 1) * STEPS)
    # pixels of the crop from onset to apex, (18, 2)
    moved = x[:to_apex].sum(axis=0) * (plan.frames - 1) / STEPS
    for channel, component, sign in SIGNS[au]:
        value = moved[list(CHANNELS[18]).index(channel), "uv".index(component)]
        assert value * sign > 0.5, f"AU {au}: {channel} {component} moved {value:.2f} px"


@pytest.mark.parametrize(("flow", "limit"), [("farneback", 0.35), ("dis", 0.40)])
def test_endpoint_error_of_the_flow_on_the_aligned_face(flow, limit, pipeline):
    """Onset to apex, mean over the face of four clips; the true motion there is about 2 px on average where
    something moves."""
    errors, sizes = [], []
    for subject, clip in ((0, 0), (0, 3), (1, 1), (1, 4)):
        plan = clip_plan(EASY, subject, clip)
        renderer = ClipRenderer(plan, EASY)
        first, second = renderer.frame(0), renderer.frame(plan.apex - plan.onset)
        landmarks = pipeline.landmarker.start(first)
        crop = crop_of(landmarks)
        grey = [crop.image(cv2.cvtColor(f, cv2.COLOR_BGR2GRAY)) for f in (first, second)]
        found = FLOWS[flow]()(*grey)
        truth = (
            cv2.warpAffine(true_flow(plan, EASY, plan.onset, plan.apex), crop.matrix, (CROP, CROP))
            @ crop.matrix[:, :2].T
        )
        face = np.zeros((CROP, CROP), np.uint8)
        cv2.fillConvexPoly(face, cv2.convexHull(crop.points(landmarks)[17:].round().astype(np.int32)), 1)
        moving = (face > 0) & (np.linalg.norm(truth, axis=2) > 0.5)
        errors.append(np.linalg.norm(found - truth, axis=2)[moving].mean())
        sizes.append(np.linalg.norm(truth, axis=2)[moving].mean())
    assert np.mean(errors) < limit * np.mean(sizes), (errors, sizes)


def test_both_inputs_of_one_pass_equal_those_of_single_passes(pipeline, tmp_path):
    clip = write(one_unit(12), tmp_path / "clip")
    together = pipeline.rows(clip)
    for name in together:
        alone = Pipeline((name,), Settings(steps=STEPS)).rows(clip)[name]
        np.testing.assert_array_equal(alone["x"], together[name]["x"])
