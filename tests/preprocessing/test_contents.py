"""A copied corpus is the same corpus, one with a replaced frame is not, and bytes are read once."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from preprocessing import contents, extract, sealed
from preprocessing.contents import Contents
from preprocessing.decode import Unreadable
from preprocessing.files import files_of
from tests.fake_corpora import fake_manifest, fake_ststnet_flow


def wait() -> None:
    """As if nothing had changed for a while."""
    later = time.time_ns() + sealed.SETTLED + 10**9
    contents.time.time_ns = lambda: later


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(contents, "time", type("Clock", (), {"time_ns": staticmethod(time.time_ns)}))


def names(root: Path, out: Path) -> tuple[str, ...]:
    return extract.plan("manifest", root, ["roi_flow14"], out).names


def test_a_copy_is_the_corpus_and_a_replaced_frame_of_equal_size_is_not(tmp_path):
    root = fake_manifest(tmp_path / "one", people=2)
    before = names(root, tmp_path / "out")
    copied = Path(shutil.copytree(root, tmp_path / "disk" / "two", copy_function=shutil.copyfile))
    assert names(copied, tmp_path / "out") == before
    frame = next(copied.glob("frames/01/*/0011.png"))
    held, data = frame.stat(), bytearray(frame.read_bytes())
    data[-20] ^= 1
    frame.write_bytes(bytes(data))
    os.utime(frame, ns=(held.st_atime_ns, held.st_mtime_ns))
    after = names(copied, tmp_path / "out")
    assert len(after) == len(before) == 2 and [a == b for a, b in zip(after, before, strict=True)] == [
        False,
        True,
    ]


def test_extraction_of_a_copy_does_nothing_and_texts_name_files_without_its_folder(tmp_path):
    pictures = fake_ststnet_flow(tmp_path / "one")
    broken = next((pictures / "flow").iterdir())
    broken.write_bytes(b"no picture")
    copied = Path(shutil.copytree(pictures, tmp_path / "two", copy_function=shutil.copyfile))
    done = [
        extract.prepare("ststnet_flow", root, ["onset_apex_flow"], tmp_path / "w", max_failed=1)
        for root in (pictures, copied)
    ]
    assert [one.extracted for one in done] == [6, 0] and done[0].folders == done[1].folders
    listed = (done[0].folders["onset_apex_flow"] / "quarantine.csv").read_text()
    assert f"flow/{broken.name}" in listed and str(tmp_path) not in listed


def test_bytes_are_read_once_and_again_when_a_file_changed(tmp_path, monkeypatch):
    root = fake_manifest(tmp_path / "one", people=1)
    wait()
    before = names(root, tmp_path / "out")
    read, sha256 = [], sealed.sha256
    monkeypatch.setattr(
        sealed, "sha256", lambda one: (isinstance(one, Path) and read.append(one.name), sha256(one))[1]
    )
    assert names(root, tmp_path / "out") == before and not read
    frame = next(root.glob("frames/01/*/0011.png"))
    os.utime(frame)
    wait()
    assert names(root, tmp_path / "out") == before and len(read) == 4  # its clip's frames


def test_what_changed_a_moment_ago_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed, "SETTLED", 10**15)  # ago is a moment, however slow this machine is
    root = fake_manifest(tmp_path / "one", people=1)
    names(root, tmp_path / "out")
    assert not (tmp_path / "out" / "contents").exists()


def test_a_damaged_memory_is_set_aside(tmp_path):
    root = fake_manifest(tmp_path / "one", people=1)
    wait()
    before = names(root, tmp_path / "out")
    kept = next((tmp_path / "out" / "contents").iterdir())
    kept.write_text("{")
    assert names(root, tmp_path / "out") == before
    assert len(list(kept.parent.glob("*.damaged*"))) == 1 and kept.read_text() != "{"


def test_what_cannot_be_read_is_no_content(tmp_path, monkeypatch):
    root = fake_manifest(tmp_path / "one", people=1)

    def broken_disk(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sealed, "sha256", broken_disk)
    with pytest.raises(Unreadable, match=r"001\d\.png cannot be read by this user on this machine"):
        Contents().of(files_of(next(root.glob("frames/01/*"))))
