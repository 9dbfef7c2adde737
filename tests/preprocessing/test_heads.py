"""A head that moves: what is left of its motion by each setting; and the usual settings are as they were."""

import cv2
import numpy as np
import pytest

from preprocessing import versions
from preprocessing.heads import HeadPipeline, dis_fine, pipeline
from preprocessing.inputs import INPUTS, Settings, SettingsError
from preprocessing.pipeline import Pipeline
from preprocessing.render.long import LongConfig, LongPlan, LongRenderer
from preprocessing.schema import Clip

CONFIG = LongConfig(seconds=5, fps=50, size=256, micro=0, macro=0, speech=0)
FRAMES = 9


def renderer():
    """A face that stands still on a head that goes 8 pixels and turns by 3 degrees."""
    share = np.linspace(0, 1, FRAMES)[:, None]
    pose = share * np.array([8.0, -5.0, np.radians(3), 0.01])
    plan = LongPlan(0, "p01", "v01", (), (), pose, np.ones(FRAMES), np.zeros(FRAMES))
    return LongRenderer(plan, CONFIG)


class Truth:
    """The renderer's own landmarks, frame after frame."""

    def __init__(self, made):
        self.made, self.at = made, 0

    def start(self, frame):
        self.at = 0
        return self.made.true_landmarks(0)

    def follow(self, frame, step):
        return self.made.true_landmarks(step)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moves")
    made = renderer()
    for t in range(FRAMES):
        cv2.imwrite(str(folder / f"{t:03d}.png"), made.frame(t))
    return Clip("c", "c/1", "a", folder, "", apex=FRAMES - 1)


def motion(clip, name="onset_apex_flow", **settings):
    """Largest length of the middle of the flow picture, pixels."""
    made = pipeline((name,), Settings(**settings))
    made._landmarker = Truth(renderer())
    row = made.rows(clip)[name]
    assert row["status"] == "ok", row["error"]
    return float(np.linalg.norm(row["x"][:2, 8:20, 8:20], axis=0).max())


def test_a_moving_head_is_taken_out_by_each_setting(clip):
    usual = motion(clip)
    assert usual > 4
    assert motion(clip, motion="relative") < 0.25 * usual
    assert motion(clip, stabilise="rigid") < 0.25 * usual
    assert motion(clip, stabilise="rigid", motion="relative", flow="dis_fine") < 0.15 * usual


@pytest.mark.parametrize("name", ["roi_flow14", "roi_maps1", "apex_frame", "mesti"])
def test_every_kind_of_input_takes_the_settings(clip, name):
    made = pipeline((name,), Settings(stabilise="rigid", motion="relative", flow="dis_fine", image_size=32))
    made._landmarker = Truth(renderer())
    row = made.rows(clip)[name]
    assert row["status"] == "ok", row["error"]
    assert row["x"].shape == INPUTS[name].shape(made.settings)


def test_frames_that_waited_for_the_spotter_are_steadied_too(clip):
    assert motion(Clip("c", "c/1", "a", clip.frames, ""), stabilise="rigid", apex="roi_difference") < 1


@pytest.mark.parametrize("shift", [(1.5, 0.0), (-0.7, 1.2)])
def test_fine_flow_finds_a_shift_with_its_sign(shift):
    noise = np.random.default_rng(0).random((160, 160)).astype(np.float32)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.5), None, 0, 255, cv2.NORM_MINMAX).astype(
        np.uint8
    )
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    moved = cv2.warpAffine(texture, matrix, (160, 160), borderMode=cv2.BORDER_REFLECT)
    flow = dis_fine()(texture, moved)
    np.testing.assert_allclose(flow[30:130, 30:130].mean((0, 1)), shift, atol=0.1)


def test_the_usual_settings_are_the_usual_pipeline_and_say_nothing_new():
    assert type(pipeline(("apex_frame",), Settings())) is Pipeline
    for name in INPUTS:
        assert not {"stabilise", "motion"} & set(versions.parameters(name, Settings(), pictures=False))


def test_a_version_follows_what_is_read():
    def of(name, **settings):
        return versions.parameters(name, Settings(**settings), pictures=False)

    still = of("apex_frame")
    assert of("apex_frame", motion="relative") == of("apex_frame", flow="dis_fine") == still  # it has no flow
    assert of("apex_frame", stabilise="rigid") == {
        **still,
        "stabilise": "rigid",
        "landmarks_every": 0.02,
        "code": of("apex_frame", stabilise="rigid")["code"],
    }
    usual = of("onset_apex_flow")
    for settings in ({"motion": "relative"}, {"flow": "dis_fine"}, {"stabilise": "rigid"}):
        other = of("onset_apex_flow", **settings)
        assert other["code"] != usual["code"] and other.items() >= settings.items()
    assert isinstance(pipeline(("apex_frame",), Settings(flow="dis_fine")), HeadPipeline)


@pytest.mark.parametrize("wrong", [{"stabilise": "no"}, {"motion": "fast"}, {"flow": "fine"}])
def test_a_setting_that_is_none_is_refused(wrong):
    with pytest.raises(SettingsError, match="must be one of"):
        Settings(**wrong)
