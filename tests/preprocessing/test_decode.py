"""Image files give the colours and the direction that a viewer shows, or are refused."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from preprocessing.decode import FramesError, read_image
from preprocessing.frames import read_picture
from tests.fake_corpora import noise, write_frames, write_image


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def rgb() -> np.ndarray:
    """uint8 (24, 40, 3): red upper left, green upper right, blue lower left, grey lower right; even blocks
    survive JPEG."""
    blocks = np.array([[(200, 30, 30), (30, 180, 40)], [(30, 40, 190), (120, 120, 120)]], np.uint8)
    return np.kron(blocks, np.ones((12, 20, 1), np.uint8))


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def read_rgb(path: Path, reduce: int = 1) -> np.ndarray:
    image = read_image(path, reduce)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    return image[..., ::-1]


def test_16_bit_is_scaled_and_grey_repeated(tmp_path: Path) -> None:
    for suffix in (".png", ".tif"):
        write_image(tmp_path / f"wide{suffix}", np.array([[0, 257, 65535, 32896]], np.uint16))
        write_image(tmp_path / f"byte{suffix}", np.array([[0, 1, 255, 128]], np.uint8))
        for name in ("wide", "byte"):
            assert read_image(tmp_path / f"{name}{suffix}")[0].tolist() == [[v] * 3 for v in (0, 1, 255, 128)]


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_one_bit_grey_and_palette_are_expanded(
    tmp_path: Path, rgb: np.ndarray, suffix: str, mode: str
) -> None:
    image = Image.fromarray(rgb).convert(mode)
    assert np.array_equal(read_rgb(save(tmp_path / f"a{suffix}", image)), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_alpha_is_dropped_and_the_colour_under_it_kept(
    tmp_path: Path, rgb: np.ndarray, suffix: str, dtype: type
) -> None:
    scale = np.iinfo(dtype).max // 255
    alpha = np.tile(np.linspace(0, 255, 40).astype(np.uint8), (24, 1))
    write_image(tmp_path / f"a{suffix}", np.dstack([rgb[..., ::-1], alpha]).astype(dtype) * dtype(scale))
    assert np.array_equal(read_rgb(tmp_path / f"a{suffix}"), rgb)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_with_declared_alpha_is_refused(tmp_path: Path, rgb: np.ndarray, order: str) -> None:
    rgba = Image.fromarray(np.dstack([rgb, np.full((24, 40), 100, np.uint8)]))
    data = bytearray(save(tmp_path / "a.tif", rgba).read_bytes())
    if order == ">":
        data = _tiff(">", [(256, 40), (257, 24), (338, 1)])
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(FramesError, match=r"a\.tif is a TIFF with an alpha channel"):
        read_image(tmp_path / "a.tif")


def _tiff(order: str, tags: list[tuple[int, int]]) -> bytearray:
    """A big- or little-endian TIFF directory of short values, with no picture behind it."""
    big = order == ">"
    number = {
        size: (lambda v, size=size: int(v).to_bytes(size, "big" if big else "little")) for size in (2, 4)
    }
    entries = b"".join(
        number[2](tag) + number[2](3) + number[4](1) + number[2](value) + b"\0\0" for tag, value in tags
    )
    return bytearray(
        (b"MM" if big else b"II")
        + number[2](42)
        + number[4](8)
        + number[2](len(tags))
        + entries
        + number[4](0)
    )


def test_cmyk_has_its_true_colours_or_is_refused(tmp_path: Path, rgb: np.ndarray) -> None:
    path = save(tmp_path / "a.jpg", Image.fromarray(rgb).convert("CMYK"), quality=95)
    assert np.abs(read_rgb(path).astype(int) - rgb).max() < 12
    for reduce in (2, 4):  # even blocks: every square of pixels is of one colour
        assert np.abs(read_rgb(path, reduce).astype(int) - rgb[::reduce, ::reduce]).max() < 12
    data = path.read_bytes()
    at = data.index(b"\xff\xee")
    path.write_bytes(data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :])
    with pytest.raises(FramesError, match=r"a\.jpg is CMYK without an Adobe marker"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(tmp_path: Path, rgb: np.ndarray, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    options = {"tiffinfo": {274: orientation}} if suffix == ".tif" else {"exif": exif, "quality": 95}
    path = save(tmp_path / f"a{suffix}", Image.fromarray(rgb), **options)
    want = np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)
    assert np.abs(read_rgb(path) - want).max() <= 2
    small = read_rgb(path, 2)
    assert np.abs(small[1::4, 1::4] - want[2::8, 2::8]).max() < 24


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_several_pictures_in_one_file_are_refused(tmp_path: Path, rgb: np.ndarray, suffix: str) -> None:
    more = [Image.fromarray(255 - rgb)]
    path = save(tmp_path / f"a{suffix}", Image.fromarray(rgb), save_all=True, append_images=more)
    with pytest.raises(FramesError, match=r"holds (more than one page|an animation); save each"):
        read_image(path)


def test_pixels_of_other_types_and_big_tiffs_are_refused(tmp_path: Path) -> None:
    for name, image in (("grey", np.ones((4, 4), np.float32)), ("colour", np.ones((4, 4, 3), np.float32))):
        write_image(tmp_path / f"{name}.tif", image)
        with pytest.raises(FramesError, match=r"(float32|other) pixels"):
            read_image(tmp_path / f"{name}.tif")
    (tmp_path / "big.tif").write_bytes(b"II+\0\x08\0\0\0" + bytes(64))
    with pytest.raises(FramesError, match="is a BigTIFF"):
        read_image(tmp_path / "big.tif")


def test_a_size_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(FramesError, match=r"a\.png .*cannot be decoded"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif"])
def test_damaged_files_are_refused(tmp_path: Path, rng: np.random.Generator, suffix: str) -> None:
    path = tmp_path / f"img2{suffix}"
    write_frames(tmp_path, [path.name], rng)
    whole = path.read_bytes()
    for data in (
        b"",
        b"not an image at all " * 9,
        whole[: len(whole) // 2],
        whole[:-3],
        whole[:20],
        whole[:9],
    ):
        path.write_bytes(data)
        for read in (read_image, read_picture):
            with pytest.raises(FramesError, match=f"img2{suffix}.*(zero bytes|damaged|cut short)"):
                read(path)
    end = {".jpg": -2, ".png": -12}.get(suffix)  # end markers: not all decoders miss them
    if end is not None:
        path.write_bytes(whole[:end])
        with pytest.raises(FramesError, match="cut short: its end marker is missing"):
            read_image(path)


def test_a_jpeg_with_a_whole_thumbnail_but_a_cut_picture_is_refused(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    thumbnail = cv2.imencode(".jpg", noise(rng))[1].tobytes()
    picture = cv2.imencode(".jpg", noise(rng))[1].tobytes()
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = picture[:2] + segment + picture[2:]
    padded = picture[:2] + b"\xff\xff" + segment + picture[2:]  # a marker may be padded
    for data in (whole, padded, whole + b"junk behind the picture"):
        (tmp_path / "a.jpg").write_bytes(data)
        assert read_picture(tmp_path / "a.jpg").shape == (12, 16, 3)
    for data in (whole, padded):
        (tmp_path / "a.jpg").write_bytes(data[:-2])  # only the end marker is gone: decoders accept that
        with pytest.raises(FramesError, match="cut short"):
            read_picture(tmp_path / "a.jpg")


def test_progressive_and_grey_jpegs_are_as_pillow_reads_them(tmp_path: Path, rgb: np.ndarray) -> None:
    for n, (mode, options) in enumerate(
        (("RGB", {"progressive": True}), ("L", {}), ("RGB", {"subsampling": 0}))
    ):
        path = save(tmp_path / f"{n}.jpg", Image.fromarray(rgb).convert(mode), quality=95, **options)
        want = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB")).astype(int)
        assert np.abs(read_rgb(path) - want).max() <= 3
