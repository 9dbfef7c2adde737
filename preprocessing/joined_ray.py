"""Joining a Ray that runs elsewhere: an address at which none answers is told in seconds, where Ray itself
tries for minutes. A head that answers and is busy, or is just coming up, is waited for."""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from typing import Any

from preprocessing import local_ray, reachable
from preprocessing.errors import BadInput

# HTTP/2, in which gRPC speaks: how a client begins, the length of a frame's head, the type of the first one
FRAME, SETTINGS = 9, 4
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, SETTINGS, 0, 0, 0, 0, 0))
log = logging.getLogger(__name__)

NO_NODE = "No node info found"  # Ray's words
ANSWER = 30.0  # seconds that a busy head may take for its first words
PAUSE = 5.0  # seconds between two questions, each of which may itself take a minute
BUSY = 120.0  # seconds in which it is asked again where it did not let this process in


def join(address: str, **options: Any) -> None:
    """``ray.init`` with this address: "auto" or "host:6379". options: more of its arguments.

    Raises BadInput for what is no such address, ConnectionError where no Ray answers.
    """
    import ray  # half a second

    local_ray.without_uv()
    local_ray.close_token()
    where = _found() if address == "auto" else address
    _answers(where)
    begin = time.monotonic()
    while True:
        try:
            with local_ray.sigterm_stays():
                told = {"log_to_driver": False, "logging_level": logging.ERROR, "job_config": local_ray.job()}
                ray.init(address=where, **told, **options)
            return
        except (ConnectionError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "Version mismatch" not in str(error):
                raise
            cause = _cause(error)
            if not _may_pass(cause) or time.monotonic() - begin > BUSY:
                raise ConnectionError(_refusal(where, cause)) from error
        log.warning("Ray at %s is busy or not up yet (%s); it is asked again", where, cause)
        time.sleep(PAUSE)
        _answers(where)


def _answers(where: str) -> None:
    """Raises ConnectionError where no head of a Ray answers."""
    try:
        with reachable.connect(*parts(where)) as answered:
            answered.settimeout(ANSWER)
            if not _speaks_grpc(answered):
                raise ConnectionError("what listens there is no head of a Ray")
    except OSError as error:
        raise ConnectionError(
            f"no Ray answers at {where} ({error}); is the cluster up, is this the port of its head (6379 "
            "unless told otherwise), and does a firewall let this machine in?"
        ) from error


def _cause(error: BaseException) -> str:
    """The last line of what lies under Ray's "Failed to connect", which says no more than that."""
    while below := error.__cause__ or error.__context__:
        error = below
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _may_pass(cause: str) -> bool:
    """Whether a head that is busy, or is just coming up, may say so. For a node on this machine Ray has
    waited a minute by then."""
    return not (NO_NODE in cause or "token" in cause.lower() or "Version mismatch" in cause)


def _refusal(where: str, cause: str) -> str:
    if NO_NODE in cause:
        return (
            f"{where} is a Ray, and no node of it runs on this machine, as whoever joins needs: begin one "
            f"here (ray start --address={where}), or send the command to its head: --address http://HEAD:8265"
        )
    return (
        f"{where} answers, and no Ray there lets this process in ({cause}); is this the port of its head "
        "(6379 unless told otherwise)? Where it asks for a token, set RAY_AUTH_MODE=token and have its "
        "token in ~/.ray/auth_token; its Ray has to be of this version"
    )


def _speaks_grpc(answered: socket.socket) -> bool:
    """Whether the other side begins as a server of gRPC does, with its settings; asked without encryption, so
    yes where Ray is to use TLS. Ray itself would wait for minutes, in silence. Raises OSError."""
    if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
        return True
    answered.sendall(HELLO)
    told = b""
    while len(told) < FRAME and (more := answered.recv(FRAME - len(told))):
        told += more
    return len(told) == FRAME and told[3] == SETTINGS


def parts(address: str) -> tuple[str, int]:
    """(host, port) of an address. Raises BadInput."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):(\d{1,5})", address)
    if not found or not 0 < int(found[3]) < 65536:
        raise BadInput(
            f"--address {address!r} is no address of a Ray cluster; give auto, HOST:6379, or, to send the "
            "command to its head, http://HEAD:8265"
        )
    return found[1] or found[2], int(found[3])


def _found() -> str:
    """The address of the Ray of this machine, as ``auto`` means it. Raises ConnectionError."""
    from ray._private import services

    try:
        return str(services.get_ray_address_from_environment("auto", None))
    except ConnectionError as error:
        raise ConnectionError(
            "--address auto: no Ray runs on this machine; start one with `ray start --head`, give HOST:6379, "
            "or leave --address out"
        ) from error
