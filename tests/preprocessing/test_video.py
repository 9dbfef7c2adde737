"""Videos give the frames that a player shows at their indices, or are refused."""

from __future__ import annotations

import re
import struct
import weakref
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from preprocessing.decode import FramesError
from preprocessing.frames import container_fps, extent, read_clip
from preprocessing.pace import varying
from preprocessing.schema import Clip

SIZE = (48, 64)  # rows, columns


def clip(frames: Path, onset: int | None = None, offset: int | None = None) -> Clip:
    return Clip("c", "c/1", "a", frames, "joy", onset=onset, offset=offset)


def numbers(clip: Clip) -> list[int]:
    return [n for n, _ in read_clip(clip)]


def write(path: Path, frames: int, fps: float = 30.0, corner: bool = False) -> Path:
    """Frame n is grey with the value 10 n; ``corner`` makes its upper left quarter red and the lower left
    green."""
    code = cv2.VideoWriter.fourcc(*("MJPG" if path.suffix.lower() == ".avi" else "mp4v"))
    writer = cv2.VideoWriter(str(path), code, fps, SIZE[::-1])
    for n in range(frames):
        image = np.full((*SIZE, 3), 10 * n, np.uint8)
        if corner:
            image[:24, :32], image[24:, :32] = (0, 0, 255), (0, 255, 0)
        writer.write(image)
    writer.release()
    return path


def quarters(image: np.ndarray) -> list[list[str]]:
    """Colours at the middles of the four quarters."""
    rows, columns = image.shape[:2]
    names = {(0, 0, 1): "red", (0, 1, 0): "green", (0, 0, 0): "dark"}
    return [
        [names[tuple(image[y, x] > 128)] for x in (columns // 4, 3 * columns // 4)]
        for y in (rows // 4, 3 * rows // 4)
    ]


def index_first(data: bytes) -> bytes:
    """An MP4 of OpenCV with its moov box moved before the frames, as for the web: chunk offsets grow by the
    box's length."""
    at = data.index(b"moov") - 4
    moov = bytearray(data[at:])
    table = moov.index(b"stco") + 8
    count = int.from_bytes(moov[table : table + 4], "big")
    offsets = struct.unpack_from(f">{count}I", moov, table + 4)
    struct.pack_into(f">{count}I", moov, table + 4, *(offset + len(moov) for offset in offsets))
    return data[:28] + bytes(moov) + data[28:at]


class Proxy:
    """An OpenCV video with some answers replaced. Not a subclass: OpenCV's types crash when they are
    subclassed."""

    real = cv2.VideoCapture
    extra = 0
    closed = 0

    def __init__(self, *arguments: Any) -> None:
        self.video = Proxy.real(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.video, name)

    def get(self, what: int) -> float:
        return self.video.get(what) + (self.extra if what == cv2.CAP_PROP_FRAME_COUNT else 0)

    def release(self) -> None:
        Proxy.closed += 1
        self.video.release()


@pytest.mark.parametrize(
    "name", ["a.avi", "a.mp4", "a.mov", "A.AVI", "A.MP4", "A.Mov", "Übung 1/日本 %02d 007.mp4"]
)
def test_a_video_gives_the_frames_at_their_indices(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    path = write(tmp_path / name, 20)
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


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.avi", 3).rename(tmp_path / "http:a.avi")
    monkeypatch.chdir(tmp_path)
    assert numbers(clip(Path("http:a.avi"))) == [0, 1, 2]


def test_the_extent_is_counted_without_converting_a_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.mp4", 20)
    monkeypatch.setattr(Proxy, "extra", 1)
    monkeypatch.setattr(Proxy, "read", None, raising=False)
    monkeypatch.setattr(Proxy, "retrieve", None, raising=False)
    monkeypatch.setattr(Proxy, "closed", 0)
    monkeypatch.setattr(cv2, "VideoCapture", Proxy)
    assert extent(clip(path)) == (0, 19)
    assert extent(clip(path, 7)) == (7, 19)
    assert extent(clip(path, 7, 9)) == (7, 9)
    assert extent(clip(path, None, 9)) == (0, 9)
    for onset in (19, 20, 40):
        with pytest.raises(FramesError, match=rf"has {max(0, 20 - onset)} frame\(s\) from {onset} on"):
            extent(clip(path, onset))
    with pytest.raises(FramesError, match="onset 9 is after offset 7"):
        extent(clip(path, 9, 7))
    monkeypatch.setattr(Proxy, "extra", 2)
    with pytest.raises(FramesError, match="ends after 20 frames, at least 21 expected"):
        extent(clip(path))
    # no file stays open, whatever went wrong; the labels were refused before one was
    assert Proxy.closed == 8


@pytest.mark.parametrize("reduce", [1, 2])
def test_no_frame_is_read_ahead_or_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reduce: int) -> None:
    path = write(tmp_path / "a.avi", 12)
    made: list[weakref.ref[np.ndarray]] = []

    def read(proxy: Proxy) -> tuple[bool, np.ndarray | None]:
        assert not any(reference() is not None for reference in made)
        good, image = proxy.video.read()
        made.extend([weakref.ref(image)] if good else [])
        return good, image

    monkeypatch.setattr(Proxy, "read", read, raising=False)
    monkeypatch.setattr(cv2, "VideoCapture", Proxy)
    given = 0
    for _, image in read_clip(clip(path), reduce):  # enumerate would keep the last frame
        given += 1
        assert len(made) == given
        del image
    assert given == 12


def test_a_container_that_counts_one_frame_too_many_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.avi", 20)
    monkeypatch.setattr(cv2, "VideoCapture", Proxy)
    for extra, good in ((-30, True), (1, True), (2, False)):
        monkeypatch.setattr(Proxy, "extra", extra)
        if good:
            assert len(numbers(clip(path))) == 20
        else:
            with pytest.raises(FramesError, match="cut short"):
                numbers(clip(path))


def test_an_avi_without_its_index_is_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", 20)
    data = path.read_bytes()
    at = data.index(b"idx1")
    for part in (data[:at], data[: at + 40], data[:at] + b"junk" + data[at + 4 :]):
        path.write_bytes(part)
        got = list(read_clip(clip(path)))
        assert [n for n, _ in got] == list(range(20))
        assert abs(float(got[19][1].mean()) - 190) < 4


def test_a_cut_or_empty_video_is_refused(tmp_path: Path) -> None:
    avi, mp4 = (write(tmp_path / name, 40).read_bytes() for name in ("a.avi", "a.mp4"))
    moov = mp4.index(b"moov") - 4
    web = index_first(mp4)
    odd = b"JUNK\5\0\0\0......"  # a chunk of an odd length is padded to an even one
    at = web.index(b"free") - 4  # left there by the writer for an mdat box with a length of 64 bits
    long = web[:at] + struct.pack(">I4sQ", 1, b"mdat", len(web) - at) + web[at + 16 :]
    cases = [
        (".avi", avi[: avi.index(b"idx1") - 9]),  # 9 bytes of the last frame: FFmpeg would fill up with grey
        (".avi", avi[:12] + odd + avi[12 : avi.index(b"idx1") - 9]),
        (".avi", avi[: len(avi) // 2]),
        (".avi", avi[:1000]),
        (".mp4", mp4[:moov]),
        (".mp4", mp4[: moov - 50]),
        (".mp4", mp4[:-1]),
        (".mp4", mp4[:-300]),
        (".mp4", mp4[: len(mp4) // 2]),
        (".mov", web[:-30]),
        (".mp4", long[:-30]),
        (".mov", web[: len(web) // 2]),
        (".mp4", web[:300]),
        (".avi", b""),
        (".mov", b""),
        (".mp4", b"hello " * 500),
    ]
    for n, (suffix, data) in enumerate(cases):
        path = tmp_path / f"cut{n}{suffix}"
        path.write_bytes(data)
        for use in (numbers, extent, lambda clip: container_fps(clip.frames)):
            with pytest.raises(
                FramesError, match=rf"cut{n}\{suffix} .*(cannot be opened as a video|is cut short)"
            ):
                use(clip(path))
    whole = (
        (".mp4", web),
        (".mp4", long),
        (".mp4", web + bytes(99)),
        (".mp4", web + b"\0\1\0\0free"),
        (".avi", avi + b"\1" * 99),
        (".avi", avi[:12] + odd + avi[12:]),
    )
    for n, (suffix, data) in enumerate(whole):
        path = tmp_path / f"whole{n}{suffix}"
        path.write_bytes(data)  # what is behind the last frame does no harm
        assert len(numbers(clip(path))) == 40


def test_a_damaged_frame_does_not_shift_the_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", 20)
    data = bytearray(path.read_bytes())
    starts = [m.start() for m in re.finditer(b"\xff\xd8\xff", data)]
    data[starts[5] : starts[6] - 8] = bytes(starts[6] - 8 - starts[5])
    path.write_bytes(data)
    assert numbers(clip(path, 1, 4)) == [1, 2, 3, 4]
    for bad in (clip(path), clip(path, 2, 8)):
        with pytest.raises(FramesError, match="ends after 5 frames"):
            numbers(bad)


# Matrices of QuickTime: a point (x, y) of the stored picture is shown at (a x + c y, b x + d y), then moved
# into view.
@pytest.mark.parametrize(
    ("a", "b", "c", "d", "shown"),
    [
        (1, 0, 0, 1, [["red", "dark"], ["green", "dark"]]),
        (0, 1, -1, 0, [["green", "red"], ["dark", "dark"]]),  # a quarter turn clockwise
        (-1, 0, 0, -1, [["dark", "green"], ["dark", "red"]]),
        (0, -1, 1, 0, [["dark", "dark"], ["red", "green"]]),
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
def test_a_turned_video_comes_out_upright(
    tmp_path: Path, name: str, a: int, b: int, c: int, d: int, shown: Any
) -> None:
    path = write(tmp_path / name, 3, corner=True)
    path.write_bytes(turned(path.read_bytes(), a, b, c, d))
    for reduce in (1, 2):
        for _, frame in read_clip(clip(path), reduce):
            assert frame.shape[:2] == tuple(v // reduce for v in (SIZE if a else SIZE[::-1]))
            assert quarters(frame) == shown


def turned(data: bytes, a: float, b: float, c: float, d: float) -> bytes:
    at = data.index(b"tkhd") + 44
    values = [round(v * 65536) for v in (a, b, 0, c, d, 0, 0, 0)] + [1 << 30]
    return data[:at] + struct.pack(">9i", *values) + data[at + 36 :]


def test_a_video_that_stands_askew_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", 3)
    path.write_bytes(turned(path.read_bytes(), 0.7071, 0.7071, -0.7071, 0.7071))
    with pytest.raises(FramesError, match="turned by 45 degrees; write it again upright"):
        numbers(clip(path))


def test_videos_are_reduced_by_the_mean(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", 4, corner=True)
    full, small = dict(read_clip(clip(path))), dict(read_clip(clip(path), 4))
    for n, image in small.items():
        assert image.shape == (12, 16, 3)
        want = full[n].reshape(12, 4, 16, 4, 3).mean(axis=(1, 3))
        assert np.abs(image - want).max() <= 0.51


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "A.MOV"])
@pytest.mark.parametrize("fps", [25.0, 29.97, 200.0])
def test_the_rate_is_the_one_that_the_container_states(tmp_path: Path, name: str, fps: float) -> None:
    assert container_fps(write(tmp_path / name, 3, fps)) == pytest.approx(fps, rel=1e-3)


def test_a_rate_that_is_none_is_none(tmp_path: Path) -> None:
    avi, mp4 = write(tmp_path / "a.avi", 20), write(tmp_path / "a.mp4", 20)
    at = avi.read_bytes().index(b"strh") + 28
    for scale, rate, period, want in (
        (0, 0, 0, None),  # FFmpeg would say 25
        (1, 0, 0, None),
        (0, 30, 0, None),
        (0, 0, 5000, 200),
        (1, 25, 0, 25),
        (1, 90_000, 11, None),  # a clock
        (2000, 1000, 0, None),  # a frame in two seconds
    ):
        data = bytearray(avi.read_bytes())
        struct.pack_into("<II", data, at, scale, rate)
        struct.pack_into("<I", data, 32, period)
        path = tmp_path / "rate.avi"
        path.write_bytes(data)
        assert container_fps(path) == want, (scale, rate, period)
    at = mp4.read_bytes().index(b"mdhd") + 16
    for clock, want in ((15_360, 30), (512, 1), (90_000 * 512, None), (1, None)):
        data = bytearray(mp4.read_bytes())
        struct.pack_into(">I", data, at, clock)
        path = tmp_path / "rate.mp4"
        path.write_bytes(data)
        assert container_fps(path) == want, clock
    with pytest.raises(FramesError, match=r"no\.avi cannot be read"):
        container_fps(tmp_path / "no.avi")


def mp4_of_steps(path: Path, steps: list[int]) -> Path:
    write(path, len(steps) + 1, 25.0)
    return uneven(path, steps)


def uneven(path: Path, steps: list[int]) -> Path:
    """An MP4 whose frames are so many ms apart: the one entry of its time table replaced by one a frame."""
    data = path.read_bytes()
    at = data.index(b"stts") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    scale = int.from_bytes(data[(mdhd := data.index(b"mdhd")) + 16 : mdhd + 20], "big")
    entries = [(1, ms * scale // 1000) for ms in [*steps, steps[-1]]]
    table = struct.pack(">4sII", b"stts", 0, len(entries)) + b"".join(struct.pack(">II", *e) for e in entries)
    grown = 4 + len(table) - size
    made = bytearray(data[:at] + struct.pack(">I", 4 + len(table)) + table + data[at + size :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        where = bytes(made).index(box) - 4
        made[where : where + 4] = struct.pack(">I", int.from_bytes(made[where : where + 4], "big") + grown)
    path.write_bytes(bytes(made))
    return path


@pytest.mark.parametrize(
    ("steps", "want"),
    [
        ([40] * 8, (0.0, "")),
        ([33, 34] * 4, (0.0, "")),  # rounded
        (
            [20, 20, 20, 20, 60, 60, 60, 60],
            (25.0, "a variable frame rate: 20 to 60 ms apart"),
        ),
    ],
)
def test_a_rate_that_varies_is_told(tmp_path: Path, steps: list[int], want: tuple[float, str]) -> None:
    path = mp4_of_steps(tmp_path / "x.mp4", steps)
    assert len(numbers(clip(path))) == len(steps) + 1
    rate, note = varying(clip(path), 0, len(steps))
    assert rate == pytest.approx(want[0]) and note.startswith(want[1]) and bool(note) == bool(want[1])
    if want[1]:  # of the clip alone
        assert varying(clip(path, 0, 4), 0, 4)[1].startswith("50 frames per second")
