"""Who may ask the page for what: a request of another page, or under a name that somebody else made lead
here, is refused before anything of it is read.

DNS rebinding: a page of a stranger's site makes its own name lead to 127.0.0.1, and so becomes this page to
the browser. It cannot change the header Host, which then holds that name. An address in numbers is nobody's
name, so that these are safe wherever the server listens.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
SAFE = ("GET", "HEAD")


class Guard:
    """ASGI middleware: checks Host and Origin, adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        """host: the address or name that the server listens on."""
        self.app, self.host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        answer: ASGIApp = self.app
        if why := refused(scope["method"], Headers(scope=scope), self.host):
            answer = PlainTextResponse(why, 403)
        await answer(scope, receive, with_headers)


def refused(method: str, headers: Mapping[str, str], host: str) -> str:
    """Why a request is not answered, or ""."""
    named = headers.get("host", "")
    if not known(named, host):
        return f"this page is not {named[:100]!r}; open it by the address that its terminal shows"
    origin = headers.get("origin")
    if method not in SAFE and origin is not None and urlsplit(origin).netloc != named:
        return f"a page of {origin[:100]!r} may not send anything here"
    return ""


def known(named: str, host: str) -> bool:
    """Whether a Host header names this server. On loopback: a loopback address or localhost, whatever the
    port, which a tunnel may change. Elsewhere also any address in numbers, this machine's name, and
    ``host``."""
    try:
        name = (urlsplit(f"//{named}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback or not on_loopback(host)
    except ValueError:
        own = {host.casefold(), socket.gethostname().casefold(), socket.getfqdn().casefold()}
        return not on_loopback(host) and name in own


def on_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on ``host``."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
