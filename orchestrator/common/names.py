"""Names from the command line: of sweeps, which become folder names, and addresses, which may hold a
password."""

from __future__ import annotations

import re

from orchestrator.common.errors import ConfigError


def safe_name(name: str) -> str:
    """The name itself. Raises ConfigError unless it is 1 to 100 letters, digits, '.', '_' or '-', the first
    no '.' or '-'."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", name):
        raise ConfigError(
            f"name {name!r}: use 1 to 100 letters, digits, '.', '_' or '-', and no '.' or '-' at the start"
        )
    return name


def redacted(address: str) -> str:
    """The address without user name and password: what may be shown and logged."""
    return re.sub(r"(?<=://)[^/\s]*@", "***@", address)
