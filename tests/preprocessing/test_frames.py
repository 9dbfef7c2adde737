"""Frames are read whole and in order, or refused by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from preprocessing.frames import FramesError, fingerprint, list_frames, read_clip, read_picture
from preprocessing.schema import Clip
from tests.fake_corpora import noise, write_frames, write_image


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def clip(frames: Path, onset: int | None = None, offset: int | None = None) -> Clip:
    return Clip("c", "c/1", "a", frames, "joy", onset=onset, offset=offset)


def numbers(clip: Clip) -> list[int]:
    return [n for n, _ in read_clip(clip)]


@pytest.mark.parametrize(
    ("names", "want"),
    [
        (["img9.jpg", "img10.jpg", "img100.jpg"], [9, 10, 100]),  # CASME II
        (["006_5562.jpg", "006_05563.jpg"], [5562, 5563]),  # SAMM
        (["a4.tif", "a2.PNG", "a1.bmp", "a3.JPEG"], [1, 2, 3, 4]),
    ],
)
def test_frames_are_ordered_by_the_last_number_of_the_name(tmp_path: Path, names: list[str], want: list[int]) -> None:
    strays = ("Desktop - Shortcut.lnk", "Thumbs7.db", "._img9.jpg", ".hidden5.png", "cover.jpg", "notes8.txt")
    for name in (*names, *strays):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder7.png").mkdir()
    found = list_frames(tmp_path)
    assert list(found) == want
    assert {p.name for p in found.values()} == set(names)


def test_two_files_with_one_number_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, ["img1.jpg", "img01.png"], rng)
    with pytest.raises(FramesError, match="both are frame 1"):
        list_frames(tmp_path)


def test_a_link_that_leaves_the_root_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path / "secret", ["x1.png"], rng)
    write_frames(tmp_path / "a", ["img1.png"], rng)
    (tmp_path / "a" / "img2.png").symlink_to(tmp_path / "a" / "img1.png")
    assert list(list_frames(tmp_path / "a")) == [1, 2]
    (tmp_path / "a" / "img3.png").symlink_to(tmp_path / "secret" / "x1.png")
    with pytest.raises(FramesError, match=r"img3\.png is a link that leaves"):
        list_frames(tmp_path / "a")
    assert list(list_frames(tmp_path / "a", root=tmp_path)) == [1, 2, 3]


def test_onset_to_offset_inclusive_with_the_pixels_on_disk(tmp_path: Path, rng: np.random.Generator) -> None:
    images = {n: noise(rng) for n in range(8, 13)}
    for n, image in images.items():
        write_image(tmp_path / f"img{n}.png", image)
    got = dict(read_clip(clip(tmp_path, 9, 11)))
    assert list(got) == [9, 10, 11]
    for n, image in got.items():
        assert np.array_equal(image, images[n])  # BGR, as written
    assert numbers(clip(tmp_path)) == [8, 9, 10, 11, 12]


def test_grey_16_bit_and_alpha_become_8_bit_bgr(tmp_path: Path) -> None:
    wide = np.array([[0, 257, 65535, 32896]], np.uint16)
    write_image(tmp_path / "f1.png", wide)
    write_image(tmp_path / "f2.png", np.array([[0, 1, 255, 128]], np.uint8))
    write_image(tmp_path / "f3.png", np.dstack([np.full((1, 4), v, np.uint8) for v in (10, 20, 30, 7)]))
    frames = [f for _, f in read_clip(clip(tmp_path))]
    assert all(f.dtype == np.uint8 and f.shape == (1, 4, 3) for f in frames)
    assert frames[0][0].tolist() == frames[1][0].tolist() == [[v] * 3 for v in (0, 1, 255, 128)]
    assert frames[2][0, 0].tolist() == [10, 20, 30]


def test_float_pixels_are_refused(tmp_path: Path) -> None:
    for n in (1, 2):
        write_image(tmp_path / f"f{n}.tif", np.ones((4, 4), np.float32))
    with pytest.raises(FramesError, match="float32 pixels"):
        numbers(clip(tmp_path))


def test_missing_frames_are_named(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, [f"img{n}.png" for n in (1, 2, 4, 6)], rng)
    with pytest.raises(FramesError, match=r"2 of the frames 1\.\.6 missing: 3, 5;"):
        numbers(clip(tmp_path, 1, 6))
    with pytest.raises(FramesError, match=r"missing: 3, 5;"):
        numbers(clip(tmp_path))
    with pytest.raises(FramesError, match=r"999999996 of .* missing: 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, \.\.\.;"):
        next(read_clip(clip(tmp_path, 1, 10**9)))
    assert numbers(clip(tmp_path, 1, 2)) == [1, 2]


def test_clips_without_motion_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    with pytest.raises(FramesError, match="neither a folder"):
        numbers(clip(tmp_path / "nowhere"))
    with pytest.raises(FramesError, match="holds no frame"):
        numbers(clip(tmp_path))
    write_frames(tmp_path, ["img1.png"], rng)
    with pytest.raises(FramesError, match="one frame long"):
        numbers(clip(tmp_path))
    write_frames(tmp_path, ["img2.png"], rng)
    with pytest.raises(FramesError, match="one frame long"):
        numbers(clip(tmp_path, 2, 2))
    with pytest.raises(FramesError, match="onset 2 is after offset 1"):
        numbers(clip(tmp_path, 2, 1))


def test_a_change_of_size_is_refused_at_its_frame(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, ["img1.png", "img2.png"], rng)
    write_image(tmp_path / "img3.png", noise(rng, (16, 12)))
    frames = read_clip(clip(tmp_path))
    assert [next(frames)[0], next(frames)[0]] == [1, 2]
    with pytest.raises(FramesError, match="frame 3 is 12x16, the frames before it are 16x12"):
        next(frames)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif"])
def test_damaged_files_are_refused(tmp_path: Path, rng: np.random.Generator, suffix: str) -> None:
    write_frames(tmp_path, [f"img{n}{suffix}" for n in (1, 2)], rng)
    whole = (tmp_path / f"img2{suffix}").read_bytes()
    for data in (b"", b"not an image at all " * 9, whole[: len(whole) // 2], whole[:-3]):
        (tmp_path / f"img2{suffix}").write_bytes(data)
        with pytest.raises(FramesError, match=f"img2{suffix}.*(zero bytes|damaged|cut short)"):
            numbers(clip(tmp_path))
        with pytest.raises(FramesError, match=f"img2{suffix}"):
            read_picture(tmp_path / f"img2{suffix}")


def test_a_jpeg_with_a_whole_thumbnail_but_a_cut_picture_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    thumbnail = cv2.imencode(".jpg", noise(rng))[1].tobytes()
    picture = cv2.imencode(".jpg", noise(rng))[1].tobytes()
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = picture[:2] + segment + picture[2:]
    (tmp_path / "a.jpg").write_bytes(whole)
    assert read_picture(tmp_path / "a.jpg").shape == (12, 16, 3)
    (tmp_path / "a.jpg").write_bytes(whole[:-2])  # only the end marker is gone: decoders accept that
    with pytest.raises(FramesError, match="cut short"):
        read_picture(tmp_path / "a.jpg")


def test_an_unreadable_frame_is_a_frames_error(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, ["img1.png", "img2.png"], rng)
    (tmp_path / "img2.png").unlink()
    (tmp_path / "img2.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(FramesError, match=r"img2\.png cannot be read"):
        numbers(clip(tmp_path))
    assert fingerprint(clip(tmp_path))["files"] == 2
    with pytest.raises(FramesError, match="cannot be read"):
        fingerprint(clip(tmp_path / "nowhere"))


def test_a_picture_is_rgb(tmp_path: Path) -> None:
    write_image(tmp_path / "x .png", np.full((2, 2, 3), (1, 2, 3), np.uint8))  # written as BGR
    assert read_picture(tmp_path / "x .png")[0, 0].tolist() == [3, 2, 1]


def test_the_fingerprint_changes_with_size_number_and_age(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, ["img1.png", "img2.png"], rng)
    seen = [fingerprint(clip(tmp_path))]
    assert seen[0]["files"] == 2
    assert seen[0]["bytes"] == sum(p.stat().st_size for p in tmp_path.iterdir())
    (tmp_path / "notes.txt").write_text("no frame")
    assert fingerprint(clip(tmp_path)) == seen[0]
    os.utime(tmp_path / "img1.png", ns=(1, seen[0]["mtime_ns"] + 1))
    seen.append(fingerprint(clip(tmp_path)))
    write_frames(tmp_path, ["img3.png"], rng)
    seen.append(fingerprint(clip(tmp_path)))
    assert len({tuple(s.values()) for s in seen}) == 3


def _video(path: Path, frames: int) -> Path:
    """Frame n is grey with the value 10 n."""
    code = cv2.VideoWriter.fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
    writer = cv2.VideoWriter(str(path), code, 30.0, (64, 48))
    for n in range(frames):
        writer.write(np.full((48, 64, 3), 10 * n, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mov"])
def test_a_video_gives_the_frames_at_their_indices(tmp_path: Path, name: str) -> None:
    path = _video(tmp_path / name, 20)
    got = dict(read_clip(clip(path, 5, 8)))
    assert list(got) == [5, 6, 7, 8]
    for n, frame in got.items():
        assert frame.shape == (48, 64, 3)
        assert abs(float(frame.mean()) - 10 * n) < 4
    assert numbers(clip(path)) == list(range(20))
    with pytest.raises(FramesError, match="ends after 20 frames, at least 31 expected"):
        numbers(clip(path, 5, 30))
    with pytest.raises(FramesError, match="one frame long"):
        numbers(clip(path, 5, 5))
    with pytest.raises(FramesError, match="ends after 20 frames"):
        numbers(clip(path, 30, 35))


def test_a_container_that_counts_one_frame_too_many_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cv2.VideoCapture

    class Counting:  # not a subclass: OpenCV's types crash when they are subclassed
        extra = 1

        def __init__(self, path: str) -> None:
            self.video = real(path)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.video, name)

        def get(self, what: int) -> float:
            return self.video.get(what) + (self.extra if what == cv2.CAP_PROP_FRAME_COUNT else 0)

    path = _video(tmp_path / "a.avi", 20)
    monkeypatch.setattr(cv2, "VideoCapture", Counting)
    assert len(numbers(clip(path))) == 20
    Counting.extra = 2
    with pytest.raises(FramesError, match="cut short"):
        numbers(clip(path))


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
def test_a_cut_or_empty_video_is_refused(tmp_path: Path, name: str) -> None:
    path = _video(tmp_path / name, 40)
    data = path.read_bytes()
    for part in (data[: len(data) // 2], b""):
        path.write_bytes(part)
        with pytest.raises(FramesError, match=r"cannot be opened as a video|cut short"):
            numbers(clip(path))
