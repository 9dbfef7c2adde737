"""A page on this machine for somebody's own videos: python -m orchestrator.serve MODEL. Exit statuses:
console/handler.py; Ctrl-C ends it with 130."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common.errors import ConfigError, Interrupted
from orchestrator.console import asked, extracted
from orchestrator.console.bundles import AllowCode, Model, bundle_of
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(
    model: Model,
    host: Annotated[
        str, typer.Option(help="address to listen on; anything but loopback lets others send videos")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 = one that is free")] = 7860,
    max_mb: Annotated[float, typer.Option(min=0.001, help="MiB of a video, at most")] = 500.0,
    max_seconds: Annotated[float, typer.Option(min=0.1, help="seconds of a video, at most")] = 300.0,
    allow_code: AllowCode = False,
    landmarker: extracted.ModelsLandmarker = "",
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """A page on this machine: drop a video or record one, and see what is spotted in it and recognised.
    Nothing is sent anywhere, and nothing is kept."""
    with errors_are_told(console):
        from orchestrator.inference.bundle import of_files
        from orchestrator.inference.bundle_files import FIGURE, read_files
        from orchestrator.inference.video import ClipPredictor
        from orchestrator.serving.guard import on_loopback
        from orchestrator.serving.server import Limits, run

        with bundle_of(model, workspace, tracking_uri) as (where, own):
            held = read_files(where)
            bundle = of_files(held, str(where), allow_code=allow_code or own)
            predictor = ClipPredictor(bundle, landmarker)
        with _listening(host, port) as listening:
            if not on_loopback(host):
                console.print(
                    f"whoever reaches {host} can send videos to this page: it asks nobody for a password. "
                    "Browsers of other machines give it no camera, for want of https",
                    style="yellow",
                )
            console.print(f"{_address(listening)}  (Ctrl-C ends it)", soft_wrap=True)
            with suppress(KeyboardInterrupt):  # raised, unless the command was started with SIGINT ignored
                run(listening, host, predictor, held.get(FIGURE), Limits(max_mb, max_seconds))
            raise Interrupted("ended; what was sent and made is deleted")


def _listening(host: str, port: int) -> socket.socket:
    """Raises ConfigError where nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"--host {host} --port {port}: nothing can listen there ({error}); give another port, or "
            "--port 0 for one that is free"
        ) from error


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


if __name__ == "__main__":
    app()
