"""An address that swallows all that is sent is told in seconds, by whoever asks it."""

import socket
import time

import pytest

from orchestrator.runners.job_server import job_server
from orchestrator.tracking import connection
from orchestrator.tracking.errors import TrackingError
from preprocessing import joined_ray, reachable
from preprocessing.places import names, place


@pytest.fixture
def hole(monkeypatch):
    """A port of which no connection comes: those that wait to be accepted are as many as there may be."""
    monkeypatch.setattr(reachable, "PATIENCE", 0.3)
    for name in ("http_proxy", "https_proxy", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield f"127.0.0.1:{full.getsockname()[1]}"
        for one in waiting:
            one.close()


def in_a_bucket(address):
    names(place(f"s3://bucket/x?endpoint_override={address}&scheme=http"))


def of_jobs(address):
    with job_server(f"http://{address}"):
        pytest.fail("a job server")


def in_a_database(address):
    connection.reach(f"postgresql://me:word@{address}/runs")


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (in_a_bucket, OSError),
        (of_jobs, ConnectionError),
        (in_a_database, TrackingError),
        (joined_ray.join, ConnectionError),
    ],
)
def test_a_black_hole_is_told_in_seconds(ask, error, hole):
    """Arrow tries for 100 s, Ray's jobs for 135 s, a database's driver for two minutes."""
    begin = time.monotonic()
    with pytest.raises(error, match="timed out"):
        ask(hole)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("query", "environment", "where"),
    [
        ("", "", ("s3.us-east-1.amazonaws.com", 443, "https")),
        ("region=cn-north-1", "", ("s3.cn-north-1.amazonaws.com.cn", 443, "https")),
        ("endpoint_override=[::1]:9000&scheme=http", "", ("::1", 9000, "http")),
        ("endpoint_override=http://store", "http://other", ("store", 80, "http")),
        ("region=eu", "http://minio:9000/", ("minio", 9000, "http")),
    ],
)
def test_the_server_of_a_bucket_is_the_one_that_arrow_asks(query, environment, where, monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    if environment:
        monkeypatch.setenv("AWS_ENDPOINT_URL", environment)
    assert reachable.of_bucket(query) == where


def test_what_goes_by_a_proxy_is_left_to_it(hole, monkeypatch):
    host, _, port = hole.partition(":")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "")
    reachable.listens(host, int(port), "https")
    with pytest.raises(OSError, match="timed out"):
        reachable.listens(host, int(port), "http")
