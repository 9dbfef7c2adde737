"""The folder of one sweep: what it was asked for, so that it is only ever continued as the same sweep, and by
one process at a time."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from orchestrator.common import commands
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import safe_name
from orchestrator.workspace import sealed

LOCK = "sweep.lock"
log = logging.getLogger(__name__)
SWEEPS = "sweeps"  # folder under --workspace
KINDS = {"sweep": SWEEPS, "spotsweep": "spotsweeps"}  # of sweeps -> their folder
DEFINITION, EXPERIMENT = "sweep.json", "experiment.toml"
# what a folder holds in which a sweep has begun, whatever else is lost
BEGUN = (DEFINITION, EXPERIMENT, "summary.json")


def folder_of(sweep: str, workspace: Path) -> Path:
    """Folder of a sweep that is there. Raises ConfigError for a name that is none, and for one that no sweep
    has."""
    return found(sweep, workspace, ("sweep",))[1]


def found(name: str, workspace: Path, kinds: Sequence[str] = tuple(KINDS)) -> tuple[str, Path]:
    """(which of ``kinds``, its folder) of a name; "spotsweep:NAME" says which.

    Raises ConfigError for a name that is none, for one that nothing has, and for one that two have.
    """
    said, colon, rest = name.partition(":")
    if colon and said in kinds:
        kinds, name = (said,), rest
    places = {kind: workspace / KINDS[kind] for kind in kinds}
    there = [kind for kind, place in places.items() if (place / safe_name(name)).is_dir()]
    if len(there) > 1:
        which = " or ".join(f"{kind}:{name}" for kind in there)
        raise ConfigError(f"{name!r} is a {' and a '.join(there)}: write {which}")
    if not there:
        have = [path.name for place in places.values() for path in place.glob("*") if path.is_dir()]
        where = " and ".join(map(str, places.values()))
        if not have:
            holds = "holds none" if len(places) == 1 else "hold none"
            raise ConfigError(f"unknown sweep {name!r}: {where} {holds}; is --workspace the right one?")
        raise ConfigError(f"{nearest(name, have, 'sweep')} (in {where})")
    return there[0], places[there[0]] / name


@dataclass(frozen=True)
class SweepFolder:
    """Use as a context manager. lock: an open file, locked until then; the system frees it when the process
    ends, however it ends. warning: what the user should know of how it was opened, or ""."""

    path: Path
    lock: IO[str]
    warning: str = ""

    def __enter__(self) -> SweepFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.lock.close()

    @classmethod
    def open(
        cls,
        path: Path,
        definition: Mapping[str, Any],
        *,
        resume: bool,
        first: Callable[[Path], object] = lambda path: None,
    ) -> SweepFolder:
        """Claim a new folder, or open an existing one to resume.

        first  writes into a new folder what has to be there before sweep.json, which holds the definition
               and comes last: a kill between two of them leaves what can be begun again or resumed.
        A sweep.json that is damaged or gone is made again when a sweep is resumed, which ``warning`` says.
        Raises ConfigError when the name is taken and resume was not asked for, or when the definition
        differs: the message names each differing key with both values. Also when another process runs it
        just now.
        """
        path.mkdir(parents=True, exist_ok=True)
        lock = locked(path)
        try:
            if resume:
                return cls(path, lock, _compared(path / DEFINITION, definition))
            if any((path / name).exists() for name in BEGUN):
                raise ConfigError(
                    f"sweep {path.name!r} exists ({path}); choose another --name, or continue it: "
                    f"{commands.resume(path)}"
                )
            first(path)
            sealed.write_json(path / DEFINITION, definition)
            return cls(path, lock)
        except BaseException:
            lock.close()
            raise


def _compared(file: Path, definition: Mapping[str, Any]) -> str:
    """Raises ConfigError where sweep.json says another definition. Makes it again where it is not whole, and
    returns what to say of that."""
    try:
        held = sealed.read_json(file, "it is made again")
        if lacks := sorted(definition.keys() - held.keys()) if len(held) < 2 else []:
            raise sealed.Damaged(file, f"it lacks {lacks[0]!r}", "it is made again")
    except FileNotFoundError:
        # a sweep that was killed before it wrote the file has not proposed anything either
        warning = f"{file} was gone, and is made again" if (file.parent / "mlflow.json").exists() else ""
    except sealed.Damaged as error:
        warning = f"{error}; the damaged one is now {sealed.set_aside(file).name}"
    else:
        differ = [f"{k}: was {held.get(k)!r}, now {v!r}" for k, v in definition.items() if held.get(k) != v]
        if differ:
            raise ConfigError(
                f"sweep {file.parent.name!r} was started differently, so it cannot be resumed: "
                f"{'; '.join(differ)}"
            )
        return ""
    sealed.write_json(file, definition)
    if not warning:
        return ""
    return f"{warning}: whether the data are those that the sweep began with cannot be said any more"


def runs(path: Path) -> bool:
    """Whether a process has the sweep of this folder under way. On a file system without locks: False."""
    if not (path / LOCK).is_file():  # a pipe would be waited for
        return False
    try:
        with open(path / LOCK, "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def locked(path: Path) -> IO[str]:
    """An open file that keeps every other process from running the sweep of this folder, until it is closed.
    Raises ConfigError where another one runs it."""
    sealed.room(path / LOCK)
    handle = open(path / LOCK, "a+", errors="replace")  # noqa: SIM115 - open as long as the sweep
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        who = handle.read().strip() or "another process"
        handle.close()
        raise ConfigError(
            f"sweep {path.name!r} is being run by {who}; wait for its end, or choose another --name"
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
            raise
        # Lustre without -o flock, some mounts of NFS: nobody else can be kept out
        log.warning("%s has no locks: see that no second process runs this sweep", path)
    handle.truncate(0)
    handle.write(f"process {os.getpid()} of {socket.gethostname()}\n")
    handle.flush()
    return handle
