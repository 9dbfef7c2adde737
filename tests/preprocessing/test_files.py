"""What a clip's files are, before a decoder has them: their state names the shard, and a dangerous one is
refused by name."""

import io
import os
import socket
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from preprocessing import extract
from preprocessing.files import LONGEST_SIDE, MOST_BYTES, danger, danger_of, files_of, window
from preprocessing.findings import inspect
from preprocessing.frames import FramesError
from preprocessing.schema import Clip, CorpusError
from tests.fake_corpora import noise, write_image

HEADER = "subject,clip,frames,onset,apex,offset,emotion,aus,fps\n"


def clip(frames: Path, **ends) -> Clip:
    return Clip("c", "c/1", "a", frames, "joy", **ends)


def png(width: int, height: int) -> bytes:
    """A black picture, as small as it can be written."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0" * min(height * (1 + 3 * width), 1 << 20), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pillow(kind: str, width: int, height: int, **options) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height)).save(made, kind, **options)
    return made.getvalue()


def state(frames: Path) -> str:
    return files_of(frames).state


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "a"
    for i in (1, 2, 3):
        write_image(made / f"img{i}.png", noise(np.random.default_rng(i)))
    return made


def test_the_state_changes_with_every_file_that_is_renamed_replaced_or_dated_anew(folder):
    seen = [state(folder)]
    (folder / "notes.txt").write_text("no frame")
    assert state(folder) == seen[0]
    one, two = folder / "img1.png", folder / "img2.png"
    one.rename(folder / "x.png.away")
    two.rename(one)
    (folder / "x.png.away").rename(two)  # renumbered: number, bytes and newest time are as before
    seen.append(state(folder))
    held = two.stat()
    two.write_bytes(b"x" * held.st_size)
    os.utime(two, ns=(1, held.st_mtime_ns - 10**9))  # another of equal size, not newer than the newest
    seen.append(state(folder))
    held = two.stat()
    two.write_bytes(b"y" * held.st_size)
    os.utime(two, ns=(1, held.st_mtime_ns))  # of equal size and equal time
    seen.append(state(folder))
    assert len(set(seen)) == 4
    with pytest.raises(FramesError, match="cannot be read"):
        state(folder / "nowhere")


def test_a_link_is_as_its_target_and_may_lead_nowhere(folder):
    (folder / "img4.png").symlink_to(folder / "img1.png")
    before = state(folder)
    os.utime(folder / "img1.png", ns=(5, 5))
    assert state(folder) != before
    (folder / "img5.png").symlink_to(folder / "gone.png")
    assert state(folder) != before


def test_of_a_recording_the_frames_of_a_clip_alone_count(folder):
    before = [files_of(folder).between(first, last) for first, last in ((1, 2), (None, None), (3, 9), (7, 9))]
    assert [one.numbers for one in before] == [(1, 2), (1, 2, 3), (3,), ()]
    os.utime(folder / "img3.png", ns=(5, 5))
    after = [files_of(folder).between(first, last) for first, last in ((1, 2), (None, None), (3, 9))]
    assert [a.state == b.state for a, b in zip(before, after, strict=False)] == [True, False, False]


POISON = {
    "aborts the landmark model": ("img2.jpg", pillow("JPEG", 65500, 1), "65500x1; .* 16384 pixels a side"),
    "a PNG of 2.7 GB": ("img2.png", png(30000, 30000), "30000x30000; .* 67108864 in all"),
    "a long BMP": ("img2.bmp", pillow("BMP", 1, LONGEST_SIDE + 1), "1x16385"),
    "a BMP from the top down": (
        "img2.bmp",
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 20000, -20000) + bytes(30),
        "20000x20000",
    ),
    "a TIFF": ("img2.tif", pillow("TIFF", LONGEST_SIDE + 1, 2), "16385x2"),
    "a progressive JPEG behind segments": (
        "img2.jpg",
        (made := pillow("JPEG", 2, 20000, progressive=True))[:2]
        + b"\xff\xe1\xff\xf0" + bytes(0xFFEE) + b"\xff" + made[2:],
        "2x20000",
    ),
    "a WebP": ("img2.png", pillow("WEBP", 9, 9), "no JPEG, PNG, BMP or TIFF inside"),
}  # fmt: skip


@pytest.mark.parametrize("what", POISON)
def test_what_is_too_large_for_a_decoder_is_told_from_its_header(folder, what):
    name, data, words = POISON[what]
    (folder / "img2.png").unlink()
    (folder / name).write_bytes(data)
    with pytest.raises(ValueError, match=rf"{name} .*{words}"):
        raise ValueError(danger(clip(folder)))
    assert danger(clip(folder, onset=3, offset=3)) == ""  # another clip of the same folder


def test_a_sparse_file_of_a_gigabyte_is_not_read(folder):
    os.truncate(folder / "img2.png", MOST_BYTES + 1)
    assert "are decoded" in danger(clip(folder))


def fifo(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def in_a_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)
        made.bind(path.name)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("make", "words"),
    [(fifo, "a named pipe"), (device, "leads out"), (in_a_socket, "a socket"), (Path.mkdir, "missing: 1")],
)
def test_what_is_no_regular_file_is_told_by_check_and_quarantined_by_extraction(
    tmp_path, make, words, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("good", "bad"):
        for i in (1, 2, 3):
            write_image(tmp_path / name / f"img{i}.png", noise(np.random.default_rng(i), (64, 64)))
    (tmp_path / "bad" / "img1.png").unlink()
    make(tmp_path / "bad" / "img1.png")
    (tmp_path / "manifest.csv").write_text(f"{HEADER}p,good,good,1,2,3,joy,,\np,bad,bad,1,2,3,joy,,\n")
    found = inspect("manifest", tmp_path)
    assert {name: words in why for name, why in {**found.problems, **found.gaps}.items()} == {
        "manifest/p/bad": True
    }
    plan = extract.plan("manifest", tmp_path, ["apex_frame"], tmp_path / "out")
    done = extract.run(plan, max_failed=1)
    row = (done.folders["apex_frame"] / "quarantine.csv").read_text()
    assert "bad/img1.png" in row or "missing: 1" in row
    assert words in row


def test_a_device_in_the_place_of_a_picture_is_not_read(tmp_path):
    (tmp_path / "x.png").symlink_to("/dev/zero")
    assert "x.png is a device; only regular files" in danger(clip(tmp_path / "x.png"))
    with pytest.raises(FramesError, match="is a device"):
        window(clip(tmp_path / "x.png"))


def test_a_video_that_claims_an_absurd_size_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "x.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    assert danger(clip(path)) == ""
    data = bytearray(path.read_bytes())
    data[64:72] = struct.pack("<II", 100_000, 100_000)
    path.write_bytes(data)
    monkeypatch.setattr("preprocessing.files.open_video", lambda path: pytest.fail("FFmpeg had it"))
    assert "says that it is 100000x100000" in danger(clip(path))


def test_files_that_change_while_they_are_extracted_stop_it(folder, tmp_path):
    (tmp_path / "manifest.csv").write_text(f"{HEADER}p,a,a,1,2,3,joy,,\n")
    plan = extract.plan("manifest", tmp_path, ["apex_frame"], tmp_path / "out")
    write_image(folder / "img2.png", noise(np.random.default_rng(9)))
    with pytest.raises(CorpusError, match=r"have changed since this extraction began.*same command again"):
        extract.run(plan)
    assert not list((tmp_path / "out").rglob("*.parquet"))


def test_an_empty_video_is_left_to_the_decoder_to_name(tmp_path):
    (tmp_path / "v.avi").write_bytes(b"")
    assert danger_of(tmp_path / "v.avi") == ""
