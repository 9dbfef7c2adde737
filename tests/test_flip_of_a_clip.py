"""The mirror image of a stored input is the input of the flipped frames: the training's mirror and the
features agree on what a side, a sign and a channel mean. On a rendered clip whose two sides move differently,
through the whole preprocessing.

Measured on two people: the two differ by 1 to 7 % of the input's size where the flipped frames have the
mirrored landmarks (pixels and windows are rounded), and a wrong side, sign or channel makes 48 to 130 % of
it. MediaPipe finds other landmarks in flipped frames: then a flow differs by 6 to 23 %, but a weighted sum of
frames (mesti) by 30 to 90 %, whose edges are finer than that.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from orchestrator.training.kinds import KINDS
from orchestrator.training.parts.mirror import mirror
from preprocessing.inputs import INPUTS, Settings
from preprocessing.landmarks import Landmarker
from preprocessing.pipeline import Pipeline
from preprocessing.render import RenderConfig, clip_plan
from preprocessing.render.motion import ClipRenderer
from preprocessing.render.plan import Unit
from preprocessing.render.portrait import OPPOSITE
from preprocessing.schema import Clip

EASY = RenderConfig(seed=3, subjects=1, clips_per_subject=1, difficulty=0.0)
SETTINGS = Settings(steps=8, image_size=64, landmarks_every=0)
OF_MOTION = [
    "roi_flow14",
    "roi_flow18",
    "onset_apex_flow",
    "onset_apex_flow224",
    "roi_maps1",
    "roi_maps4",
    "roi_stack9",
]
NAMES = [*OF_MOTION, "mesti", "dynamic_image", "apex_frame", "onset_apex_frames"]  # of each kind


class OfTheUnflipped(Landmarker):
    """Shown a flipped frame, it looks at the unflipped one and mirrors what it finds: 0..W becomes W..0, left
    right."""

    def start(self, frame):
        return self.mirrored(super().start(frame[:, ::-1].copy()), frame)

    def follow(self, frame, step):
        return self.mirrored(super().follow(frame[:, ::-1].copy(), step), frame)

    def mirrored(self, landmarks, frame):
        return landmarks[OPPOSITE] * np.float32([-1, 1]) + np.float32([frame.shape[1], 0])


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A lip corner pulled up at one side (AU 12), brows lowered and drawn together more at the other (AU 4),
    as is and flipped."""
    plan = clip_plan(EASY, 0, 0)
    course = next(unit.course for unit in plan.units if unit.role == "expression")
    units = (Unit(12, 3.5, (1.0, 0.3), course, "expression"), Unit(4, 3.0, (0.4, 1.0), course, "expression"))
    plan = replace(plan, units=units, pose=np.repeat(plan.pose[:1], plan.frames, axis=0))
    renderer = ClipRenderer(plan, EASY)
    folders = [tmp_path_factory.mktemp(name) for name in ("as_is", "flipped")]
    for t in range(plan.frames):
        frame = renderer.frame(t)
        for folder, picture in zip(folders, (frame, frame[:, ::-1]), strict=True):
            cv2.imwrite(str(folder / f"img{plan.onset + t}.png"), picture)
    labels = {"onset": plan.onset, "apex": plan.apex, "offset": plan.offset, "apex_source": "annotated"}
    return [Clip("manifest", "manifest/p", "c", folder, "happiness", **labels) for folder in folders]


def extracted(clip, names, landmarker=None):
    """Input name -> float32 (1, ...), as a feature set stores it."""
    pipeline = Pipeline(tuple(names), SETTINGS)
    pipeline._landmarker = landmarker
    rows = pipeline.rows(clip)
    assert [row["error"] for row in rows.values()] == [""] * len(rows)
    return {
        name: row["x"].astype(np.float32).reshape(1, *INPUTS[name].shape(SETTINGS))
        for name, row in rows.items()
    }


@pytest.fixture(scope="module")
def as_is(clips):
    return extracted(clips[0], NAMES)


@pytest.fixture(scope="module")
def flipped(clips):
    return extracted(clips[1], NAMES, OfTheUnflipped())


@pytest.fixture(scope="module")
def flipped_and_found_by_mediapipe(clips):
    return extracted(clips[1], OF_MOTION)


def mirrored(x, name):
    return mirror(x, INPUTS[name].kind, INPUTS[name].channels)


def agree(x, wanted):
    """(what is left of ``wanted`` beside ``x``, 0 for equals; correlation)."""
    return np.linalg.norm(x - wanted) / np.linalg.norm(wanted), np.corrcoef(x.ravel(), wanted.ravel())[0, 1]


def test_every_kind_of_input_is_here():
    assert {INPUTS[name].kind for name in NAMES} == set(KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_the_mirrored_input_is_that_of_the_flipped_frames(name, as_is, flipped):
    error, correlation = agree(mirrored(as_is[name], name), flipped[name])
    assert error < 0.12 and correlation > 0.99


@pytest.mark.parametrize("name", OF_MOTION)
def test_it_is_also_where_mediapipe_looks_at_the_flipped_frames_itself(
    name, as_is, flipped_and_found_by_mediapipe
):
    error, correlation = agree(mirrored(as_is[name], name), flipped_and_found_by_mediapipe[name])
    assert error < 0.25 and correlation > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_side_sign_or_channel_would_show(name, as_is, flipped):
    about, right = KINDS[INPUTS[name].kind], mirrored(as_is[name], name)
    sign = np.ones(right.shape[about.components], np.float32)
    sign[[u for u, _ in about.vectors]] = -1
    sign = sign.reshape([-1 if axis == about.components else 1 for axis in range(right.ndim)])
    # u turned, in the place where it was
    wrong_side = right[..., ::-1] if about.picture else as_is[name] * sign
    for wrong in (wrong_side, *([right * sign] if about.vectors else [])):
        error, correlation = agree(wrong, flipped[name])
        assert error > 0.4 and correlation < 0.6
