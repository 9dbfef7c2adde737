"""Waiting for room is said, and one Ctrl-C ends it."""

import socket
import threading
import time

import pytest
import ray

from orchestrator.common.errors import ConfigError
from orchestrator.runners import marks, room
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.pending import Pending
from orchestrator.runners.sizing import Need
from preprocessing import joined_ray
from preprocessing.errors import BadInput


def nodes(*resources):
    return [{"Alive": True, "Resources": one} for one in resources]


def test_what_is_waited_for_and_what_is_there_is_one_sentence():
    need = room.asked(Need(gpus=0.25))
    assert need == {"CPU": 1, "GPU": 0.25}
    assert room.lacks(need, nodes({"CPU": 4, "GPU": 1}), {"CPU": 1, "GPU": 0.5}) == ""
    text = room.lacks(need, nodes({"CPU": 4}, {"GPU": 1}), {"CPU": 4, "GPU": 1})
    assert "1 CPU and 0.25 GPU" in text and "2 nodes with 4 CPU (4 free), 1 GPU (1 free)" in text
    assert "no node has so much" in text  # together they have, none alone
    busy = room.lacks(need, nodes({"CPU": 4, "GPU": 1}), {"CPU": 4})
    assert "a fold whose process is starting holds it" in busy and "(0 free)" in busy
    big = room.asked(Need(memory=3 * 2**30))
    assert "3.0 GiB of memory" in room.lacks(big, nodes({"CPU": 1, "memory": 2**30}), {"CPU": 1})


def test_a_gpu_that_can_never_be_had_is_refused_before_ray_starts(monkeypatch):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(ConfigError, match="has none"):
        room.refused(Need(gpus=0.25))
    room.refused(Need())
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    room.refused(Need(gpus=0.25))


@pytest.mark.parametrize(
    "address", ["http://[::1", "ray://head:10001", "head", "head:99999", "a b:1", "host:6379\0", ""]
)
def test_what_is_no_address_of_a_cluster_is_refused(address):
    with pytest.raises(BadInput, match="no address"):
        joined_ray.parts(address)


def test_addresses_are_taken_apart():
    assert joined_ray.parts("10.0.0.1:6379") == ("10.0.0.1", 6379)
    assert joined_ray.parts("[::1]:6379") == ("::1", 6379)


def test_an_address_at_which_nobody_answers_is_told_in_seconds():
    begin = time.monotonic()
    with pytest.raises(ConnectionError, match=r"no Ray answers at 127\.0\.0\.1:9"):
        joined_ray.join("127.0.0.1:9")
    assert time.monotonic() - begin < 60  # Ray itself tries for 834 s; 2 s on a quiet machine


def test_a_cluster_that_wants_a_token_says_what_to_set(monkeypatch):
    def closed(**_):
        raise ConnectionError("Failed to connect")

    monkeypatch.setattr(ray, "init", closed)
    monkeypatch.setattr(joined_ray, "_speaks_grpc", lambda answered: True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ConnectionError, match="set RAY_AUTH_MODE=token"):
            joined_ray.join(where)


@pytest.fixture(scope="module")
def without_gpu():
    ray_runner.start(None, cpus=1, gpus=0)
    yield
    ray.shutdown()


@ray.remote(max_retries=0)
def never(*arguments):
    raise AssertionError("there was room")


def test_a_wait_is_said_and_draining_ends_it_though_no_fold_runs(without_gpu, monkeypatch):
    """The GPU that the fold asks for is on no node: the sweep's first Ctrl-C must end it all the same."""
    said = []
    for where, name, value in (("pending", "PATIENT", 0.2), ("room", "PATIENT", 0.2), ("room", "EVERY", 0.1)):
        monkeypatch.setattr(f"orchestrator.runners.{where}.{name}", value)
    pending = Pending(None, None, lambda pack, need: (), never, Need(gpus=0.5), 0, "waits")
    ended = []
    thread = threading.Thread(target=lambda: ended.extend(pending.run([("a",), ("b",)])), daemon=True)
    thread.start()
    watch = room.Watch("waits", said.append)
    until = time.monotonic() + 30
    while not any("asks for" in one for one in said) and time.monotonic() < until:
        time.sleep(0.1)
        watch.look()
    assert "asks for 1 CPU and 0.5 GPU; Ray has 1 node with 1 CPU" in said[-1]
    marks.drain("waits")
    thread.join(30)
    assert not thread.is_alive() and not ended
    assert marks.waited_for("waits") is None
