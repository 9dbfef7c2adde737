"""A healthy video is read however many frames its header counts; one that is cut or damaged is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.decode import FramesError, endless, frames_stated, open_video
from preprocessing.frames import extent
from preprocessing.pace import varying
from tests.preprocessing.test_video import clip

CODES = {".webm": "VP80", ".mkv": "MJPG", ".flv": "FLV1", ".avi": "MJPG", ".mp4": "mp4v"} | {
    ".wmv": "WMV2",
    ".ts": "mpg2",
}
FRAMES = 40


def video(path: Path) -> bytes:
    """Forty frames of noise, so that all of them have a length, at 30 a second."""
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*CODES[path.suffix]), 30.0, (64, 48))
    for _ in range(FRAMES):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    return path.read_bytes()


def edited(data: bytes, *edits: tuple[int, int], long: bool = False) -> bytes:
    """An MP4 of OpenCV with another edit list: (milliseconds, first tick of the track)."""
    at = data.index(b"elst") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    entries = b"".join(struct.pack(">QqI" if long else ">IiI", *edit, 1 << 16) for edit in edits)
    box = struct.pack(">I4sII", 16 + len(entries), b"elst", long << 24, len(edits)) + entries
    made = bytearray(data[:at] + box + data[at + size :])
    for name in (b"moov", b"trak", b"edts"):
        where = made.index(name) - 4
        length = int.from_bytes(made[where : where + 4], "big") + len(box) - size
        made[where : where + 4] = length.to_bytes(4, "big")
    return bytes(made)


def with_empty_frames(data: bytes, every: int) -> bytes:
    """An AVI of OpenCV with an empty frame behind every so many, without its index, its rate so that the
    others keep their times."""
    movi = data.index(b"movi")
    end = movi + int.from_bytes(data[movi - 4 : movi], "little")
    made, at, seen = b"movi", movi + 4, 0
    while at < end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        made += data[at : at + 8 + size + size % 2]
        at, seen = at + 8 + size + size % 2, seen + 1
        made += struct.pack("<4sI", b"00dc", 0) * (seen % every == 0)
    head = bytearray(data[: movi - 4] + struct.pack("<I", len(made)))
    count = struct.pack("<I", FRAMES + FRAMES // every)
    head[48:52] = count
    length = head.index(b"strh") + 40
    head[length : length + 4] = count
    head[4:8] = struct.pack("<I", len(head) + len(made) - 8)
    return bytes(head) + made


def lasting(data: bytes, seconds: float) -> bytes:
    """A WebM, MKV or FLV that says it lasts so long, as one whose camera dropped frames, or with a longer
    sound."""
    if data[:3] == b"FLV":
        at = data.index(b"duration") + 9
        return data[:at] + struct.pack(">d", seconds) + data[at + 8 :]
    at = data.index(b"\x44\x89") + 3
    return data[:at] + struct.pack(">d", 1000 * seconds) + data[at + 8 :]


def read(path: Path, data: bytes) -> int:
    """Frames that are read of it. Raises FramesError."""
    path.write_bytes(data)
    return extent(clip(path))[1] + 1


@pytest.mark.parametrize("long", [False, True])
def test_an_mp4_gives_the_frames_of_its_edit_list(tmp_path: Path, long: bool) -> None:
    path = tmp_path / "a.mp4"
    data = video(path)  # 512 ticks a frame, 15360 a second
    for edits, frames in (
        ([(1334, 0)], 40),
        ([(1000, 512 * 10)], 30),  # trimmed at its begin, as by a phone
        ([(500, 0)], 15),
        ([(700, -1), (500, 512 * 20)], 15),  # the sound begins before it
        ([(9999, 512 * 3)], 37),
    ):
        assert abs(read(path, edited(data, *edits, long=long)) - frames) <= 1
        with open_video(path) as opened:
            assert frames_stated(path, opened) == frames
    web = edited(data, (500, 0), long=long)
    for cut in (web[:-40], web[: len(web) // 2]):
        with pytest.raises(FramesError, match=r"is cut short|cannot be opened"):
            read(path, cut)


def test_an_avi_gives_the_frames_that_are_not_empty_and_their_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    whole = video(path)
    assert varying(clip(path), 0, FRAMES) == (0.0, "")
    every_fourth, each = with_empty_frames(whole, 4), with_empty_frames(whole, 1)
    assert read(path, every_fourth) == FRAMES
    rate, note = varying(clip(path), 0, FRAMES)
    assert rate == pytest.approx(24, rel=0.02) and note.startswith("a variable frame rate: 33 to 67 ms")
    assert read(path, each) == FRAMES
    rate, note = varying(clip(path), 0, FRAMES)
    assert rate == pytest.approx(15, rel=0.02)
    assert note == "15 frames per second, as they follow each other; the file states 30"
    half = every_fourth[: len(every_fourth) // 2]
    with pytest.raises(FramesError, match=r"ends after \d+ frames, at least 4. expected; the file is cut"):
        read(path, half + bytes(len(every_fourth) - len(half)))  # its second half never arrived


@pytest.mark.parametrize("name", ["a.webm", "a.mkv"])
def test_a_webm_is_whole_if_its_bytes_are_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = lasting(video(path), 20.0)
    assert read(path, data) == FRAMES
    for kept in (len(data) // 3, len(data) * 2 // 3, len(data) - 1):
        for cut in (data[:kept], data[:kept] + bytes(len(data) - kept) * (kept < len(data) - 1)):
            with pytest.raises(FramesError, match=r"cut short: \d+ of its bytes are missing"):
                read(path, cut)
    segment = data.index(bytes.fromhex("18538067")) + 4
    stopped = data[:segment] + b"\x01" + b"\xff" * 7 + data[segment + 8 :]  # a recorder that was switched off
    assert read(path, stopped) == FRAMES and endless(path)
    cut = r"cut short: \d+ of its bytes.* if its recorder was stopped, keep what is whole: ffmpeg -i a\."
    with pytest.raises(FramesError, match=cut):  # in the middle of a frame
        read(path, stopped[: len(data) * 2 // 3])
    at = stopped.index(bytes.fromhex("1f43b675")) + 4
    width = 9 - stopped[at].bit_length()
    live = stopped[:at] + bytes([0xFF >> (width - 1)]) + b"\xff" * (width - 1) + stopped[at + width :]
    assert read(path, live) == FRAMES and endless(path)  # nor has the cluster a length
    with pytest.raises(FramesError, match=cut):
        read(path, live[: len(data) * 2 // 3])
    cluster = stopped.index(bytes.fromhex("1f43b675"), len(data) // 2)
    assert 0 < read(path, stopped[:cluster]) < FRAMES and endless(path)  # between two, which nothing tells


def test_a_frame_that_cannot_be_decoded_is_not_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    data = lasting(video(path), 20.0)
    starts = [at for at in range(len(data)) if data.startswith(b"\xff\xd8\xff", at)]
    for broken, why in ((starts[25:27], "others follow"), (starts[25:], "40 are in the file")):
        made = bytearray(data)
        for at in broken:
            made[at : at + 900] = bytes(900)
        with pytest.raises(FramesError, match=f"ends after 25 frames, .*{why}; the file is cut short, dam"):
            read(path, bytes(made))


def test_of_another_container_its_time_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.flv"
    data = video(path)
    assert read(path, data) == FRAMES
    assert read(path, lasting(data, 1.4)) == FRAMES
    assert not endless(path)
    with pytest.raises(FramesError, match=r"cut short: \d+ of its bytes"):
        read(path, data[: len(data) * 3 // 4])
    at, ends = 13, []
    while at < len(data):
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
        ends.append(at)
    with pytest.raises(FramesError, match=r"ends after \d+ frames, 0\.\d\d s, and it states 1\.3\d s"):
        read(path, data[: ends[len(ends) // 2]])  # between two frames
    assert read(path, lasting(data, 0.0)) == FRAMES and endless(path)


def test_an_avi_of_a_length_that_nobody_wrote_is_read_unless_its_last_frame_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    data = bytearray(video(path))
    index = data.index(b"idx1")
    del data[index:]
    for length in (0, 0xFFFFFFFF):  # of recorders that were stopped, and those that write into a pipe
        for at in (4, data.index(b"movi") - 4):
            data[at : at + 4] = struct.pack("<I", length)
        for count in (48, data.index(b"strh") + 40):
            data[count : count + 4] = struct.pack("<I", length)
        assert read(path, bytes(data)) == FRAMES and endless(path)
        with pytest.raises(FramesError, match=r"cut short: [89] of its bytes"):
            read(path, bytes(data[:-9]))


def test_a_wmv_and_a_ts_end_with_a_whole_packet(tmp_path: Path) -> None:
    path = tmp_path / "a.wmv"
    data = video(path)
    assert read(path, data) == FRAMES and not endless(path)
    with pytest.raises(FramesError, match=r"cut short: \d+ of its bytes"):
        read(path, data[: len(data) // 2])
    begin = int.from_bytes(data[16:24], "little")
    sent = bytearray(data)
    sent[begin + 16 : begin + 24] = struct.pack("<Q", 50)
    assert read(path, bytes(sent)) == FRAMES and endless(path)
    with pytest.raises(FramesError, match=r"cut short: 7 of its bytes"):
        read(path, bytes(sent[: begin + 50 + 2 * 3200 - 7]))

    path = tmp_path / "a.ts"
    data = video(path)
    assert read(path, data) == FRAMES and endless(path)
    assert 0 < read(path, data[: len(data) // 376 * 188]) < FRAMES and endless(path)  # between two
    for cut in (data[:-1], data[: len(data) // 376 * 188 + 100]):
        with pytest.raises(FramesError, match=r"cut short: \d+ of its bytes"):
            read(path, cut)


def test_an_mp4_in_fragments_counts_nothing_and_is_whole_if_its_last_one_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    whole = video(path)
    moov = whole.index(b"moov") - 4
    sized = struct.pack(">I4s", 8, b"moof")
    for more, says in (
        (sized, "8 of its bytes"),  # of its frames nothing came
        (sized + struct.pack(">I4s", 20, b"mdat"), "12 of its bytes"),
    ):
        with pytest.raises(FramesError, match=f"cut short: {says}"):
            read(path, whole + more)
    in_fragments = whole[:moov] + whole[moov:] + sized + struct.pack(">I4s", 8, b"mdat")
    path.write_bytes(in_fragments)
    with open_video(path) as opened:
        assert frames_stated(path, opened) is None and endless(path)
    path.write_bytes(in_fragments + struct.pack(">I4s", 8, b"mfra"))
    assert not endless(path)
