"""Fold results and feature sets in a bucket of a real S3 server (moto, a process of its own, on loopback): as
on a disk."""

import os
import pickle
import re
import socket
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from pyarrow import fs

from orchestrator.study.table import load
from orchestrator.workspace.store import FoldStore
from preprocessing import extract, places, sealed
from preprocessing.places import place
from preprocessing.schema import FeatureSetError, read_shards
from tests.fake_corpora import fake_ststnet_flow
from tests.orchestrator.selection.records_by_hand import as_kept, record
from tests.waiting import LIMIT, until

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAOFTHISTEST", "AWS_SECRET_ACCESS_KEY": "secret-of-this-test"}
WRITE = """
import pickle, sys
from pathlib import Path
store, result = pickle.loads(Path(sys.argv[1]).read_bytes())
while not Path(sys.argv[2]).exists():
    store.save(result)
"""
EXTRACT = """
import pickle, sys
from pathlib import Path
from preprocessing import extract
from preprocessing.pipeline import Pipeline
plan = pickle.loads(Path(sys.argv[1]).read_bytes())
extract.make_shard(plan, Pipeline(tuple(plan.specs), plan.settings), 0)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """(host:port of the server, file of its log)."""
    log = tmp_path_factory.mktemp("server") / "log"
    with pytest.MonkeyPatch.context() as environment, log.open("wb") as out:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"], stdout=out, stderr=out
        )
        for name, value in (CREDENTIALS | {"AWS_EC2_METADATA_DISABLED": "true"}).items():
            environment.setenv(name, value)
        try:

            def address():
                assert process.poll() is None, log.read_text()
                return re.search(r"http://(127\.0\.0\.1:\d+)", log.read_text())

            until(address, "the server's address")
            yield address()[1], log
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def bucket(server, tmp_path, caplog, capfd):
    """Address of a new bucket. After the test: no file, object or log holds a credential."""
    endpoint, log = server
    name = f"bucket-{time.monotonic_ns()}"
    system = fs.S3FileSystem(
        endpoint_override=endpoint, scheme="http", region="us-east-1", allow_bucket_creation=True
    )
    system.create_dir(name)
    yield f"s3://{name}/some/prefix?endpoint_override={endpoint}&scheme=http"
    objects = [
        o.path
        for o in system.get_file_info(fs.FileSelector(name, recursive=True))
        if o.type == fs.FileType.File
    ]
    held = [system.open_input_file(path).read() for path in objects] + [
        p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()
    ]
    # caplog.text is by now that of the teardown
    logged = "\n".join(one.getMessage() for one in caplog.get_records("call"))
    said = [log.read_bytes(), logged.encode(), "".join(capfd.readouterr()).encode()]
    for credential in CREDENTIALS.values():
        assert not any(credential.encode() in one for one in held + said)


@pytest.fixture
def result():
    return replace(
        record("s1", [[0, 1], [1, 1]], [[1], [0]], truth=[1], loss=[0.5, np.nan]), job_id="0a1b2c3d" * 3
    )


def test_what_was_saved_comes_back_bit_for_bit_and_in_another_process(bucket, result):
    store = FoldStore(bucket)
    assert store.load(result.job_id) is None
    assert result.job_id not in store
    store.save(result)
    sent = pickle.dumps(store)  # after a connection was made: it is not sent along
    assert len(sent) < 400
    there = pickle.loads(sent)
    assert as_kept(there.load(result.job_id), result)
    assert result.job_id in there
    assert [one.job_id for one in there.held()] == [result.job_id]


def test_a_damaged_object_is_set_aside_and_computed_again(bucket, result, caplog):
    store = FoldStore(bucket)
    store.save(result)
    path = store.path(result.job_id)
    cut = path.read_bytes()[:-200]
    path.write_bytes(cut)
    assert store.load(result.job_id) is None
    assert "set aside as" in caplog.text
    assert not path.is_file()
    assert (path.parent / f"{path.name}.damaged").read_bytes() == cut
    with pytest.raises(FileNotFoundError):  # as for the slower one of two that found the damage
        path.replace(path.parent / f"{path.name}.damaged")
    store.save(result)
    assert as_kept(store.load(result.job_id), result)


def test_two_processes_that_write_the_same_job_leave_one_whole_file(
    server, bucket, result, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server[0]}")  # and the address holds none
    store = FoldStore(bucket.split("?")[0])
    big = replace(result, test_probs=np.random.default_rng(0).random((50, 200, 8), np.float32))
    (tmp_path / "job").write_bytes(pickle.dumps((store, big)))
    command = [sys.executable, "-c", WRITE, str(tmp_path / "job"), str(tmp_path / "stop")]
    writers = [subprocess.Popen(command) for _ in range(2)]
    reads = 0
    while reads < 10 and all(writer.poll() is None for writer in writers):
        held = store.load(big.job_id)
        reads += held is not None
        assert held is None or as_kept(held, big)
    (tmp_path / "stop").touch()
    assert [writer.wait() for writer in writers] == [0, 0]
    assert reads == 10
    assert as_kept(store.load(big.job_id), big)
    system, key = fs.FileSystem.from_uri(str(store.root))
    files = [
        o for o in system.get_file_info(fs.FileSelector(key, recursive=True)) if o.type == fs.FileType.File
    ]
    assert [o.base_name for o in files] == [f"{big.job_id}.fold"]


def test_a_pack_in_a_bucket_gives_what_its_objects_gave(bucket, result, caplog):
    store, results = FoldStore(bucket), [replace(result, job_id=f"{i:02x}" * 12) for i in range(20)]
    for one in results:
        store.save(one)
    elsewhere = FoldStore(bucket)  # which has looked before there was a pack
    assert elsewhere.load("ff" * 12) is None
    store.pack([one.job_id for one in results])
    system, key = fs.FileSystem.from_uri(str(store.root))
    (left,) = (
        o for o in system.get_file_info(fs.FileSelector(key, recursive=True)) if o.type == fs.FileType.File
    )
    assert left.extension == "pack"
    for held in (store, elsewhere, FoldStore(bucket)):
        assert all(as_kept(held.load(one.job_id), one) for one in results)
    pack = store.root / "packs" / left.base_name
    pack.write_bytes(pack.read_bytes()[:-1])
    found = [FoldStore(bucket).load(one.job_id) is not None for one in results]
    assert found == [True] * 19 + [False] and "19 fold results in it are whole" in caplog.text
    assert FoldStore(bucket).delete([one.job_id for one in results]) == 19
    assert not list(FoldStore(bucket).held())


def test_features_in_a_bucket_are_those_on_disk_and_a_second_extraction_makes_nothing(bucket, tmp_path):
    root = fake_ststnet_flow(tmp_path / "corpus")
    names = ["roi_flow14", "onset_apex_flow"]
    local = extract.prepare("ststnet_flow", root, names, tmp_path / "workspace")
    assert local.folders[names[0]].is_relative_to(tmp_path / "workspace" / "features")
    plan = extract.plan("ststnet_flow", root, names, place(bucket) / "features")
    (tmp_path / "plan").write_bytes(pickle.dumps(plan))
    # a worker elsewhere
    subprocess.run([sys.executable, "-c", EXTRACT, str(tmp_path / "plan")], check=True, timeout=LIMIT)
    assert plan.missing() == list(range(1, len(plan.shards)))
    done = extract.prepare("ststnet_flow", root, names, tmp_path / "workspace", store=bucket)
    assert done.extracted == local.clips - len(plan.shards[0])
    for name in names:
        assert str(done.folders[name]).startswith(bucket.split("?")[0] + "/features/")
        assert read_shards(done.folders[name])[1].equals(read_shards(local.folders[name])[1])
        ours, theirs = (
            load(where, "3", "auto", uses_aus=False)
            for where in (str(done.folders[name]), local.folders[name])
        )
        assert ours.content == theirs.content
        np.testing.assert_array_equal(ours.x, theirs.x)
        assert (ours.clip_ids, ours.y.tolist()) == (theirs.clip_ids, theirs.y.tolist())
    system, key = fs.FileSystem.from_uri(bucket)

    def times():  # what the files hold is remembered once they are seconds old
        held = system.get_file_info(fs.FileSelector(key, recursive=True))
        return {one.path: one.mtime for one in held if "/features/contents" not in one.path}

    before = times()
    again = extract.prepare("ststnet_flow", root, names, tmp_path / "workspace", store=bucket)
    assert again.extracted == 0
    assert times() == before
    plan.shard(names[0], 1).with_suffix(".json").write_bytes(b"{")
    assert plan.missing() == [1]


DAMAGE = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "one byte flipped": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "garbage": lambda data: bytes(range(256)) * 4,
    "gone": None,
}


@pytest.mark.parametrize("listed", [True, False])  # a listing may come late, or never
@pytest.mark.long
def test_every_object_of_a_feature_set_in_every_state_is_refused_and_made_again(
    bucket, tmp_path, listed, monkeypatch, caplog
):
    root = fake_ststnet_flow(tmp_path / "corpus")
    rows = (root / "labels.csv").read_text().splitlines()[:3]
    (root / "labels.csv").write_text("\n".join(rows))  # two people
    plan = extract.plan("ststnet_flow", root, ["roi_flow14"], place(bucket) / "features")
    (folder,) = plan.folders.values()
    extract.run(plan)
    table, shard = read_shards(folder)[1], plan.shard("roi_flow14", 1)
    if not listed:
        own = (shard.name, shard.with_suffix(".json").name, "index.json", "quarantine.csv")
        real = places.names
        monkeypatch.setattr(places, "names", lambda where: real(where) - set(own))
        monkeypatch.setattr(sealed, "names", lambda where: real(where) - set(own))
    for path in (shard, shard.with_suffix(".json"), folder / "index.json", folder / "quarantine.csv"):
        for state, damaged in DAMAGE.items() if listed else [*DAMAGE.items()][-2:]:
            caplog.clear()
            whole = path.read_bytes()
            if damaged:
                path.write_bytes(damaged(whole))
            else:
                path.unlink()
            if path.name != "quarantine.csv":  # which no training reads
                with pytest.raises(FeatureSetError, match=r"run the (same command|extraction) again"):
                    read_shards(folder)
            extract.run(plan)
            assert path.is_file() and read_shards(folder)[1].equals(table), (path.name, state)
            if listed:
                assert ("set aside as" in caplog.text) == bool(damaged), (path.name, state)
    assert not plan.missing()


def test_a_server_that_does_not_answer_and_a_bucket_that_is_not_there_are_told(server, bucket, result):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"s3://bucket/x?endpoint_override=127.0.0.1:{closed.getsockname()[1]}&scheme=http"
        with pytest.raises(
            OSError, match=r"s3://bucket/x/0a/.* cannot be read: .*check bucket, endpoint, network"
        ):
            FoldStore(address).load(result.job_id)  # not finished and not reached are two things
    missing = FoldStore(f"s3://no-such-bucket/x?endpoint_override={server[0]}&scheme=http")
    with pytest.raises(
        OSError, match=r"s3://no-such-bucket/x/0a/.* cannot be written: .*run the same command again"
    ):
        missing.save(result)
