"""A fold result that is read by who knows its job, and from a folder that other machines write to."""

import errno
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from orchestrator.study.record import FoldRecord
from orchestrator.workspace import packs
from orchestrator.workspace.store import FoldStore
from preprocessing import places
from tests.orchestrator.selection.records_by_hand import as_kept, record
from tests.orchestrator.workspace.test_store import packed, several


@pytest.fixture
def result():
    one = record("s1", [[0, 1], [1, 1]], [[1], [0]], truth=[1], loss=[0.5, np.nan])
    return replace(one, job_id="0a1b2c3d" * 3)


@pytest.mark.parametrize("plain", [True, False])
def test_clip_ids_that_are_at_hand_are_shared_where_they_are_those_of_the_result(tmp_path, result, plain):
    store = FoldStore(tmp_path)
    store.save(result)
    for _ in ("alone", "in a pack"):
        for validation, test in (
            ((*result.validation,), (*result.test,)),
            (result.validation, ("casme2/another/1",)),
            (("a", "b"), ()),
            ((), result.test),
        ):
            like = SimpleNamespace(validation=validation, test=test, plain=plain)
            held = store.load(result.job_id, like)
            assert as_kept(held, result)
            assert (held.validation is validation) == (validation == result.validation)
            assert (held.test is test) == (test == result.test)
        for one in several(result, 2):
            store.save(one)
        store.pack([result.job_id, *(one.job_id for one in several(result, 2))])


def test_the_id_of_a_result_is_one_text_in_memory_with_the_index_of_its_pack(tmp_path, result):
    store = FoldStore(tmp_path)
    records = [FoldRecord.of(one, store) for one in several(result, 2)]
    for one in records:
        store.save(one)
        one.let_go()
    store.pack([one.job_id for one in records])
    (index,) = store._packs.known.values()
    assert all(mine.job_id is kept for mine, kept in zip(records, index.jobs, strict=True))


def test_what_nfs_does_costs_no_result(tmp_path, result, monkeypatch):
    """A deleted file that lies on, a handle that is stale once, a listing that comes late."""
    store, pack = packed(tmp_path, [*several(result), result])
    for folder in (tmp_path, tmp_path / "packs", tmp_path / "ab"):
        folder.mkdir(exist_ok=True)
        (folder / ".nfs000000000001a2b3").write_bytes(pack.read_bytes()[:99])
    assert len(list(store.held())) == 6 and not store.weights_held()
    real, stale = places.read_part, [OSError(errno.ESTALE, "Stale file handle")]

    def once(*given):
        if stale:
            raise stale.pop()
        return real(*given)

    monkeypatch.setattr(places, "read_part", once)
    assert as_kept(FoldStore(tmp_path).load(result.job_id), result) and not stale
    stale += [OSError(errno.ESTALE, "Stale file handle")] * 2
    with pytest.raises(OSError, match="Stale"):  # not reached is not the same as not there
        FoldStore(tmp_path).load(result.job_id)
    waits, listed = [], packs.names
    monkeypatch.setattr(packs, "names", lambda place: listed(place) if len(waits) > 2 else set())
    monkeypatch.setattr(time, "sleep", waits.append)
    job = SimpleNamespace(job_id=result.job_id, validation=(), test=(), plain=True)
    assert as_kept(FoldStore(tmp_path).kept(job), result) and waits == [1, 2, 4]
