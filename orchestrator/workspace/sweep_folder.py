"""The folder of one sweep: what it was asked for, so that it is only ever continued as the same sweep, and by
one process at a time."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import safe_name
from preprocessing.places import write_atomically

SWEEPS = "sweeps"  # folder under --workspace


def folder_of(sweep: str, workspace: Path) -> Path:
    """Folder of a sweep that is there. Raises ConfigError for a name that is none, and for one that no sweep
    has."""
    folder = workspace / SWEEPS / safe_name(sweep)
    if not folder.is_dir():
        have = [path.name for path in (workspace / SWEEPS).glob("*") if path.is_dir()]
        raise ConfigError(f"{nearest(sweep, have, 'sweep')} (in {workspace / SWEEPS})")
    return folder


@dataclass(frozen=True)
class SweepFolder:
    """Use as a context manager. lock: an open file, locked until then; the system frees it when the process
    ends, however it ends."""

    path: Path
    lock: IO[str]

    def __enter__(self) -> SweepFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.lock.close()

    @classmethod
    def open(cls, path: Path, definition: Mapping[str, Any], *, resume: bool) -> SweepFolder:
        """Claim a new folder, or open an existing one to resume.

        Raises ConfigError when the name is taken and resume was not asked for, when there is nothing to
        resume, or when the definition differs: the message names each differing key with both values. Also
        when another process runs it just now.
        """
        file = path / "sweep.json"
        if resume and not file.is_file():
            raise ConfigError(
                f"there is no sweep {path.name!r} in {path.parent} to resume; leave --resume out to start it"
            )
        if resume:
            try:
                held = json.loads(file.read_text())
            except json.JSONDecodeError as error:
                raise ConfigError(
                    f"{file} does not read ({error}); choose another --name: finished folds are found there "
                    "too"
                ) from error
            differ = [
                f"{k}: was {held.get(k)!r}, now {v!r}" for k, v in definition.items() if held.get(k) != v
            ]
            if differ:
                raise ConfigError(
                    f"sweep {path.name!r} was started differently, so it cannot be resumed: "
                    f"{'; '.join(differ)}"
                )
            return cls(path, _locked(path))
        path.mkdir(parents=True, exist_ok=True)
        lock = _locked(path)
        if file.is_file():
            raise ConfigError(
                f"sweep {path.name!r} exists ({path}); continue it with --resume, or choose another --name"
            )
        write_atomically(
            file, lambda temporary: temporary.write_text(json.dumps(dict(definition), indent=2) + "\n")
        )
        return cls(path, lock)


def _locked(path: Path) -> IO[str]:
    handle = open(path / "sweep.lock", "a+")  # noqa: SIM115 - open as long as the sweep
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        who = handle.read().strip() or "another process"
        handle.close()
        raise ConfigError(
            f"sweep {path.name!r} is being run by {who}; wait for its end, or choose another --name"
        ) from error
    handle.truncate(0)
    handle.write(f"process {os.getpid()} of {socket.gethostname()}\n")
    handle.flush()
    return handle
