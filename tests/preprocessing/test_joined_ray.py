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
