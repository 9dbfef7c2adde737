"""The store of fold results: whole or not at all, never a pickle, never the same work twice."""

import errno
import io
import json
import logging
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.selection.records_by_hand import as_kept, record
from tests.orchestrator.tables import QUICK, table
from tests.waiting import until

FACTS = ("job_id", "fold", "seed", "member", "validation", "test", "seconds", "notes")
ARRAYS = ("validation_truth", "epochs", "train_loss", "validation_loss", "validation_probs", "test_probs")


@pytest.fixture
def result():
    one = record("s1", [[0, 1], [1, 1]], [[1], [0]], truth=[1], loss=[0.5, np.nan])
    return replace(one, job_id="0a1b2c3d" * 3)


def several(result, n=5):
    return [replace(result, job_id=f"{i:02x}" * 12, fold=f"s{i}", seconds=float(i)) for i in range(n)]


def packed(folder, results):
    """(store of its own, the one pack in it)."""
    store = FoldStore(folder)
    for one in results:
        store.save(one)
    store.pack([one.job_id for one in results])
    (pack,) = (folder / "packs").iterdir()
    assert not list(folder.glob("*/*.fold"))
    return FoldStore(folder), pack


def as_npz(result):
    """The bytes that an older program wrote."""
    facts = {name: getattr(result, name) for name in FACTS}
    file = io.BytesIO()
    arrays = {name: getattr(result, name) for name in ARRAYS}
    np.savez_compressed(file, facts=np.array(json.dumps(facts)), **arrays)
    return file.getvalue()


def test_what_was_saved_comes_back_bit_for_bit(tmp_path, result):
    store = FoldStore(tmp_path)
    assert store.load(result.job_id) is None and result.job_id not in store
    reported = replace(result, outputs={"theta_1_degrees": np.array([71.5, 80.25], np.float32)})
    for one in (result, reported):
        store.save(one)
        assert result.job_id in store
        assert as_kept(store.load(result.job_id), one)


def test_counts_are_those_of_the_probabilities(result):
    """By hand: epoch 1 calls the one clip, of class 1, 1, and epoch 2 calls it 0."""
    assert result.validation_counts.tolist() == [[[0, 0], [0, 1]], [[0, 0], [1, 0]]]


def test_a_pack_gives_what_its_files_gave_here_and_in_another_process(tmp_path, result):
    results = several(result)
    before = FoldStore(tmp_path)  # which has looked before there was a pack
    assert before.load(results[0].job_id) is None
    store, pack = packed(tmp_path, results)
    for held in (store, before, pickle.loads(pickle.dumps(store))):
        assert all(as_kept(held.load(one.job_id), one) for one in results)
    assert {one.job_id for one in store.held()} == {one.job_id for one in results}
    store.save(replace(result, job_id="ff" * 12))
    store.pack([one.job_id for one in results])  # again: nothing is left to do
    assert list(pack.parent.iterdir()) == [pack] and "ff" * 12 in store


def test_what_is_held_says_what_it_is_a_result_of_alone_and_in_a_pack(tmp_path, result):
    """A file of an older program did not say; one that does not read is passed over, and stays for
    ``load``."""
    store, jobs = FoldStore(tmp_path), Study("stag", "loso", 2, 1, QUICK).jobs(table(), {})
    for job in jobs:
        store.save(replace(result, job_id=job.job_id, fold=job.fold), job)
    store.save(replace(result, job_id="ff1b2c3d"))
    store.path("ff1b2c3d").write_bytes(b"no result")
    old = store.path("0a1b2c3d").with_suffix(".npz")
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(as_npz(replace(result, job_id="0a1b2c3d")))
    for _ in ("alone", "in a pack"):
        held = {one.job_id: one.of for one in FoldStore(tmp_path).held()}
        assert set(held) == {"0a1b2c3d", *(job.job_id for job in jobs)} and held["0a1b2c3d"] == {}
        for job in jobs:
            of = held[job.job_id]
            assert (of["model"], of["fold"], of["config"]) == ("stag", job.fold, job.config)
        store.pack([job.job_id for job in jobs])
    assert not list(tmp_path.glob("*/*.fold"))[1:], "all but the damaged one are in the pack"


def test_a_file_of_an_older_program_reads_as_what_is_kept_of_it_today(tmp_path, result):
    store = FoldStore(tmp_path)
    path = store.path(result.job_id).with_suffix(".npz")
    path.parent.mkdir()
    path.write_bytes(as_npz(result))
    assert as_kept(store.load(result.job_id), result)
    store.pack([result.job_id])
    assert path.is_file(), "it stays as it is"


PIPE = b"a pipe, which would be waited for"


def damages(whole):
    """State of a file -> its bytes; None: a folder in its place, PIPE: a pipe."""
    middle = len(whole) // 2
    return {
        "empty": b"",
        "its beginning": whole[:20],
        "half": whole[:middle],
        "but for a byte": whole[:-1],
        "a byte more": whole + b"\0",
        "a flipped bit": whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :],
        "zeros": bytes(len(whole)),
        "garbage": random.Random(0).randbytes(len(whole)),
        "not UTF-8": b"\xff\xfe\x80" * 50,
        "null": b"null",
        "a list": b"[]",
        "an object": b"{}",
        "a zip": b"PK\x03\x04 half a zip",
        "a folder": None,
        "a pipe": PIPE,
    }


def put(path, data):
    if data is None:
        path.unlink()
        path.mkdir()
        (path / "something").touch()
    elif data == PIPE:
        path.unlink()
        os.mkfifo(path)
    else:
        path.write_bytes(data)


@pytest.mark.parametrize("state", damages(b"x" * 100))
@pytest.mark.parametrize("kind", [".fold", ".npz"])
def test_a_damaged_file_is_named_set_aside_and_counts_as_missing(tmp_path, result, state, kind, caplog):
    store = FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    if kind == ".npz":
        path = path.rename(path.with_suffix(kind))
        path.write_bytes(as_npz(result))
    data = damages(path.read_bytes())[state]
    if kind == ".npz" and state in ("a byte more", "a flipped bit"):
        pytest.skip("zip allows bytes behind it; flips of it are tested below")
    put(path, data)
    assert result.job_id not in store and store.load(result.job_id) is None
    assert str(path) in caplog.text and "set aside as" in caplog.text
    aside = path.with_name(f"{path.name}.damaged")
    assert not path.exists() and aside.exists() and (data in (None, PIPE) or aside.read_bytes() == data)
    store.save(result)
    assert as_kept(store.load(result.job_id), result)


@pytest.mark.parametrize("state", damages(b"x" * 100))
def test_a_damaged_pack_is_named_and_set_aside_and_what_is_whole_in_it_is_kept(
    tmp_path, result, state, caplog
):
    results = several(result, 40)
    store, pack = packed(tmp_path, results)
    store.load(results[0].job_id)  # it knows the pack as it was
    data = damages(pack.read_bytes())[state]
    put(pack, data)
    for held in (FoldStore(tmp_path), store):
        found = [(one, held.load(one.job_id)) for one in results]
        assert all(back is None or as_kept(back, one) for one, back in found)
    kept = sum(back is not None for _, back in found)
    expected = {"half": range(15, 25), "but for a byte": [39], "a byte more": [40], "a flipped bit": [39]}
    assert kept in expected.get(state, [0]), kept
    assert str(pack) in caplog.text and f"{kept} fold results in it are whole" in caplog.text
    assert not pack.exists() and len(list(pack.parent.glob("*.damaged"))) == 1
    caplog.clear()
    again = FoldStore(tmp_path)
    for one in results:
        again.save(one)
    assert all(as_kept(again.load(one.job_id), one) for one in results) and not caplog.text


@pytest.mark.parametrize("seed", range(3))
def test_any_flipped_bit_of_a_file_is_damage(tmp_path, result, seed):
    """Of an old file some flips hit what nobody reads; of ours every one is found."""
    rng, store = random.Random(seed), FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    whole = path.read_bytes()
    logging.disable()
    try:
        for at in [*range(60), *(rng.randrange(len(whole)) for _ in range(100))]:
            flipped = bytearray(whole)
            flipped[at] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
            assert store.load(result.job_id) is None
            for aside in path.parent.glob("*.damaged*"):
                aside.unlink()
        old, path = as_npz(result), path.with_suffix(".npz")
        for at in range(seed, len(old), 3):
            flipped = bytearray(old)
            flipped[at] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
            back = store.load(result.job_id)
            assert back is None or as_kept(back, result)
            for aside in path.parent.glob("*.damaged*"):
                aside.unlink()
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_bit_of_a_pack_costs_one_result_at_most(tmp_path, result, seed):
    rng, results = random.Random(seed), several(result, 8)
    _, pack = packed(tmp_path, results)
    whole = pack.read_bytes()
    logging.disable()
    try:
        for at in [*range(0, 48, 4), *(rng.randrange(len(whole)) for _ in range(30))]:
            for left in pack.parent.iterdir():
                left.unlink()
            flipped = bytearray(whole)
            flipped[at] ^= 1 << rng.randrange(8)
            pack.write_bytes(flipped)
            found = [(one, FoldStore(tmp_path).load(one.job_id)) for one in results]
            assert all(back is None or as_kept(back, one) for one, back in found)
            assert sum(back is None for _, back in found) <= 1
    finally:
        logging.disable(logging.NOTSET)


def test_what_has_been_deleted_is_not_there(tmp_path, result):
    results = several(result)
    store, pack = packed(tmp_path, results)
    assert results[0].job_id in store
    pack.unlink()  # by another process
    assert store.load(results[0].job_id) is None and results[1].job_id not in store
    assert list(store.held()) == []
    store.save(results[0])
    store.path(results[0].job_id).unlink()
    assert results[0].job_id not in store


def test_delete_leaves_the_others_of_a_pack(tmp_path, result):
    results = several(result)
    store, pack = packed(tmp_path, results)
    store.save(results[1])  # once more, alone: as if its writer had been killed before it was deleted
    alone = replace(result, job_id="ff" * 12)
    store.save(alone)
    gone = [results[0].job_id, results[1].job_id, alone.job_id, "ee" * 12]
    assert FoldStore(tmp_path).delete(gone) == 3
    for held in (store, FoldStore(tmp_path)):
        assert [one.job_id for one in results if one.job_id in held] == [one.job_id for one in results[2:]]
        assert alone.job_id not in held
    assert not pack.exists()
    assert store.delete([one.job_id for one in results]) == 3 and not list(store.held())


def test_the_result_of_another_job_under_this_name_is_damage(tmp_path, result):
    store, other = FoldStore(tmp_path), replace(result, job_id="0a" * 12)
    store.save(other)
    path = store.path(result.job_id)
    store.path(other.job_id).rename(path)
    assert store.load(result.job_id) is None
    assert path.with_name(f"{path.name}.damaged").is_file()


def test_two_that_find_the_same_damage_do_not_stop_each_other(tmp_path, result, monkeypatch):
    store = FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    # and the other one is faster
    monkeypatch.setattr(Path, "read_bytes", lambda self: path.unlink(missing_ok=True) or b"damaged")
    assert store.load(result.job_id) is None


def test_a_full_disk_raises_and_leaves_nothing_and_packing_waits(tmp_path, result, monkeypatch, caplog):
    def full(self, data):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    store, results = FoldStore(tmp_path), several(result)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(
            OSError, match=rf"{store.path(result.job_id)} cannot be written: No space left .*run the same"
        ) as caught:
            store.save(result)
    assert caught.value.errno == errno.ENOSPC
    assert store.load(result.job_id) is None
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
    for one in results:
        store.save(one)
    (tmp_path / "packs").write_text("in the way")
    store.pack([one.job_id for one in results])
    assert "stay in files of their own" in caplog.text
    assert all(as_kept(store.load(one.job_id), one) for one in results)


def test_nothing_is_unpickled(tmp_path, result):
    store = FoldStore(tmp_path)
    path = store.path(result.job_id).with_suffix(".npz")
    path.parent.mkdir(parents=True)
    np.savez(path, facts=np.array([object()], dtype=object))
    assert store.load(result.job_id) is None


@pytest.mark.parametrize(
    "job_id", ["../../../etc/passwd", "0a/../../0a1b2c3d", "0A1B2C3D", "0a1b2c3d\n", "0a", ""]
)
def test_a_job_id_is_a_hex_digest_and_leads_nowhere_else(tmp_path, job_id):
    with pytest.raises(ValueError, match="no hex digest"):
        FoldStore(tmp_path).load(job_id)


def test_a_worker_finds_the_same_folder_from_wherever_it_works(tmp_path, result, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sent = pickle.dumps(FoldStore(Path("folds")))
    FoldStore("folds").save(result)
    monkeypatch.chdir("/")
    assert pickle.loads(sent).load(result.job_id) is not None


WRITER = """
import sys
from dataclasses import replace
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.selection.records_by_hand import record
store, first, names = FoldStore(sys.argv[1]), int(sys.argv[2]), []
for i in range(first, first + 100000):
    names.append(f"{i:024x}")
    store.save(replace(record("s1", [[0, 1]], [[1]], truth=[1]), job_id=names[-1], seconds=float(i)))
    print(names[-1], flush=True)
    if len(names) % 7 == 0:
        store.pack(names[-7:])
"""


def test_of_writers_that_are_killed_at_any_moment_every_finished_fold_survives(tmp_path):
    """Two at once, each killed as it writes and packs; five times."""
    said, environment = tmp_path / "said", {**os.environ, "PYTHONPATH": os.getcwd()}
    rng = random.Random(0)
    for round_ in range(5):
        with said.open("a") as out:
            command = [sys.executable, "-c", WRITER, str(tmp_path / "folds")]
            writers = [
                subprocess.Popen([*command, str((2 * round_ + n) * 10**6)], stdout=out, env=environment)
                for n in (0, 1)
            ]
            until(lambda: len(said.read_text().splitlines()) > 40 * (round_ + 1), "some results")  # noqa: B023
            for writer in writers:
                time.sleep(rng.random() / 10)
                writer.send_signal(signal.SIGKILL)
            for writer in writers:
                writer.wait()
    finished = [line for line in said.read_text().splitlines() if len(line) == 24]
    store = FoldStore(tmp_path / "folds")
    assert len(finished) > 200 and len(list((tmp_path / "folds" / "packs").iterdir())) > 20
    assert [store.load(job).seconds for job in finished] == [float(int(job, 16)) for job in finished]
    assert not list(tmp_path.rglob("*.damaged"))


def test_weights_lie_beside_their_result_and_what_is_damaged_is_named_and_not_used(tmp_path, caplog):
    store, job = FoldStore(tmp_path), "ab" * 12
    assert store.weights(job) is None and store.weights_held() == {}
    store.save_weights(job, b"arrays")
    path = tmp_path / "ab" / f"{job}.weights"
    assert store.weights(job) == b"arrays" and store.weights_held() == {job: path.stat().st_size}
    whole = path.read_bytes()
    other = "ab" + "cd" * 11
    for torn in (whole[:-1], whole[:10], b"", whole[:-1] + b"x"):
        path.write_bytes(torn)
        caplog.clear()
        assert store.weights(job) is None and "is damaged" in caplog.text
        assert not path.exists()
    (tmp_path / "ab" / f"{other}.weights").write_bytes(whole)  # another fold's
    assert store.weights(other) is None
    store.save_weights(job, b"arrays")
    store.delete([job])
    assert store.weights(job) is None
    assert list(store.held()) == []
