"""A sweep on a cluster from a laptop, as a Ray Job: ``python -m orchestrator.sweep stag ... --address
http://HEAD:8265``.

From any laptop: ``python -m orchestrator.remote status [NAME] | logs NAME [--follow] | stop NAME | resume
NAME``, each with ``--address http://HEAD:8265``. What a job is: runners/job_server.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from ray.job_submission import JobSubmissionClient
from rich.table import Table

from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.runners.job_server import (
    LOCAL,
    REMOTE_FOLDER,
    attempts,
    job_server,
    patiently,
    submit,
    without,
)
from preprocessing.command_line import App
from preprocessing.terminal import printable

ENDS = {
    1: "failed, or folds are missing",
    2: "bad input",
    3: "complete, but not in MLflow",
    127: "no .venv in --remote-folder",
}
console = terminal()


def say(text: str) -> None:
    console.print(text, soft_wrap=True)


def hand_over(address: str, name: str, model: str) -> None:
    """Submit this process' command line, a sweep's, to the job server at ``address``. Raises as ``submit``
    does."""
    program, *words = sys.argv
    if Path(program).stem in ("mer", "__main__") and words[:1] == ["sweep"]:
        program, words = "sweep", words[1:]
    if Path(program).stem != "sweep":  # a comparison, say: its command line is another
        raise ConfigError(f"--address {redacted(address)}: only a sweep runs as a job")
    words, own = without(words, "--address", "--name", "--remote-folder")
    submit(
        address,
        words,
        name or f"{model}-{datetime.now():%Y%m%d-%H%M%S}",
        folder=own.get("--remote-folder", REMOTE_FOLDER),
        say=say,
    )


app = App(help="Sweeps that run as Ray Jobs.")
Name = Annotated[str, typer.Argument(help="of the sweep")]
Address = Annotated[
    str, typer.Option(help="job server of the cluster: http://HEAD:8265, or a tunnel's near end")
]


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="of a sweep; none = all")] = "", address: Address = LOCAL
) -> None:
    """Every attempt of a sweep, or of all sweeps on the cluster."""
    with errors_are_told(console), job_server(address, say) as client:
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
        made.add_row(job.submission_id, str(job.status), *times, why)
    console.print(made)


@app.command()
def logs(
    name: Name, address: Address = LOCAL, follow: Annotated[bool, typer.Option("--follow")] = False
) -> None:
    """What the last attempt has printed; with --follow until it ends."""

    async def tail(client: JobSubmissionClient, job: str) -> None:
        async for text in client.tail_job_logs(job):
            typer.echo(printable(text), nl=False)

    with errors_are_told(console), job_server(address, say) as client:
        job = str(attempts(client, name)[-1][2].submission_id)
        if follow:
            asyncio.run(tail(client, job))
        else:
            typer.echo(printable(client.get_job_logs(job)), nl=False)


@app.command()
def stop(name: Name, address: Address = LOCAL) -> None:
    """End the sweep gently and wait for its end; finished folds are kept, and it can be resumed."""
    with errors_are_told(console), job_server(address, say) as client:
        job = str(attempts(client, name)[-1][2].submission_id)
        client.stop_job(job)
        while not (state := patiently(lambda: client.get_job_status(job))).is_terminal():
            time.sleep(0.2)
    console.print(f"{job}: {state}")


@app.command()
def resume(name: Name, address: Address = LOCAL) -> None:
    """Run the sweep's command again: only what is missing is computed."""
    with errors_are_told(console):
        with job_server(address, say) as client:
            held = attempts(client, name)[-1][2].metadata or {}
        submit(address, json.loads(held["arguments"]), name, folder=held["folder"], resume=True, say=say)


if __name__ == "__main__":
    app()
