"""An address at which no Ray answers is told in seconds, whatever listens there."""

import http.server
import socket
import socketserver
import threading
import time
from contextlib import contextmanager

import pytest
import ray

from preprocessing import joined_ray, reachable


class Grpc(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(100)
        self.request.sendall(b"\0\0\0\4\0\0\0\0\0")


class Hangs(socketserver.BaseRequestHandler):
    def handle(self):
        time.sleep(2)


class Closes(socketserver.BaseRequestHandler):
    def handle(self):
        pass


@contextmanager
def serving(handler):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def never(monkeypatch):
    """Ray is not asked: it would wait for minutes."""
    monkeypatch.setattr(reachable, "PATIENCE", 0.3)
    monkeypatch.setattr(joined_ray, "ANSWER", 0.3)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray was asked"))


@pytest.mark.parametrize("handler", [http.server.SimpleHTTPRequestHandler, Hangs, Closes])
def test_a_port_of_something_else_is_told_at_once(handler, never):
    with serving(handler) as address, pytest.raises(ConnectionError, match=f"no Ray answers at {address}"):
        joined_ray.join(address)


def test_a_closed_port_and_an_unknown_host_too(never):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for one in (address, "no-such-host.invalid:6379"):
        with pytest.raises(ConnectionError, match="no Ray answers"):
            joined_ray.join(one)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ConnectionError("no token"), ConnectionError),
        (RuntimeError("Version mismatch: Ray: 2.9.0"), ConnectionError),
        (RuntimeError("a fault"), RuntimeError),
    ],
)
def test_what_ray_says_of_a_cluster_is_told_and_a_fault_stays_one(raised, told, monkeypatch):
    def init(**_):
        raise raised

    monkeypatch.setattr(ray, "init", init)
    with serving(Grpc) as address, pytest.raises(told) as error:
        joined_ray.join(address)
    assert ("of this version" in str(error.value)) == (told is ConnectionError) and str(raised) in str(
        error.value
    )


def failed(cause):
    """As Ray says it: what is wrong lies below."""
    error = ConnectionError("Failed to connect to Ray cluster at 192.0.2.2:6379")
    error.__cause__ = RuntimeError(f"Traceback ...\n{cause}\n")
    return error


def test_a_head_that_is_busy_is_asked_again_and_one_that_stays_so_is_told_with_the_cause(monkeypatch, caplog):
    answers = [failed("TimedOut: GCS"), failed("TimedOut: GCS"), None]
    monkeypatch.setattr(joined_ray, "PAUSE", 0)

    def init(**_):
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(ray, "init", init)
    with serving(Grpc) as address:
        joined_ray.join(address)
        assert not answers and caplog.text.count("asked again") == 2
        answers[:] = [failed("TimedOut: GCS")]
        monkeypatch.setattr(joined_ray, "BUSY", 0)
        with pytest.raises(ConnectionError, match="TimedOut: GCS"):
            joined_ray.join(address)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("No node info found matching attributes: ''", "ray start --address="),
        ("InvalidAuthToken: Authentication token is missing", "InvalidAuthToken.*RAY_AUTH_MODE"),
    ],
)
def test_what_does_not_pass_is_told_at_once_with_what_to_do(cause, told, monkeypatch):
    answers = [failed(cause)]

    def init(**_):
        raise answers.pop(0)

    monkeypatch.setattr(ray, "init", init)
    with serving(Grpc) as address, pytest.raises(ConnectionError, match=told):
        joined_ray.join(address)
