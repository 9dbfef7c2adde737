"""A video that is written is whole, or is not there."""

import resource

import cv2
import numpy as np
import pytest

from preprocessing.encode import EncodeError, VideoOut


def frames(count=30):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (97, 121, 3)).astype(np.uint8) for _ in range(count)]


@pytest.mark.parametrize(("name", "code"), [("v.mp4", "VP90"), ("v.webm", "VP80")])
def test_a_video_holds_what_was_written_by_a_codec_of_browsers(name, code, tmp_path):
    with VideoOut(tmp_path / name, 25.0, (121, 97)) as out:
        for frame in frames(10):
            out.write(frame)
    video = cv2.VideoCapture(str(tmp_path / name))
    assert int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode().casefold() == code.casefold()
    read = []
    while True:
        good, frame = video.read()
        if not good:
            break
        read.append(frame)
    assert [frame.shape for frame in read] == [(96, 120, 3)] * 10
    assert [path.name for path in tmp_path.iterdir()] == [name]


def write(path, pictures):
    with VideoOut(path, 25.0, (121, 97)) as out:
        for picture in pictures:
            out.write(picture)


def test_a_full_disk_leaves_no_file_and_says_so(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))  # writing beyond fails, as on a full disk
    try:
        with pytest.raises(OSError, match=r"of 30 frames could be written; is the disk full"):
            write(tmp_path / "v.webm", frames())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_an_error_inside_leaves_no_file(tmp_path):
    with pytest.raises(TypeError):
        write(tmp_path / "v.webm", [frames(1)[0], None])
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_is_told(tmp_path):
    with pytest.raises(EncodeError, match=r"v\.avi: a video is written as \.mp4 or \.webm"):
        VideoOut(tmp_path / "v.avi", 25.0, (120, 96))
    with pytest.raises(OSError, match="No such file"):
        VideoOut(tmp_path / "missing" / "v.mp4", 25.0, (120, 96))
