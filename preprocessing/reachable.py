"""Whether anything listens at an address: told in seconds, where libraries try for minutes if a firewall
swallows what is sent."""

from __future__ import annotations

import os
import socket
import urllib.request
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 5.0  # seconds


def connect(host: str, port: int) -> socket.socket:
    """A connection, whose answers are waited for as long. Raises OSError within PATIENCE seconds a name's
    address."""
    return socket.create_connection((host, port), timeout=PATIENCE)


def listens(host: str, port: int, scheme: str = "") -> None:
    """Raises OSError where nothing does. scheme: "http" or "https" of what goes by this machine's proxy, if
    it has one for that; then only the proxy knows."""
    if scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return
    connect(host, port).close()


def of_bucket(query: str) -> tuple[str, int, str]:
    """(host, port, scheme) of the server that Arrow asks for an S3 bucket. query: the options of its address
    (places.py)."""
    given = dict(parse_qsl(query))
    address = given.get("endpoint_override", "")
    if not address:  # an environment's, with its scheme; else Amazon's own
        region = given.get("region", "us-east-1")
        named = (os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
        own = f"s3.{region}.amazonaws.com" + ".cn" * region.startswith("cn-")
        address = next(filter(None, named), own)
    where = urlsplit(address if "://" in address else f"{given.get('scheme', 'https')}://{address}")
    return where.hostname or address, where.port or (80 if where.scheme == "http" else 443), where.scheme
