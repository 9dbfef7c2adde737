"""What is asked of a video before and after it is looked at: its length, and that no path is told."""

import errno
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from orchestrator.serving.jobs import Job
from orchestrator.serving.web import named
from orchestrator.serving.work import TooMuch, cleaned, fault, measured
from preprocessing.decode import FramesError
from tests.orchestrator.serving.conftest import written
from tests.preprocessing.test_video import mp4_of_steps


def job(folder):
    return Job("1", folder, folder / "video.avi", "mine.avi", {"kind": "spot", "fps": None})


def test_length_is_counted_and_not_believed(tmp_path):
    written(tmp_path / "a.avi", [np.zeros((48, 64, 3), np.uint8)] * 50, 25)
    assert (measured(tmp_path / "a.avi", 2).frames, measured(tmp_path / "a.avi", 2).fps) == (50, 25)
    with pytest.raises(TooMuch, match=r"longer than 1\.5 s"):
        measured(tmp_path / "a.avi", 1.5)
    written(tmp_path / "one.avi", [np.zeros((48, 64, 3), np.uint8)], 25)
    with pytest.raises(FramesError, match=r"one\.avi has 1 frame\(s\) from 0 on; motion needs at least two"):
        measured(tmp_path / "one.avi", 5)  # in the words of predict and spot
    # 10 ms apart, then 100; the file says 40 a second
    uneven = measured(mp4_of_steps(tmp_path / "b.mp4", [10] * 20 + [100] * 3), 5)
    assert uneven.frames == 24 and uneven.fps == pytest.approx(46)


def test_frames_that_are_too_large_are_refused_before_one_is_decoded(tmp_path, monkeypatch):
    written(tmp_path / "a.avi", [np.zeros((48, 64, 3), np.uint8)] * 3, 25)
    monkeypatch.setattr("orchestrator.serving.work.MOST_PIXELS", 48 * 64 - 1)
    monkeypatch.setattr(cv2.VideoCapture, "grab", None, raising=False)
    with pytest.raises(TooMuch, match="frames of 64x48"):
        measured(tmp_path / "a.avi", 5)


def test_no_path_of_this_machine_is_told(tmp_path):
    one = job(tmp_path)
    cut = f"{tempfile.gettempdir()}/mer-spot-x1/00000012.png: broken"
    made = cleaned({"a": [f"{one.video}: no face", {"b": cut}], "n": 3, "none": None}, one)
    assert made == {"a": ["mine.avi: no face", {"b": "mine.avi: broken"}], "n": 3, "none": None}
    assert fault(one, FramesError(f"{one.video} is cut short")) == "mine.avi is cut short"
    short = job(tmp_path)
    short.name = "my video.avi"
    assert fault(short, FramesError(f"{short.video}: ffmpeg -i video.avi")) == (
        "my video.avi: ffmpeg -i my video.avi"
    )
    disk = OSError(errno.ENOSPC, "No space left on device", str(one.video))
    assert fault(one, disk) == "this machine could not do it: No space left on device"
    assert str(tmp_path) not in fault(one, RuntimeError(f"{one.folder}")) and "fault" in fault(
        one, KeyError()
    )


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a.mp4", "a.mp4"),
        ("/etc/passwd/a.mp4", "a.mp4"),
        (r"C:\me\a.mp4", "a.mp4"),
        ("../../a\x1b[2J\n.avi", "a_[2J_.avi"),
        ("x" * 300 + ".webm", "x" * 70 + ".webm"),
        ("", ""),
    ],
)
def test_a_name_is_shown_and_leads_nowhere(text, want):
    assert named(text) == want and Path(named(text)).name == named(text)
