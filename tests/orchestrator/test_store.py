"""The store of fold results: whole or not at all, never a pickle, never the same work twice."""

import errno
from dataclasses import fields

import numpy as np
import pytest

from orchestrator.store import FoldStore
from tests.orchestrator.records_by_hand import record


@pytest.fixture
def result():
    return record("s1", [[0, 1], [1, 1]], [[1], [0]], truth=[1], loss=[0.5, np.nan])


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
    with pytest.raises(OSError, match="No space left"):
        store.save(result)
    assert store.load(result.job_id) is None
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_nothing_is_unpickled(tmp_path, result):
    store = FoldStore(tmp_path)
    path = store.path(result.job_id)
    path.parent.mkdir(parents=True)
    np.savez(path, facts=np.array([object()], dtype=object))
    assert store.load(result.job_id) is None
