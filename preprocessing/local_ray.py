"""Ray on this machine alone, for this user alone: its ports on loopback, its folder and its token closed to
others. The only place that starts one.

Ray by itself listens on every network of the machine, makes its folder and all below it writable by
everybody, and its token readable. What each port is, and what still answers without the token:
docs/explanation/security.md.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import secrets
import signal
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from preprocessing import limits, lost_ray
from preprocessing.errors import BadInput

LOOPBACK = "127.0.0.1"
TOLD_ALREADY = ("Raylet is terminated", "was killed by `ray.kill`")  # Ray's words
SOCKET_NAME = 107  # characters, at most, of a path that is a Unix socket
OF_A_SESSION = len("/ray/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store")

log = logging.getLogger(__name__)


def start(num_cpus: int | None = None, **options: Any) -> None:
    """``ray.init`` of a new Ray on this machine. num_cpus: None for those of ``room``. options: more of its
    arguments.

    Raises BadInput where its folder cannot be this user's own, and where the shell's limits leave it too
    little; OSError where folder or token cannot be written.
    """
    import ray  # half a second, and a command that joins a cluster needs none of this

    cpus = room()[0] if num_cpus is None else num_cpus
    limits.refused(cpus)
    without_uv()
    make_token()
    folder = private_folder()
    _only_what_is_not_told_already()
    with _on_loopback(), _without_idle_helpers(), sigterm_stays(), lost_ray.begins(), _start_is_told():
        ray.init(
            address="local",
            _node_ip_address=LOOPBACK,
            _temp_dir=str(folder / "ray"),  # Ray opens it and all below to everybody: they do not get there
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            job_config=job(),
            num_cpus=cpus,
            **options,
        )


class _Folders(list[str]):
    """Where workers look for modules first; Ray adds the current folder, in which a user's folder mlflow or
    random.py is no library. It stays out where this process does not look there first either
    (extras.current_folder_last; ``mer``)."""

    def extend(self, folders: Iterable[str]) -> None:
        super().extend(one for one in folders if one in sys.path[:-1] or "" in sys.path)


def job() -> Any:
    """A private part of Ray, ``job_config`` of ``ray.init``: what workers are told of this process."""
    from ray.job_config import JobConfig

    made = JobConfig()
    made._py_driver_sys_path = _Folders()
    return made


def room() -> tuple[int, int]:
    """(CPUs, bytes of memory) that a Ray started here would have: a container's where it is one, and no more
    CPUs than this process may use (``taskset``, a job of SLURM), which Ray by itself does not ask."""
    from ray._common.utils import get_system_memory
    from ray._private.utils import get_num_cpus

    return max(1, min(int(get_num_cpus()), len(os.sched_getaffinity(0)))), int(get_system_memory())


def without_uv() -> None:
    """Under `uv run` Ray would pack the current folder for its workers, up to 512 MiB of it, and start each
    by uv anew; not so unless RAY_ENABLE_UV_RUN_RUNTIME_ENV asks for it. Ray read that variable when it was
    imported, for which this may be too late."""
    from ray._private import ray_constants

    if os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0") == "0":
        ray_constants.RAY_ENABLE_UV_RUN_RUNTIME_ENV = False


@contextlib.contextmanager
def sigterm_stays() -> Iterator[None]:
    """A private part of Ray changed while it starts or is joined: it would take SIGTERM from a command that
    has taken it to end gently."""
    from ray._private import utils

    held = utils.set_sigterm_handler
    if callable(signal.getsignal(signal.SIGTERM)):
        utils.set_sigterm_handler = lambda handler: None
    try:
        yield
    finally:
        utils.set_sigterm_handler = held


@contextlib.contextmanager
def _on_loopback() -> Iterator[None]:
    """A private part of Ray changed while it starts: it takes the loopback address for this machine's, as it
    does on macOS."""
    from ray._private import ray_constants

    held = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = held


def _only_what_is_not_told_already() -> None:
    """A private part of Ray changed: of a raylet that has ended it would print twenty lines of a log, and of
    an actor that was no longer needed that its work is to be done again. lost_ray.py, or the command's own
    error, says it in one."""
    from ray._private import worker

    told = worker.print_to_stdstream
    if hasattr(told, "__wrapped__"):
        return

    @functools.wraps(told)
    def others(data: dict[str, Any], ignore_prefix: bool) -> None:
        if not any(word in line for word in TOLD_ALREADY for line in data["lines"]):
            told(data, ignore_prefix)

    worker.print_to_stdstream = others


@contextlib.contextmanager
def _without_idle_helpers() -> Iterator[None]:
    """Private parts of Ray changed while it starts: what does nothing on one machine is not begun. It took
    1.5 to 2 s of the start, and listened on three ports.

    monitor      asks a cloud for machines: there is none.
    log monitor  copies what workers print to the driver: it is told not to.
    API server   with no dashboard it only reports usage statistics, which are off; ``ray.init`` waits for it.
    web server   of the node's agent: it answers a dashboard. Ray leaves it out where the dashboard's packages
                 are missing, which it finds by importing them all, in this process.
    """
    from ray._private import utils
    from ray._private.node import Node

    idle = ("start_monitor", "start_log_monitor", "start_api_server")
    held = {name: getattr(Node, name) for name in idle}
    looks = utils.get_dashboard_dependency_error
    for name in idle:
        setattr(Node, name, lambda self, **_: None)
    utils.get_dashboard_dependency_error = lambda: ImportError("no dashboard is wanted")
    try:
        yield
    finally:
        utils.get_dashboard_dependency_error = looks
        for name, method in held.items():
            setattr(Node, name, method)


@contextlib.contextmanager
def _start_is_told() -> Iterator[None]:
    """Ray that did not come up, of which it raises nothing more exact than an Exception, is a BadInput."""
    try:
        yield
    except Exception as error:
        if "timed out" not in str(error):
            raise
        raise BadInput(
            f"Ray did not start ({error}); is this machine very busy, or out of memory? {limits.told()}; "
            f"try again, {limits.INLINE}"
        ) from error


def private_folder() -> Path:
    """Folder of Ray's sessions, ``mer-ray-<user id>`` in RAY_TMPDIR, TMPDIR or /tmp: mode 0700, made if
    missing.

    Its name can be guessed, so it is used only if it is this user's own and no link. Raises BadInput
    otherwise, and where Ray's sockets in it would have names that are too long.
    """
    folder = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / f"mer-ray-{os.getuid()}"
    mend = "set RAY_TMPDIR to a folder of your own"
    if len(str(folder)) + OF_A_SESSION > SOCKET_NAME:
        raise BadInput(
            f"{folder}: too long a path for Ray's sockets, {SOCKET_NAME - OF_A_SESSION} characters at most; "
            "set RAY_TMPDIR to a shorter one, for example /tmp"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    held = os.lstat(folder)
    if not stat.S_ISDIR(held.st_mode) or held.st_uid != os.getuid():
        raise BadInput(f"{folder}: not a folder of this user; Ray's files would be another's: {mend}")
    if held.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def token_file() -> Path | None:
    """The file from which Ray reads its token; None where it reads none."""
    if os.environ.get("RAY_AUTH_MODE", "token").lower() != "token" or os.environ.get("RAY_AUTH_TOKEN"):
        return None
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    # of nobody's home "~" stays, where Path.home would raise
    return Path(named or os.path.expanduser("~/.ray/auth_token"))


def make_token() -> None:
    """Make the token if there is none, 0600 from its first byte (Ray's own hand makes it 0644), and close one
    that is there. Raises OSError."""
    path = token_file()
    there = path is not None and path.is_absolute() and path.exists()
    if path is not None and not there and "RAY_AUTH_TOKEN_PATH" not in os.environ:
        if not _can_hold(path):  # a container's HOME: then beside Ray's sessions, and its processes are told
            path = private_folder() / "auth_token"
            os.environ["RAY_AUTH_TOKEN_PATH"] = str(path)
        if not path.exists():
            _write_token(path)
    close_token()


def _can_hold(path: Path) -> bool:
    """Whether this user may make a file there; makes its folder."""
    if not path.is_absolute():  # a user without a home folder and without a name
        return False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path.parent, os.W_OK)


def _write_token(path: Path) -> None:
    handle, whole = tempfile.mkstemp(dir=path.parent, prefix=".auth_token-")  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        # a link appears whole, and never in the place of one that another process has made meanwhile
        with contextlib.suppress(FileExistsError):
            os.link(whole, path)
    finally:
        os.unlink(whole)


def close_token() -> None:
    """Take the token from others' eyes if they could read or write it, or put another in its place, and say
    so: who has it runs code as this user."""
    path = token_file()
    if path is None or not path.is_file():
        return
    _close_folder(path.parent)
    if not (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        return
    try:
        path.chmod(0o600)
    except OSError as error:  # mounted by somebody else: a secret of Kubernetes, say
        log.warning("Ray's token %s can be read by others (%04o) and stays so: %s", path, mode, error)
        return
    log.warning(
        "Ray's token %s was open to others (%04o) and is 0600 now; whoever has read it can use it still: "
        "delete it when no Ray of yours runs, and a new one is made",
        path,
        mode,
    )


def _close_folder(folder: Path) -> None:
    """Of a folder with the sticky bit, /tmp among them, nobody else takes away a file of this user."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & 0o022 or mode & stat.S_ISVTX:
        return
    shut = mode & ~0o022
    try:
        folder.chmod(shut)
    except OSError as error:
        log.warning("others may put a token of theirs in %s (%04o), which stays so: %s", folder, mode, error)
        return
    log.warning(
        "others could put a token of theirs in %s (%04o), which is %04o now; if you do not trust them "
        "all, delete auth_token there when no Ray of yours runs, and a new one is made",
        folder,
        mode,
        shut,
    )
