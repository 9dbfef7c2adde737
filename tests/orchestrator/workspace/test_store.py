"""The store of fold results: whole or not at all, never a pickle, never the same work twice."""

import errno
import pickle
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.tables import QUICK, table


@pytest.fixture
def result():
    one = record("s1", [[0, 1], [1, 1]], [[1], [0]], truth=[1], loss=[0.5, np.nan])
    return replace(one, job_id="0a1b2c3d" * 3)


def test_what_was_saved_comes_back_bit_for_bit(tmp_path, result):
    store = FoldStore(tmp_path)
    assert store.load(result.job_id) is None
    store.save(result)
    assert result.job_id in store
    back = store.load(result.job_id)
    for field in fields(result):
        ours, theirs = getattr(result, field.name), getattr(back, field.name)
        if isinstance(ours, np.ndarray):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype
        else:
            assert ours == theirs


def test_what_a_model_reported_comes_back_and_a_file_of_before_reads_as_nothing(tmp_path, result):
    store, values = FoldStore(tmp_path), np.array([71.5, 80.25], np.float32)
    store.save(replace(result, outputs={"theta_1_degrees": values}))
    (back,) = store.load(result.job_id).outputs.items()
    assert back[0] == "theta_1_degrees" and back[1].dtype == np.float32
    np.testing.assert_array_equal(back[1], values)
    store.save(result)
    with np.load(store.path(result.job_id)) as held:  # the arrays of a program that knew of no outputs
        assert not [name for name in held.files if "outputs" in name]
    assert store.load(result.job_id).outputs == {}


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a zip", b"not a zip at all"])
def test_a_damaged_file_is_set_aside_and_counts_as_missing(tmp_path, result, damage, caplog):
    store = FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    path.write_bytes(damage)
    assert store.load(result.job_id) is None
    assert "set aside" in caplog.text
    assert path.with_suffix(".damaged").read_bytes() == damage
    store.save(result)
    assert store.load(result.job_id) is not None


def test_any_flipped_byte_is_damage_or_harmless_and_never_a_crash(tmp_path, result):
    store = FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    whole, damaged = path.read_bytes(), 0
    for i in range(0, len(whole), 5):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :])
        back = store.load(result.job_id)
        damaged += back is None
        assert back is None or (back.test_probs == result.test_probs).all()
    assert damaged > len(whole) / 5 / 3


def test_the_result_of_another_job_under_this_name_is_damage(tmp_path, result):
    store, other = FoldStore(tmp_path), replace(result, job_id="0a" * 12)
    store.save(other)
    path = store.path(result.job_id)
    store.path(other.job_id).rename(path)
    assert store.load(result.job_id) is None
    assert path.with_suffix(".damaged").is_file()


def test_two_that_find_the_same_damage_do_not_stop_each_other(tmp_path, result, monkeypatch):
    store = FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    # and the other one is faster
    monkeypatch.setattr(Path, "read_bytes", lambda self: path.unlink() or b"damaged")
    assert store.load(result.job_id) is None


def test_a_cut_file_is_never_taken(tmp_path, result):
    store = FoldStore(tmp_path)
    store.save(result)
    path = store.path(result.job_id)
    path.write_bytes(path.read_bytes()[:-200])
    assert store.load(result.job_id) is None


def test_a_full_disk_raises_and_leaves_nothing(tmp_path, result, monkeypatch):
    def full(handle, **arrays):
        handle.write(b"PK")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    store = FoldStore(tmp_path)
    with pytest.raises(
        OSError, match=rf"{store.path(result.job_id)} cannot be written: No space left .*run the same"
    ) as caught:
        store.save(result)
    assert caught.value.errno == errno.ENOSPC
    assert store.load(result.job_id) is None
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_nothing_is_unpickled(tmp_path, result):
    store = FoldStore(tmp_path)
    path = store.path(result.job_id)
    path.parent.mkdir(parents=True)
    np.savez(path, facts=np.array([object()], dtype=object))
    assert store.load(result.job_id) is None


@pytest.mark.parametrize(
    "job_id", ["../../../etc/passwd", "0a/../../0a1b2c3d", "0A1B2C3D", "0a1b2c3d\n", "0a", ""]
)
def test_a_job_id_is_a_hex_digest_and_leads_nowhere_else(tmp_path, job_id):
    with pytest.raises(ValueError, match="no hex digest"):
        FoldStore(tmp_path).load(job_id)


def test_what_is_held_says_what_it_is_a_result_of(tmp_path, result):
    """A file of an older program did not say; one that does not read is passed over, and stays for
    ``load``."""
    store, job = FoldStore(tmp_path), Study("stag", "loso", 2, 1, QUICK).jobs(table(), {})[0]
    store.save(replace(result, job_id=job.job_id), job)
    store.save(replace(result, job_id="0a1b2c3d"))
    store.save(replace(result, job_id="ff1b2c3d"))
    store.path("ff1b2c3d").write_bytes(b"no zip")
    held = {one.facts["job_id"]: one.of for one in store.held()}
    assert set(held) == {job.job_id, "0a1b2c3d"} and held["0a1b2c3d"] == {}
    assert held[job.job_id]["model"] == "stag" and held[job.job_id]["config"] == job.config
    np.testing.assert_array_equal(store.load(job.job_id).test_probs, result.test_probs)


def test_a_worker_finds_the_same_folder_from_wherever_it_works(tmp_path, result, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sent = pickle.dumps(FoldStore(Path("folds")))
    FoldStore("folds").save(result)
    monkeypatch.chdir("/")
    assert pickle.loads(sent).load(result.job_id) is not None
