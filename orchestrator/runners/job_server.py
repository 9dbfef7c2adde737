"""Sweeps as Ray Jobs: the job server on a cluster's head runs a sweep's command there; the laptop may go
away.

Paths  Code and data are the head's, nothing is uploaded: the command runs in --remote-folder, with its .venv.
       --root, --workspace, --plugin and --json are paths on the head, relative ones from that folder.
Job    sweep-NAME-1; -2, -3 ... as it is resumed. All users of the cluster can read its name, arguments and
       folder. A restarted cluster forgets its jobs, but not the workspace: resume the sweep by its name
       there.
Stop   SIGTERM, after 3 s SIGKILL (RAY_JOB_STOP_SIGNAL, RAY_JOB_STOP_WAIT_TIME_S of the head). Only folds
       under way are lost.
Token  Sent only with RAY_AUTH_MODE=token in the environment: RAY_AUTH_TOKEN, or else the file
       RAY_AUTH_TOKEN_PATH, or else ~/.ray/auth_token (where a laptop's own Ray keeps its own, which is not
       the head's). http:// does not hide it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from ray.exceptions import AuthenticationError
from ray.job_submission import JobDetails, JobSubmissionClient

from orchestrator.common.commands import command
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import redacted, safe_name
from orchestrator.workspace.sweep_folder import SWEEPS
from preprocessing import reachable

REMOTE_FOLDER = "~/mer-orchestrator"  # this repository on a cluster's head, where cluster.yaml puts it
LOCAL = "http://localhost:8265"  # the near end of a tunnel
TUNNEL = f"`ray dashboard cluster.yaml` or `ssh -N -L 8265:localhost:8265 HEAD`, and --address {LOCAL}"
SIGN_IN = (
    "put what `ray get-auth-token` prints on the head into a FILE, and export RAY_AUTH_MODE=token "
    "RAY_AUTH_TOKEN_PATH=FILE"
)
PATIENCE = 10.0  # seconds in which a question is asked again that a busy head has dropped
Answer = TypeVar("Answer")


def patiently(question: Callable[[], Answer]) -> Answer:
    """The answer to a question that changes nothing on the head. A head that has just come up, or is busy,
    closes a connection without a word: it is asked again for ``PATIENCE`` seconds. Raises OSError after
    them."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return question()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def without(words: Sequence[str], *options: str) -> tuple[list[str], dict[str, str]]:
    """(a command line without these options, option -> its last value)."""
    kept, found, rest = [], {}, iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in options:
            found[option] = value if equals else next(rest)
        else:
            kept.append(word)
    return kept, found


def submit(
    address: str,
    arguments: Sequence[str],
    name: str,
    *,
    folder: str = REMOTE_FOLDER,
    resume: bool = False,
    say: Callable[[str], object] = lambda text: None,
) -> str:
    """Run ``sweep ARGUMENTS --address auto --name NAME`` in the head's ``folder``; say how to follow it.
    Returns the job's id.

    resume  with --resume, unless every earlier attempt ended before it had made the sweep's folder.
    Raises ConfigError for a bad name or address, a password in an argument, and while a job of this name is
    under way; OSError when the job server cannot be reached or refuses.
    """
    if shown := [redacted(word) for word in arguments if redacted(word) != word]:
        raise ConfigError(
            f"{shown[0]!r}: a job shows its arguments; MLFLOW_TRACKING_USERNAME and _PASSWORD on the head do "
            "not"
        )
    with job_server(address, say) as client:
        earlier = [(number, job) for sweep, number, job in attempts(client) if sweep == name]
        if under_way := [
            f"{job.submission_id}, {job.status}" for _, job in earlier if not job.status.is_terminal()
        ]:
            raise ConfigError(
                f"sweep {name!r} is under way ({under_way[0]}); stop it, or take another --name"
            )
        made = f"sweep-{name}-{earlier[-1][0] + 1 if earlier else 1}"
        try:
            client.submit_job(
                entrypoint=entrypoint(arguments, name, folder, resume=resume),
                submission_id=made,  # of two equal ids Ray refuses the second
                metadata={"sweep": name, "arguments": json.dumps(list(arguments)), "folder": folder},
            )
        except OSError:  # the answer was lost; the job may be there
            if made not in (job.submission_id for _, _, job in attempts(client)):
                raise
    follow = command("remote", "logs", name, "--follow", "--address", redacted(address))
    say(f"submitted as {made}; this machine is not needed any more\n  {follow}")
    return made


def entrypoint(arguments: Sequence[str], name: str, folder: str, *, resume: bool) -> str:
    """The job's command, for the shell of the head. Raises ConfigError for a bad name."""
    place = '"$HOME"' + shlex.quote(folder[1:]) if folder.split("/")[0] == "~" else shlex.quote(folder)
    words = [
        ".venv/bin/python",
        "-m",
        "orchestrator.sweep",
        *arguments,
        "--address",
        "auto",
        "--name",
        safe_name(name),
    ]
    workspace = without(arguments, "--workspace")[1].get("--workspace", "workspace")
    made = shlex.quote(f"{workspace}/{SWEEPS}/{name}/experiment.toml")
    return f"cd {place} && exec {shlex.join(words)}" + (
        f" $(test -f {made} && echo --resume)" if resume else ""
    )


@contextmanager
def job_server(
    address: str, say: Callable[[str], object] = lambda text: None
) -> Iterator[JobSubmissionClient]:
    """The head's job server; what goes wrong while it is used becomes an error with the next step. Raises as
    ``submit`` does."""
    try:
        shown, host = redacted(address), urlsplit(address).hostname or ""
    except ValueError as error:
        raise ConfigError(
            f"--address {redacted(address)!r} is no address ({error}); give one, for example {LOCAL}"
        ) from error
    if not address.startswith(("http://", "https://")) or not host:
        raise ConfigError(f"--address {shown!r} is no job server; give one, for example {LOCAL}")
    if other := [
        key for key in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS") if os.environ.get(key, address) != address
    ]:
        raise ConfigError(f"{other[0]} is set, and Ray would go there in place of {shown}; unset it")
    in_clear = address.startswith("http:") and not re.fullmatch(r"localhost|127(\.\d+){3}|::1", host)
    if in_clear and os.environ.get("RAY_AUTH_MODE", "").lower() == "token":
        say(f"warning: Ray's token travels unencrypted to {shown}; better: {TUNNEL}")
    try:
        where = urlsplit(address)
        reachable.listens(host, where.port or (443 if where.scheme == "https" else 80), where.scheme)
        yield patiently(lambda: JobSubmissionClient(address))
    except AuthenticationError as error:
        raise PermissionError(
            f"{shown} asks for a token ({str(error).splitlines()[0]}); {SIGN_IN}"
        ) from error
    except OSError as error:
        raise ConnectionError(
            f"no job server answers at {shown} ({error}); is the cluster up? Reach it by {TUNNEL}"
        ) from error
    except RuntimeError as error:
        raise ConnectionError(
            f"the job server at {shown} refused: {str(error).strip().splitlines()[-1]}"
        ) from error


def attempts(client: JobSubmissionClient, wanted: str = "") -> list[tuple[str, int, JobDetails]]:
    """(sweep, number of the attempt, job) of one sweep or all, in order. Raises ConfigError if the cluster
    has none ``wanted``."""
    found = []
    for job in patiently(client.list_jobs):
        if "sweep" in (job.metadata or {}) and (
            own := re.fullmatch(r"sweep-(.+)-(\d+)", job.submission_id or "")
        ):
            found.append((own[1], int(own[2]), job))
    if wanted and wanted not in (names := {name for name, _, _ in found}):
        raise ConfigError(
            f"{nearest(wanted, names, 'sweep')} (a restarted cluster forgets its jobs, not their results)"
        )
    return sorted((one for one in found if wanted in ("", one[0])), key=lambda one: one[:2])
