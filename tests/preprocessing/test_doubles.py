"""Frames that two clips share: windows on one recording, byte-equal files."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from preprocessing import doubles
from preprocessing.doubles import copies, overlaps
from preprocessing.schema import Clip
from tests.fake_corpora import noise, write_image


def clip(who: str, name: str, frames: Path, onset: int | None = None, offset: int | None = None) -> Clip:
    return Clip("m", f"m/{who}", name, frames, "joy", onset=onset, offset=offset)


def pairs(found):
    return {double.clips for double in found if double.across}, {d.clips for d in found if not d.across}


def test_windows_of_two_people_on_one_recording_may_not_share_a_frame(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    one, link = tmp_path / "one", tmp_path / "link"
    clips = [
        clip("a", "1", one, 10, 20),
        clip("a", "2", one, 20, 30),  # one person's clips may
        clip("b", "1", link, 30, 40),
        clip("b", "2", one, 41, 50),
        clip("a", "3", one, 12, 14),
        clip("a", "4", one, 10, 20),
        clip("c", "1", tmp_path / "two", 10, 20),
    ]
    found, said = overlaps(clips, {})
    assert pairs(found) == ({("m/a/2", "m/b/1")}, {("m/a/1", "m/a/4")}) and not said
    assert str(found[0].why).endswith(f"one recording, {one}")
    assert pairs(overlaps(clips, {"m/b": "m/a"})[0]) == (set(), {("m/a/1", "m/a/4")})
    found, said = overlaps([clips[0], clips[3]], {})
    assert not found and "has clips of m/a and m/b" in said[0]
    # a clip without a window is all of it
    assert pairs(overlaps([clip("b", "0", one), clips[0]], {})[0])[0] == {("m/b/0", "m/a/1")}


def test_every_overlap_of_two_people_is_seen_and_thousands_of_rows_of_one_folder_cost_no_pairs(tmp_path):
    """Against all pairs, on random windows; then 20,000 rows of one folder."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        clips = [
            clip("abc"[rng.integers(3)], str(n), tmp_path, int(b), int(b + rng.integers(6)))
            for n, b in enumerate(rng.integers(0, 30, rng.integers(2, 7)))
        ]
        windows = [(c.subject, c.onset, c.offset) for c in clips]
        meet = [(a, b) for i, a in enumerate(windows) for b in windows[:i] if a[1] <= b[2] and b[1] <= a[2]]
        across, own = pairs(overlaps(clips, {})[0])
        assert bool(across) == any(a[0] != b[0] for a, b in meet)
        assert bool(own) == any(a == b for a, b in meet)
    rows = [clip(f"p{n % 600}", str(n), tmp_path, n % 50, 60) for n in range(20_000)]
    assert len(overlaps(rows, {})[0]) <= 2 * len(rows)


@pytest.fixture
def frames(tmp_path):
    """Folder -> five noise pictures of one size in bytes, as cameras write them."""
    rng = np.random.default_rng(0)

    def write(name: str, numbers=range(5)) -> Path:
        for n in numbers:
            write_image(tmp_path / name / f"{n}.bmp", noise(rng, (40, 60)))
        return tmp_path / name

    return write


def test_byte_equal_files_are_found_whatever_their_names_and_unequal_ones_of_one_size_are_not(frames):
    a, b, c = frames("a"), frames("b"), frames("c")
    clips = [clip("a", "1", a, 0, 4), clip("b", "1", b, 0, 3), clip("c", "1", c, 0, 4)]
    assert copies(clips, {}) == ([], [])
    shutil.copy(a / "2.bmp", b / "4.bmp")
    assert copies(clips, {}) == ([], [])  # outside the window
    shutil.copy(a / "2.bmp", b / "3.bmp")
    data = bytearray((a / "1.bmp").read_bytes())
    data[-1] ^= 1
    (c / "1.bmp").write_bytes(data)  # equal in the middle, not at the end
    ((double,), said) = copies(clips, {})
    assert double.clips == ("m/a/1", "m/b/1") and double.people == ("m/a", "m/b") and not said
    assert double.why == f"have 1 byte-equal file, such as {a / '2.bmp'} and {b / '3.bmp'}"
    assert copies(clips, {"m/b": "m/a"}) == ([], [])  # one person's clips may share a frame


def test_one_persons_clip_twice_is_told_and_a_link_is_no_copy(frames, tmp_path):
    a = frames("a")
    shutil.copytree(a, tmp_path / "again")
    shutil.copytree(a, tmp_path / "hard", copy_function=os.link)
    again = clip("a", "2", tmp_path / "again", 0, 4)
    assert pairs(copies([clip("a", "1", a, 0, 4), again], {})[0]) == (set(), {("m/a/1", "m/a/2")})
    assert pairs(copies([clip("a", "1", a, 0, 3), again], {})[0]) == (set(), set())
    shutil.copy(a / "0.bmp", a / "1.bmp")  # a frame that stands still
    shutil.copy(a / "0.bmp", tmp_path / "again" / "1.bmp")
    assert pairs(copies([clip("a", "1", a, 0, 4), again], {})[0])[1] == {("m/a/1", "m/a/2")}
    ((double,), _) = copies([clip("a", "1", a, 0, 4), clip("b", "1", tmp_path / "hard", 0, 4)], {})
    assert double.across and "5 byte-equal files" in double.why


def test_copies_of_a_video_are_one_clip_of_a_person_only_with_one_window(tmp_path):
    for name in ("one.avi", "two.avi"):
        (tmp_path / name).write_bytes(b"RIFF" + bytes(9000))
    one, two = tmp_path / "one.avi", tmp_path / "two.avi"
    assert not copies([clip("a", "1", one, 0, 9), clip("a", "2", two, 10, 19)], {})[0]
    assert not copies([clip("a", "1", one, 0, 9), clip("a", "2", one, 0, 9)], {})[0]  # one file: see overlaps
    assert copies([clip("a", "1", one, 0, 9), clip("a", "2", two, 0, 9)], {})[0]
    assert copies([clip("a", "1", one, 0, 9), clip("b", "1", two, 10, 19)], {})[0]


def test_a_picture_of_one_colour_shows_nobody(frames):
    a, b = frames("a"), frames("b")
    for folder in (a, b):
        write_image(folder / "0.bmp", np.zeros((40, 60, 3), np.uint8))
        (folder / "5.bmp").touch()
    clips = [clip("a", "1", a), clip("b", "1", b)]
    found, said = copies(clips, {})
    assert not found and "m/a/1 and m/b/1 have equal pictures of one colour" in said[0]
    shutil.copy(a / "3.bmp", b / "3.bmp")
    ((double,), said) = copies(clips, {})
    assert "2 byte-equal files" in double.why and not said


def test_only_files_of_equal_size_and_middle_are_read_whole(frames, monkeypatch):
    a, b = frames("a"), frames("b")
    read = []
    monkeypatch.setattr(doubles, "_whole", lambda path: read.append(path) or path.read_bytes())
    shutil.copy(a / "2.bmp", b / "3.bmp")
    copies([clip("a", "1", a), clip("b", "1", b)], {})
    assert sorted(read) == [a / "2.bmp", b / "3.bmp"]
