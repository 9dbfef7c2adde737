"""A sweep on a cluster from a laptop, as a Ray Job: ``python -m orchestrator.sweep stag ... --address
http://HEAD:8265``.

The job server on the cluster's head runs the same command there with ``--address auto``; the laptop may go
away. From any laptop: ``python -m orchestrator.remote status [NAME] | logs NAME [--follow] | stop NAME |
resume NAME``, each with ``--address http://HEAD:8265``.

Paths  Code and data are the head's, nothing is uploaded: the command runs in --remote-folder, with its .venv.
       --root, --workspace and --json are paths on the head, relative ones from that folder.
Job    sweep-NAME-1; -2, -3 ... as it is resumed. All users of the cluster can read its name, arguments and
       folder. A restarted cluster forgets its jobs, but not the workspace: give the sweep's command again
       with --resume and its --name.
Stop   SIGTERM, after 3 s SIGKILL (RAY_JOB_STOP_SIGNAL, RAY_JOB_STOP_WAIT_TIME_S of the head). Only folds
       under way are lost.
Token  Sent only with RAY_AUTH_MODE=token in the environment: RAY_AUTH_TOKEN, or else the file
       RAY_AUTH_TOKEN_PATH, or else ~/.ray/auth_token (where a laptop's own Ray keeps its own, which is not
       the head's). http:// does not hide it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from ray.exceptions import AuthenticationError
from ray.job_submission import JobDetails, JobSubmissionClient
from rich.markup import escape
from rich.table import Table

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import redacted, safe_name
from orchestrator.console.terminal import terminal
from orchestrator.results import report
from orchestrator.sweeps.request import REMOTE_FOLDER

LOCAL = "http://localhost:8265"  # the near end of a tunnel
TUNNEL = f"`ray dashboard cluster.yaml` or `ssh -N -L 8265:localhost:8265 HEAD`, and --address {LOCAL}"
SIGN_IN = (
    "put what `ray get-auth-token` prints on the head into a FILE, and export RAY_AUTH_MODE=token "
    "RAY_AUTH_TOKEN_PATH=FILE"
)
ENDS = {
    1: "failed, or folds are missing",
    2: "bad input",
    3: "complete, but not in MLflow",
    127: "no .venv in --remote-folder",
}
console = terminal()


def hand_over(address: str, name: str, model: str) -> None:
    """Submit this process' command line, a sweep's, to the job server at ``address``. Raises as ``submit``
    does."""
    if Path(sys.argv[0]).stem != "sweep":  # a comparison, say: its command line is another
        raise ConfigError(f"--address {redacted(address)}: only python -m orchestrator.sweep runs as a job")
    words, own = without(sys.argv[1:], "--address", "--name", "--remote-folder")
    submit(
        address,
        words,
        name or f"{model}-{datetime.now():%Y%m%d-%H%M%S}",
        folder=own.get("--remote-folder", REMOTE_FOLDER),
    )


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
    address: str, arguments: Sequence[str], name: str, *, folder: str = REMOTE_FOLDER, resume: bool = False
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
    with job_server(address) as client:
        earlier = [(number, job) for sweep, number, job in attempts(client) if sweep == name]
        if under_way := [
            f"{job.submission_id}, {job.status}" for _, job in earlier if not job.status.is_terminal()
        ]:
            raise ConfigError(
                f"sweep {name!r} is under way ({under_way[0]}); stop it, or take another --name"
            )
        made = client.submit_job(
            entrypoint=entrypoint(arguments, name, folder, resume=resume),
            # of two equal ids Ray refuses the second
            submission_id=f"sweep-{name}-{earlier[-1][0] + 1 if earlier else 1}",
            metadata={"sweep": name, "arguments": json.dumps(list(arguments)), "folder": folder},
        )
    line = shlex.join(
        ["python", "-m", "orchestrator.remote", "logs", name, "--follow", "--address", redacted(address)]
    )
    console.print(
        f"submitted as {made}; this machine is not needed any more\n  {line}", highlight=False, soft_wrap=True
    )
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
    made = shlex.quote(f"{workspace}/{report.SWEEPS}/{name}/sweep.json")
    return f"cd {place} && exec {shlex.join(words)}" + (
        f" $(test -f {made} && echo --resume)" if resume else ""
    )


@contextmanager
def job_server(address: str) -> Iterator[JobSubmissionClient]:
    """The head's job server; what goes wrong while it is used becomes an error with the next step. Raises as
    ``submit`` does."""
    shown, host = redacted(address), urlsplit(address).hostname or ""
    if not address.startswith(("http://", "https://")) or not host:
        raise ConfigError(f"--address {shown!r} is no job server; give one, for example {LOCAL}")
    if other := [
        key for key in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS") if os.environ.get(key, address) != address
    ]:
        raise ConfigError(f"{other[0]} is set, and Ray would go there in place of {shown}; unset it")
    in_clear = address.startswith("http:") and not re.fullmatch(r"localhost|127(\.\d+){3}|::1", host)
    if in_clear and os.environ.get("RAY_AUTH_MODE", "").lower() == "token":
        console.print(
            f"[yellow]warning[/yellow]: Ray's token travels unencrypted to {shown}; better: {TUNNEL}",
            soft_wrap=True,
        )
    try:
        yield JobSubmissionClient(address)
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
    for job in client.list_jobs():
        if "sweep" in (job.metadata or {}) and (
            own := re.fullmatch(r"sweep-(.+)-(\d+)", job.submission_id or "")
        ):
            found.append((own[1], int(own[2]), job))
    if wanted and wanted not in (names := {name for name, _, _ in found}):
        raise ConfigError(
            f"{nearest(wanted, names, 'sweep')} (a restarted cluster forgets its jobs, not their results)"
        )
    return sorted((one for one in found if wanted in ("", one[0])), key=lambda one: one[:2])


class _Told(typer.core.TyperGroup):  # bad input and a head out of reach are said in a line, with status 2
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (ConfigError, OSError) as error:
            console.print(
                f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False, soft_wrap=True
            )
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=_Told, add_completion=False, pretty_exceptions_enable=False, help="Sweeps that run as Ray Jobs."
)
Name = Annotated[str, typer.Argument(help="of the sweep")]
Address = Annotated[
    str, typer.Option(help="job server of the cluster: http://HEAD:8265, or a tunnel's near end")
]


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="of a sweep; none = all")] = "", address: Address = LOCAL
) -> None:
    """Every attempt of a sweep, or of all sweeps on the cluster."""
    with job_server(address) as client:
        found = attempts(client, name)
    made = Table("job", "status", "began", "minutes", "end", box=None)
    for _, _, job in found:
        begin, end = (job.start_time or 0) / 1000, (job.end_time or time.time() * 1000) / 1000
        why = (
            ENDS.get(job.driver_exit_code or 0, (job.message or "").strip().split("\n")[-1])
            if job.status == "FAILED"
            else ""
        )
        times = f"{datetime.fromtimestamp(begin):%d %b %H:%M}", f"{(end - begin) / 60:.1f}"
        made.add_row(job.submission_id, str(job.status), *times, escape(why))
    console.print(made)


@app.command()
def logs(
    name: Name, address: Address = LOCAL, follow: Annotated[bool, typer.Option("--follow")] = False
) -> None:
    """What the last attempt has printed; with --follow until it ends."""

    async def tail(client: JobSubmissionClient, job: str) -> None:
        async for text in client.tail_job_logs(job):
            typer.echo(text, nl=False)

    with job_server(address) as client:
        job = str(attempts(client, name)[-1][2].submission_id)
        if follow:
            asyncio.run(tail(client, job))
        else:
            typer.echo(client.get_job_logs(job), nl=False)


@app.command()
def stop(name: Name, address: Address = LOCAL) -> None:
    """End the sweep gently and wait for its end; finished folds are kept, and it can be resumed."""
    with job_server(address) as client:
        job = str(attempts(client, name)[-1][2].submission_id)
        client.stop_job(job)
        while not (state := client.get_job_status(job)).is_terminal():
            time.sleep(0.2)
    console.print(f"{job}: {state}", highlight=False)


@app.command()
def resume(name: Name, address: Address = LOCAL) -> None:
    """Run the sweep's command again: only what is missing is computed."""
    with job_server(address) as client:
        held = attempts(client, name)[-1][2].metadata or {}
    submit(address, json.loads(held["arguments"]), name, folder=held["folder"], resume=True)


if __name__ == "__main__":
    app()
