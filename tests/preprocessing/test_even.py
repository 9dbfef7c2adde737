"""A video without an offset is decoded once, and gives what it gives when its frames are counted first."""

from itertools import islice

import cv2
import numpy as np
import pytest

from preprocessing import pace, waiting
from preprocessing import pipeline as module
from preprocessing.decode import BEHIND
from preprocessing.inputs import INPUTS, Settings
from preprocessing.pace import Even, even
from preprocessing.pipelines import pipeline
from preprocessing.render.long import LongConfig, LongRenderer, long_plan
from preprocessing.schema import Clip
from tests.preprocessing.test_video import mp4_of_steps

CONFIG = LongConfig(seed=7, seconds=5, fps=25, size=256, micro=1, macro=0, speech=0, blinks=0, turns=0)


@pytest.fixture(scope="module")
def frames():
    return list(islice(LongRenderer(long_plan(CONFIG, 0, 0), CONFIG).frames(), 30))


def write(path, frames, code="mp4v"):
    made = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 100.0, frames[0].shape[1::-1])
    for frame in frames:
        made.write(frame)
    made.release()
    return path


def clip(path, **labels):
    return Clip("video", "video/somebody", path.name, path, "", **labels)


def grabbed(monkeypatch):
    """A list that grows by one with each frame that is decoded."""
    seen = []

    class Counting:
        def __init__(self, *words):
            self.video, self.raw = cv2_capture(*words), len(words) > 2

        def __getattr__(self, name):
            if name in ("grab", "read") and not self.raw:
                seen.append(name)
            return getattr(self.video, name)

    cv2_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", Counting)
    return seen


def counted_first(monkeypatch, one, names, settings=None):
    """Rows by the usual way."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "even", lambda path: None)
        return pipeline(names, settings or Settings()).rows(one)


SETTINGS = [
    Settings(),
    Settings(apex="roi_difference", equalise=True, stabilise="rigid", motion="relative"),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_input_of_an_even_video_is_the_same_to_the_bit_and_is_decoded_once(
    settings, frames, tmp_path, monkeypatch
):
    names = tuple(name for name in INPUTS if INPUTS[name].kind != "roi_maps")
    one = clip(write(tmp_path / "v.mp4", frames))
    wanted = counted_first(monkeypatch, one, names, settings)
    monkeypatch.setattr(waiting, "IN_MEMORY", 12)  # others wait on disk
    decoded = grabbed(monkeypatch)
    made = pipeline(names, settings).rows(one)
    assert len(decoded) == len(frames) + 1  # the first, to know when it is
    for name in names:
        assert wanted[name]["status"] == "ok", wanted[name]["error"]
        np.testing.assert_array_equal(made[name].pop("x"), wanted[name].pop("x"))
        assert made[name] == wanted[name] and made[name]["offset"] is None


def test_what_the_packets_leave_in_doubt_is_counted_first(frames, tmp_path, monkeypatch):
    path = write(tmp_path / "v.mp4", frames[:9])
    assert even(path) == (9, 100)
    assert even(write(tmp_path / "v.avi", frames[:9], "MJPG")) == (9, 100)
    assert even(mp4_of_steps(tmp_path / "uneven.mp4", [10] * 20 + [100] * 3)) is None
    (tmp_path / "text.mp4").write_bytes(b"no video" * 99)
    (tmp_path / "torn.mp4").write_bytes(path.read_bytes()[:-400])
    for other in (tmp_path / "text.mp4", tmp_path / "torn.mp4", tmp_path, tmp_path / "none.mp4"):
        assert even(other) is None
    monkeypatch.setattr(pace, "packet_times", lambda path: [10.0 * n for n in range(8)])
    assert even(path) is None  # one packet less than the file states
    monkeypatch.setattr(pace, "packet_times", lambda path: [10.0 * n for n in range(1, 10)])
    assert even(path) is None  # its first frame is at another time


def test_fewer_frames_than_the_packets_promise_are_counted(frames, tmp_path, monkeypatch):
    one, name = clip(write(tmp_path / "v.mp4", frames)), "onset_apex_flow"
    wanted = pipeline((name,), Settings()).rows(one)[name]
    monkeypatch.setattr(module, "even", lambda path: Even(len(frames) + 5, 100.0))
    made = pipeline((name,), Settings()).rows(one)[name]
    np.testing.assert_array_equal(made.pop("x"), wanted.pop("x"))
    assert made == wanted and made["n_frames"] == len(frames)


def torn(path):
    """Its last three frames are no pictures."""
    data = bytearray(path.read_bytes())
    starts = [at for at in range(len(data)) if data.startswith(b"\xff\xd8\xff", at)]
    for at in starts[-3:]:
        data[at : at + 900] = bytes(900)
    path.write_bytes(data)
    return path


def test_an_error_is_told_as_where_frames_are_counted_first_and_costs_no_second_pass(
    frames, tmp_path, monkeypatch
):
    grey = [np.full_like(frames[0], 90)] * 12
    name = "onset_apex_flow"
    for one, decodes in (
        (clip(write(tmp_path / "grey.mp4", grey)), 2),
        (clip(torn(write(tmp_path / "torn.avi", frames[:12], "MJPG"))), 11 + BEHIND),
        (clip(write(tmp_path / "v.mp4", frames[:9]), onset=9), None),
        (clip(mp4_of_steps(tmp_path / "uneven.mp4", [10] * 20 + [100] * 3)), None),
    ):
        with monkeypatch.context() as patch:
            decoded = grabbed(patch)
            made = pipeline((name,), Settings()).rows(one)[name]
        assert made == counted_first(monkeypatch, one, (name,))[name] and made["status"] == "error"
        assert decodes is None or len(decoded) == decodes, made["error"]


def test_a_labelled_offset_is_taken_at_its_word(frames, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "even", lambda path: pytest.fail("its packets were read"))
    one = clip(write(tmp_path / "v.mp4", frames), onset=2, apex=8, offset=20)
    assert pipeline(("onset_apex_flow",), Settings()).rows(one)["onset_apex_flow"]["n_frames"] == 19
