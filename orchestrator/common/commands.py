"""Commands that are printed for a user to paste: whole, quoted, with all that they need to find the same
things again, from any current folder (preprocessing/pasted.py)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from orchestrator.common.names import redacted
from preprocessing.pasted import anywhere, line, repeated


def command(
    name: str,
    *words: str,
    workspace: Path | str = "",
    store: str = "",
    tracking_uri: str = "",
    plugins: Iterable[str] = (),
) -> str:
    """As ``python -m orchestrator.report one --workspace '/home/me/my data'``. An option that is "" is left
    out; a password in an address is not shown."""
    options = (("--workspace", str(workspace)), ("--store", store), ("--tracking-uri", tracking_uri))
    said = [word for option, value in options if value for word in (option, redacted(anywhere(value)))]
    return line(f"orchestrator.{name}", *words, *said, *repeated("--plugin", plugins))


def resume(folder: Path) -> str:
    """What goes on with the sweep in this folder, which says all else itself."""
    return command("resume", folder.name, workspace=folder.parents[1])


def pages_of(tracking_uri: str) -> str:
    """What shows the runs of MLflow in a browser: a command, or the address of a server, which does so
    itself."""
    if tracking_uri.startswith(("http://", "https://")):
        return redacted(tracking_uri)
    return line(
        "mlflow", "ui", "--host", "127.0.0.1", "--backend-store-uri", redacted(anywhere(tracking_uri))
    )
