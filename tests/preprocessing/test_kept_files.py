"""Every file that an extraction keeps, in every state: it is made again, and named; or one error says what is
wrong. Never is it used."""

import errno
import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from preprocessing import extract, sealed
from preprocessing.errors import BadInput
from preprocessing.schema import FeatureSetError, read_shards
from tests.fake_corpora import fake_ststnet_flow

NAME = "roi_flow14"
STATES = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "one byte flipped at the start": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "one byte flipped in the middle": lambda data: (
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
    ),
    "one byte flipped at the end": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "one byte more": lambda data: data + b"\n",
    "garbage": lambda data: bytes(range(256)) * 40,
    "not UTF-8": lambda data: b"\xff\xfe{}",
    "deep": lambda data: b"[" * 100_000,
    "null": lambda data: b"null",
    "list": lambda data: b"[]",
    "object": lambda data: b"{}",
    "folder": None,
    "pipe": None,
    "gone": None,
}
FILES = ("shard", "marker", "index", "quarantine")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    (broken := fake_ststnet_flow(root / "corpus"))  # one picture is cut, so that the quarantine has a line
    picture = sorted(broken.rglob("*.png"))[0]
    picture.write_bytes(picture.read_bytes()[:60])
    extract.run(extract.plan("ststnet_flow", broken, [NAME], root / "out"))
    return root


@pytest.fixture
def made(whole, tmp_path):
    """(plan, table) of a copy of a finished feature set."""
    shutil.copytree(whole / "out", tmp_path / "out")
    plan = extract.plan("ststnet_flow", whole / "corpus", [NAME], tmp_path / "out")
    assert not plan.missing()
    return plan, read_shards(plan.folders[NAME])[1]


def path_of(plan, file):
    shard = plan.shard(NAME, 2)
    folder = plan.folders[NAME]
    return {
        "shard": shard,
        "marker": shard.with_suffix(".json"),
        "index": folder / "index.json",
        "quarantine": folder / "quarantine.csv",
    }[file]


def put(path, state):
    data = path.read_bytes()
    path.unlink()
    if STATES[state]:
        path.write_bytes(STATES[state](data))
    elif state == "folder":
        path.mkdir()
        (path / "x").touch()
    elif state == "pipe":
        os.mkfifo(path)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("file", FILES)
def test_extraction_makes_it_again_and_names_it(made, file, state, caplog):
    plan, table = made
    path = path_of(plan, file)
    put(path, state)
    lost = state == "gone" and file in ("shard", "marker")
    assert plan.gone() == ([2] if lost else [])
    if lost:
        clips = len(plan.shards[2])
        assert f"of {clips} clips they are made again" in extract.gone(plan)
    said = f"features of ststnet_flow lack {path.name} ({NAME}): written again from the shards"
    assert (said in extract.gone(plan)) == (state == "gone" and file in ("index", "quarantine"))
    done = extract.run(plan)
    assert done.extracted == (len(plan.shards[2]) if file in ("shard", "marker") else 0)
    assert read_shards(plan.folders[NAME])[1].equals(table)
    assert extract.run(plan).extracted == 0 and extract.gone(plan) == ""
    if state != "gone":
        assert f"{path.name} " in caplog.text.replace(":", " ") and "set aside as" in caplog.text
        assert list(path.parent.glob("*.damaged"))


def test_either_list_tells_that_a_shard_was_there(made):
    plan, _ = made
    for file in ("shard", "index"):
        path_of(plan, file).unlink()
    assert plan.gone() == [2] and "1 of" in (said := extract.gone(plan)) and "lack index.json" in said
    path_of(plan, "quarantine").unlink()
    assert extract.gone(plan) == ""  # as of people that are chosen for the first time


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("file", FILES[:3])
def test_a_reader_refuses_it_by_name_and_the_extraction_mends_it(made, file, state):
    plan, table = made
    path = path_of(plan, file)
    put(path, state)
    with pytest.raises(FeatureSetError, match=r"run the (same command|extraction) again") as caught:
        read_shards(plan.folders[NAME])
    assert path.stem in str(caught.value)
    extract.run(plan)
    assert read_shards(plan.folders[NAME])[1].equals(table)


def test_every_single_flipped_bit_of_a_shard_and_its_marker_is_seen(made):
    plan, _ = made
    shard = path_of(plan, "shard")
    for path in (shard, shard.with_suffix(".json")):
        data = path.read_bytes()
        for at in range(0, len(data), max(1, len(data) // 150)):
            path.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :])
            with pytest.raises((FeatureSetError, BadInput)):
                read_shards(plan.folders[NAME])
            for aside in path.parent.glob("*.damaged"):
                target = shard if "parquet" in aside.name else shard.with_suffix(".json")
                aside.replace(target)
            path.write_bytes(data)
    assert not plan.missing()


def test_a_shard_is_read_through_once_unless_it_changes_or_has_just_changed(made, monkeypatch):
    plan, table = made
    read, real = [], sealed.sha256
    monkeypatch.setattr(sealed, "sha256", lambda what: read.append(what) or real(what))

    def times():
        read.clear()
        assert not plan.missing() and read_shards(plan.folders[NAME])[1].equals(table)
        return sum(isinstance(one, Path) and one.samefile(path_of(plan, "shard")) for one in read)

    monkeypatch.setattr(sealed, "_checked", {})
    monkeypatch.setattr(sealed, "SETTLED", 10**15)  # the copy has just been made
    assert times() == 2
    monkeypatch.setattr(sealed, "SETTLED", -(10**15))
    assert [times(), times()] == [1, 0]
    shard = path_of(plan, "shard")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(FeatureSetError, match="do not agree"):
        read_shards(plan.folders[NAME])


def test_a_stale_handle_of_nfs_is_read_again_once(made, monkeypatch):
    plan, table = made
    reads = ((Path, "read_bytes"), (sealed, "sha256"), (pq, "read_table"))
    for where, name in reads:
        real, stale = getattr(where, name), [OSError(errno.ESTALE, "Stale file handle")]

        def once(*given, _real=real, _stale=stale, **named):
            if _stale and not isinstance(given[0], bytes):
                raise _stale.pop()
            return _real(*given, **named)

        with monkeypatch.context() as patch:
            patch.setattr(sealed, "_checked", {})
            patch.setattr(where, name, once)
            assert read_shards(plan.folders[NAME])[1].equals(table) and not stale, name
            sealed._checked.clear()
            stale += [OSError(errno.ESTALE, "Stale file handle")] * 2
            with pytest.raises(OSError, match="Stale"):  # not reached is not the same as damaged
                read_shards(plan.folders[NAME])
    assert not plan.missing()


def test_what_an_older_program_kept_without_a_checksum_is_refused_as_such(made):
    plan, _ = made
    index = path_of(plan, "index")
    held = json.loads(index.read_text())
    del held["seal"]
    index.write_text(json.dumps(held))
    with pytest.raises(FeatureSetError, match="carries no checksum: an older program wrote it"):
        read_shards(plan.folders[NAME])


def test_a_sealed_text_holds_what_was_written_and_no_other_spelling_of_it(tmp_path):
    path = tmp_path / "a.json"
    sealed.write(path, {"b": 1, "a": "é"})
    assert sealed.read(path) == {"a": "é", "b": 1}
    path.write_text(path.read_text().replace(": ", ":"))
    with pytest.raises(sealed.Damaged, match=r"a\.json is damaged \(it does not agree"):
        sealed.read(path)


def test_set_aside_never_overwrites_what_was_set_aside_before(tmp_path):
    for text in ("first", "second"):
        (tmp_path / "x.json").write_text(text)
        sealed.set_aside(tmp_path / "x.json", "x")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "x.json.damaged": "first",
        "x.json.2.damaged": "second",
    }
