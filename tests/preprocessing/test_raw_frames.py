"""Raw frames from a pipe are kept to the bit; a stream that is cut, empty or too long is refused."""

import io

import numpy as np
import pytest

from preprocessing import raw_frames
from preprocessing.frames import read_clip
from preprocessing.raw_frames import RawFramesError, kept, size_of
from preprocessing.schema import Clip

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 6, 4, 3)).astype(np.uint8)  # BGR, 4 wide, 6 high


@pytest.mark.parametrize(
    ("pixels", "sent", "seen"),
    [
        ("bgr24", FRAMES, FRAMES),
        ("rgb24", FRAMES[..., ::-1], FRAMES),
        ("gray8", FRAMES[..., 0], np.repeat(FRAMES[..., :1], 3, -1)),
    ],
)
def test_what_was_sent_is_read_back_to_the_bit(pixels, sent, seen, tmp_path):
    assert kept(io.BytesIO(np.ascontiguousarray(sent).tobytes()), tmp_path, (4, 6), pixels) == 3
    read = list(read_clip(Clip("video", "video/s", "c", tmp_path, "")))
    assert [number for number, _ in read] == [0, 1, 2]
    np.testing.assert_array_equal([frame for _, frame in read], seen)


@pytest.mark.parametrize(
    ("data", "pixels", "says"),
    [
        (b"", "bgr24", "holds no frame"),
        (FRAMES.tobytes()[:-1], "bgr24", "ends in frame 2, after 71 of its 72 bytes"),
        (FRAMES.tobytes(), "yuv420p", "--pixels 'yuv420p'"),
    ],
)
def test_a_stream_that_is_no_frames_is_refused(data, pixels, says, tmp_path):
    with pytest.raises(RawFramesError, match=says):
        kept(io.BytesIO(data), tmp_path, (4, 6), pixels)


def test_a_stream_without_an_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_frames, "MOST_FRAMES", 2)
    with pytest.raises(RawFramesError, match="more than 2 frames of 4x6"):
        kept(io.BytesIO(FRAMES.tobytes()), tmp_path, (4, 6), "bgr24")
    monkeypatch.setattr(raw_frames, "MOST_FRAMES", 9)
    monkeypatch.setattr(raw_frames, "MOST_BYTES", 100)
    with pytest.raises(RawFramesError, match="more than 1 frames"):
        kept(io.BytesIO(FRAMES.tobytes()), tmp_path, (4, 6), "bgr24")


@pytest.mark.parametrize("text", ["", "640", "640x", "0x480", "-1x4", "640x99999", "640x480x3", "20000x1"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(RawFramesError, match="WIDTHxHEIGHT"):
        size_of(text)
    assert size_of("640x480") == (640, 480)
