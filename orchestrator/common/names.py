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
    """The address without user name, password or key: what may be shown and logged. Of a text, all addresses
    in it.

    A password may hold slashes and at signs, as SQLAlchemy reads it, and may stand among the options.
    """
    text = re.sub(r"(?<=://)(?:[^:/\s]*:\S*|[^/\s]*)@", "***@", address)
    return re.sub(r"(?i)(?<=[?&;])(\w*(?:pass|pwd|secret|token|key)\w*)=[^&;\s'\"]*", r"\1=***", text)
