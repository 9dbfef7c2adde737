"""Frames are read whole and in order, or refused by name."""

from __future__ import annotations

import os
import re
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing import frames
from preprocessing.decode import FramesError
from preprocessing.frames import LARGEST, extent, fingerprint, list_frames, read_clip, read_picture
from preprocessing.schema import Clip
from tests.fake_corpora import noise, write_frames, write_image


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def clip(frames: Path, onset: int | None = None, offset: int | None = None) -> Clip:
    return Clip("c", "c/1", "a", frames, "joy", onset=onset, offset=offset)


def numbers(clip: Clip) -> list[int]:
    """What ``read_clip`` gives; ``extent`` must say the same, or raise the same."""
    bounds: tuple[int, int] | str
    try:
        bounds = extent(clip)
    except FramesError as error:
        bounds = str(error)
    if isinstance(bounds, str):
        with pytest.raises(FramesError, match=f"^{re.escape(bounds)}$"):
            next(read_clip(clip))
        raise FramesError(bounds)
    found = [n for n, _ in read_clip(clip)]
    assert (found[0], found[-1]) == bounds
    return found


@pytest.mark.parametrize(
    ("names", "want"),
    [
        (["img9.jpg", "img10.jpg", "img100.jpg"], [9, 10, 100]),  # CASME II
        (["006_5562.jpg", "006_05563.jpg"], [5562, 5563]),  # SAMM
        (["a4.tif", "a2.PNG", "a1.bmp", "a3.JPEG"], [1, 2, 3, 4]),
    ],
)
def test_frames_are_ordered_by_the_last_number_of_the_name(
    tmp_path: Path, names: list[str], want: list[int]
) -> None:
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
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert list(list_frames(tmp_path / "link")) == [1, 2]  # the bound itself may be a link
    (tmp_path / "a" / "img3.png").symlink_to(tmp_path / "secret" / "x1.png")
    with pytest.raises(FramesError, match=r"img3\.png leads out of .*; put the file itself there"):
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


def test_missing_frames_are_named(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, [f"img{n}.png" for n in (1, 2, 4, 6)], rng)
    assert numbers(clip(tmp_path)) == [1, 2, 4, 6]
    assert frames.missing(clip(tmp_path)) == frames.missing(clip(tmp_path, 1, 6)) == ((3, 3), (5, 5))
    assert frames.missing(clip(tmp_path, 1, 10**9))[-1] == (7, 10**9)
    with pytest.raises(FramesError, match=r"2 of the frames 3\.\.6 missing: 3, 5; the onset 3"):
        numbers(clip(tmp_path, 3, 6))
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
    with pytest.raises(FramesError, match="neither a folder"):
        numbers(clip(tmp_path / ("x" * 300)))  # longer than a file name may be


def test_numbers_that_a_feature_set_cannot_hold_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, [f"img_{n}.png" for n in (LARGEST - 1, LARGEST)], rng)
    assert numbers(clip(tmp_path)) == [LARGEST - 1, LARGEST]
    write_frames(tmp_path, [f"img_{LARGEST + 1}.png"], rng)
    with pytest.raises(FramesError, match="frame number 2147483648 is above 2147483647"):
        numbers(clip(tmp_path))
    assert numbers(clip(tmp_path, LARGEST - 1, LARGEST)) == [LARGEST - 1, LARGEST]


def test_extent_reads_no_image(tmp_path: Path) -> None:
    for n in range(4, 9):
        (tmp_path / f"img{n:05d}.jpg").write_bytes(b"no image")
    assert extent(clip(tmp_path)) == (4, 8)
    assert extent(clip(tmp_path, 5, 7)) == (5, 7)


def test_no_frame_is_read_ahead_or_kept(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_frames(tmp_path, ["img1.bmp"], rng)
    for n in range(2, 4501):
        os.link(tmp_path / "img1.bmp", tmp_path / f"img{n}.bmp")
    real, made, alive_at_start = frames.read_image, [], []

    def counting(path: Path, reduce: int) -> np.ndarray:
        alive_at_start.append(sum(reference() is not None for reference in made[-9:]))
        image = real(path, reduce)
        made.append(weakref.ref(image))
        return image

    monkeypatch.setattr(frames, "read_image", counting)
    given = 0
    for _, image in read_clip(clip(tmp_path)):
        given += 1
        assert len(made) == given
        del image
    assert given == 4500
    assert max(alive_at_start) == 0


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("reduce", [2, 4])
def test_reduced_frames_are_means_over_squares(
    tmp_path: Path, rng: np.random.Generator, suffix: str, reduce: int
) -> None:
    coarse = rng.integers(0, 256, (6, 7), dtype=np.uint8)
    image = np.repeat(cv2.resize(coarse, (61, 43), interpolation=cv2.INTER_CUBIC)[..., None], 3, axis=2)
    for n in (1, 2):
        write_image(tmp_path / f"img{n}{suffix}", image)
    full = next(read_clip(clip(tmp_path)))[1].astype(float)
    small = next(read_clip(clip(tmp_path), reduce))[1]
    assert small.shape == (-(-43 // reduce), -(-61 // reduce), 3)
    for y, x in np.ndindex(43 // reduce, 61 // reduce):  # the squares that lie wholly inside
        want = full[reduce * y : reduce * (y + 1), reduce * x : reduce * (x + 1)].mean()
        assert abs(float(small[y, x].mean()) - want) < (4 if suffix == ".jpg" else 0.51)
    write_image(tmp_path / f"img1{suffix}", np.full_like(image, 200))
    assert np.abs(next(read_clip(clip(tmp_path), reduce))[1].astype(int) - 200).max() <= 1  # up to the border


def test_another_reduction_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"reduce is 3; .*give 1, 2 or 4"):
        next(read_clip(clip(tmp_path), 3))


def test_names_with_spaces_and_other_letters_and_the_files_that_systems_leave(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    folder = tmp_path / "Übung 1 日本"
    write_frames(folder, ["ké 001.png", "ké 002.PNG", "ké 0003.png"], rng)
    for stray in ("._ké 001.png", "._img1.jpg", "Thumbs.db", "desktop.ini", ".DS_Store"):
        (folder / stray).write_bytes(b"\0\5\x16\7")
    assert numbers(clip(folder)) == [1, 2, 3]


def test_a_change_of_size_is_refused_at_its_frame(tmp_path: Path, rng: np.random.Generator) -> None:
    write_frames(tmp_path, ["img1.png", "img2.png"], rng)
    write_image(tmp_path / "img3.png", noise(rng, (16, 12)))
    frames = read_clip(clip(tmp_path))
    assert [next(frames)[0], next(frames)[0]] == [1, 2]
    with pytest.raises(FramesError, match="frame 3 is 12x16, the frames before it are 16x12"):
        next(frames)


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
    (tmp_path / "x .png").rename(tmp_path / "x.txt")  # its size would be looked at by nobody
    with pytest.raises(FramesError, match=r"x\.txt is no picture by its name"):
        read_picture(tmp_path / "x.txt")


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
