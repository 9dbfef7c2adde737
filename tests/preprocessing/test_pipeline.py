"""The pipeline's shortcuts change nothing that they should not: shared passes, waiting frames, interpolated
landmarks, small frames."""

import gc
from dataclasses import replace

import cv2
import numpy as np
import pytest

from preprocessing import aligned, waiting
from preprocessing import pipeline as module
from preprocessing.align import Crop, crop_of
from preprocessing.aligned import equalising
from preprocessing.apex import SPOTTERS
from preprocessing.datasets.reading import read
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.view import Frame
from preprocessing.pipeline import Pipeline
from preprocessing.regions import regions, windows
from preprocessing.render import RenderConfig, clip_plan, render_corpus, true_landmarks
from preprocessing.render.motion import ClipRenderer

SMALL = Settings(image_size=64)
NAMES = tuple(INPUTS)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    render_corpus(root, RenderConfig(subjects=1, clips_per_subject=1, size=240, fps=200))
    return read("synthetic", root)[0]


@pytest.fixture(scope="module")
def together(clip):
    rows = Pipeline(NAMES, SMALL).rows(clip)
    assert {row["error"] for row in rows.values()} == {""}
    return rows


@pytest.mark.long
def test_an_input_alone_equals_itself_among_all_others(clip, together):
    for name in NAMES:
        np.testing.assert_array_equal(
            Pipeline((name,), SMALL).rows(clip)[name]["x"], together[name]["x"], err_msg=name
        )


def test_every_input_has_the_shape_and_type_that_it_states(together):
    for name in NAMES:
        x = together[name]["x"]
        assert x.shape == INPUTS[name].shape(SMALL) and x.dtype == INPUTS[name].dtype, name
        assert np.abs(x.astype(float)).max() > 0, name
        channels = INPUTS[name].channels
        assert not channels or len(channels) in INPUTS[name].shape(SMALL), name


@pytest.mark.parametrize("in_memory", [512, 3])
def test_frames_that_waited_for_the_apex_give_the_same_inputs(clip, together, monkeypatch, in_memory):
    """Spotted where the annotation has it, and everything must be bit for bit the same, from memory and from
    disk."""
    monkeypatch.setattr(SPOTTERS["roi_difference"], "result", lambda self: clip.apex)
    monkeypatch.setattr(waiting, "IN_MEMORY", in_memory)
    blind = replace(clip, apex=None, apex_source="none")
    rows = Pipeline(NAMES, replace(SMALL, apex="roi_difference")).rows(blind)
    for name in NAMES:
        assert rows[name]["apex_source"] == "roi_difference" and rows[name]["apex"] == clip.apex, rows[name][
            "error"
        ]
        np.testing.assert_array_equal(rows[name]["x"], together[name]["x"], err_msg=name)
    middle = Pipeline(("mesti",), SMALL).rows(blind)["mesti"]
    assert (middle["apex"], middle["apex_source"]) == ((clip.onset + clip.offset) // 2, "middle")


def test_landmarks_between_two_runs_of_the_model_are_interpolated(clip, together, monkeypatch):
    """At 200 frames a second the model runs on every fourth frame; the motion differs by a few hundredths of
    a pixel at most."""
    asked, seen = [], []
    follow = module.Landmarker.follow
    monkeypatch.setattr(
        module.Landmarker, "follow", lambda self, image, step: asked.append(step) or follow(self, image, step)
    )

    class Watch:
        def see(self, frame, shared):
            seen.append(frame.landmarks)

        def result(self, shared):
            return None

    Pipeline(("roi_flow18",), SMALL).collect(clip, lambda whole: {"watch": Watch()})
    last = clip.offset - clip.onset
    assert asked == [step for step in range(1, last + 1) if step % 4 == 0 or step == last]
    np.testing.assert_allclose(seen[6], (seen[4] + seen[8]) / 2, atol=1e-4)
    assert not np.allclose(seen[5], seen[6])
    every = Pipeline(("roi_flow18",), replace(SMALL, landmarks_every=0.0)).rows(clip)["roi_flow18"]["x"]
    difference = np.abs(every - together["roi_flow18"]["x"])
    assert difference.max() < 0.1 and difference.mean() < 0.06 * np.abs(every).mean()


def test_an_input_without_landmarks_spares_the_model(clip, monkeypatch):
    monkeypatch.setattr(module.Landmarker, "follow", lambda *_: pytest.fail("landmarks were asked for"))
    assert Pipeline(("mesti", "onset_apex_flow"), SMALL).rows(clip)["mesti"]["status"] == "ok"


def test_large_frames_are_read_small_and_give_nearly_the_same(clip, tmp_path, monkeypatch):
    for n in range(clip.onset, clip.offset + 1):
        image = cv2.imread(str(clip.frames / f"img{n}.jpg"))
        # inner eye corners about 230 px apart
        large = cv2.resize(image, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(tmp_path / f"img{n}.jpg"), large, [cv2.IMWRITE_JPEG_QUALITY, 95])
    used, read_clip = [], aligned.read_clip
    monkeypatch.setattr(
        aligned, "read_clip", lambda clip, reduce=1: used.append(reduce) or read_clip(clip, reduce)
    )
    rows = Pipeline(("onset_apex_flow", "apex_frame"), SMALL).rows(replace(clip, frames=tmp_path))
    assert used == [1, 4] and rows["apex_frame"]["height"] == 1440
    monkeypatch.setattr(aligned, "read_clip", lambda clip, reduce=1: read_clip(clip))
    monkeypatch.setattr(Crop, "of_reduced", lambda self, reduce: self)
    full = Pipeline(("onset_apex_flow", "apex_frame"), SMALL).rows(replace(clip, frames=tmp_path))
    assert np.abs(rows["apex_frame"]["x"].astype(int) - full["apex_frame"]["x"]).mean() < 2  # grey levels
    assert np.abs(rows["onset_apex_flow"]["x"] - full["onset_apex_flow"]["x"]).mean() < 0.1  # pixels


@pytest.mark.long
def test_few_frames_live_at_a_time(clip, monkeypatch):
    most = 0
    init = Frame.__init__

    def counted(self, *arguments):
        nonlocal most
        init(self, *arguments)
        most = max(most, sum(type(thing) is Frame for thing in gc.get_objects()))

    gc.collect()
    monkeypatch.setattr(Frame, "__init__", counted)
    Pipeline(NAMES, SMALL).rows(clip)
    assert most <= 12 < clip.offset - clip.onset  # onset, apex, offset, the mids, and those in hand


def test_one_table_equalises_the_whole_clip(clip):
    grey = cv2.imread(str(next(clip.frames.glob("*.jpg"))), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(cv2.LUT(grey, equalising(grey)), cv2.equalizeHist(grey))
    assert (equalising(np.full((4, 4), 7, np.uint8)) == 0).sum() >= 7  # one grey level: finite
    plain, equal = (
        Pipeline(("apex_frame",), replace(SMALL, equalise=e)).rows(clip)["apex_frame"]["x"]
        for e in (False, True)
    )
    assert equal.std() > plain.std()


def test_time_is_kept_in_seconds(clip, together):
    row = together["mesti"]
    assert row["duration_s"] == pytest.approx((clip.offset - clip.onset) / 200)
    assert row["apex_s"] == pytest.approx((clip.apex - clip.onset) / 200)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_is_not_finite_is_told(dtype):
    for bad in (np.inf, -np.inf, np.nan):
        assert not module._finite(np.array([1, bad, 0], dtype))
    assert module._finite(
        np.array([np.finfo(dtype).max, -1, 0, np.finfo(dtype).tiny], dtype)
    ) and module._finite(np.array([255], np.uint8))


def test_a_damaged_frame_quarantines_the_clip_in_every_input(clip, tmp_path):
    for path in clip.frames.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    number = (clip.onset + clip.offset) // 2
    (tmp_path / f"img{number}.jpg").write_bytes(b"no picture")
    rows = Pipeline(NAMES, SMALL).rows(replace(clip, frames=tmp_path))
    assert set(rows) == set(NAMES)
    for row in rows.values():
        assert row["status"] == "error" and f"img{number}.jpg" in row["error"] and row["x"] is None


def test_windows_and_regions_follow_the_true_landmarks_of_a_moving_head():
    """How far MediaPipe's boxes move since the onset, against those of the renderer's own landmarks; the head
    drifts by several px."""
    config = RenderConfig(seed=1, subjects=1, clips_per_subject=1, size=240, difficulty=1.0)
    plan = clip_plan(config, 0, 0)
    renderer, landmarker, crop, middles = ClipRenderer(plan, config), module.Landmarker(), None, []
    for t in range(plan.frames):
        image = renderer.frame(t)
        found = landmarker.follow(image, t) if crop else landmarker.start(image)
        crop = crop or crop_of(found)
        both = [crop.points(points) for points in (found, true_landmarks(plan, config, plan.onset + t))]
        middles.append(
            [np.vstack([windows(points), regions(points)]).reshape(-1, 2, 2).mean(axis=1) for points in both]
        )
    moved = np.array(middles) - middles[0]  # (frames, found and true, boxes, 2)
    assert np.abs(moved[:, 1]).max() > 1
    assert np.abs(moved[:, 0] - moved[:, 1]).mean() < 1  # pixel of the crop; boxes are rounded to whole ones
