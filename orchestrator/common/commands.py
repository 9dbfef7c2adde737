"""Commands that are printed for a user to paste: whole, quoted, with all that they need to find the same
things again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from orchestrator.common.names import redacted


def command(
    name: str,
    *words: str,
    workspace: Path | str = "",
    store: str = "",
    tracking_uri: str = "",
    plugins: Iterable[str] = (),
) -> str:
    """As ``python -m orchestrator.report one --workspace 'my data'``. An option that is "" is left out; a
    password in an address is not shown."""
    options = (("--workspace", str(workspace)), ("--store", store), ("--tracking-uri", tracking_uri))
    said = [word for option, value in options if value for word in (option, redacted(value))]
    own = [word for one in plugins for word in ("--plugin", one)]
    return shlex.join(["python", "-m", f"orchestrator.{name}", *words, *said, *own])


def resume(folder: Path) -> str:
    """What goes on with the sweep in this folder, which says all else itself."""
    return command("resume", folder.name, workspace=folder.parents[1])
