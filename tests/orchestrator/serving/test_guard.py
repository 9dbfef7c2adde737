"""Which requests are refused: under names that are not this server's, and of other pages."""

import socket

import pytest

from orchestrator.serving.guard import known, refused

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"


@pytest.mark.parametrize(
    ("named", "host", "want"),
    [
        ("127.0.0.1:7860", LOOPBACK, True),
        ("localhost:7860", LOOPBACK, True),
        ("LOCALHOST", LOOPBACK, True),
        ("localhost.:7860", LOOPBACK, True),
        ("localhost:9000", LOOPBACK, True),  # through a tunnel
        ("[::1]:7860", "::1", True),
        ("127.0.0.1:7860", "localhost", True),
        ("evil.example:7860", LOOPBACK, False),
        ("localhost.evil.example", LOOPBACK, False),
        ("127.0.0.1.evil.example", LOOPBACK, False),
        ("evil.example@127.0.0.1", LOOPBACK, True),  # what is before @ is no name
        ("127.0.0.1@evil.example", LOOPBACK, False),
        ("192.168.1.5:7860", LOOPBACK, False),
        ("", LOOPBACK, False),
        ("[::1", LOOPBACK, False),
        (f"{socket.gethostname()}:7860", LOOPBACK, False),
        ("192.168.1.5:7860", EVERYWHERE, True),
        ("[fe80::1]:7860", "::", True),
        (f"{socket.gethostname()}:7860", EVERYWHERE, True),
        ("lab.example", "lab.example", True),
        ("evil.example", EVERYWHERE, False),
        ("evil.example", "lab.example", False),
    ],
)
def test_a_name_is_this_servers_or_not(named, host, want):
    assert known(named, host) is want


@pytest.mark.parametrize(
    ("method", "origin", "says"),
    [
        ("POST", None, ""),
        ("POST", "http://127.0.0.1:7860", ""),
        ("POST", "http://127.0.0.1:8888", "may not send"),  # another program's page on this machine
        ("POST", "https://evil.example", "may not send"),
        ("POST", "null", "may not send"),
        ("DELETE", "https://evil.example", "may not send"),
        ("GET", "https://evil.example", ""),  # it gets no answer to read: there is no CORS
    ],
)
def test_another_page_may_not_send(method, origin, says):
    headers = {"host": "127.0.0.1:7860"} | ({"origin": origin} if origin else {})
    told = refused(method, headers, LOOPBACK)
    assert says in told and bool(told) == bool(says)
