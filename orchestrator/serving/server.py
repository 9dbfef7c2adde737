"""Serves the page on a socket that listens, until it is told to end."""

from __future__ import annotations

import socket

import uvicorn

from orchestrator.inference.video import ClipPredictor
from orchestrator.serving.jobs import Jobs
from orchestrator.serving.web import Limits, application
from orchestrator.serving.work import Model, fault

__all__ = ["Limits", "run"]


def run(
    listening: socket.socket, host: str, predictor: ClipPredictor, figure: bytes | None, limits: Limits
) -> None:
    """Returns, or raises KeyboardInterrupt, when SIGINT or SIGTERM end it; all that was sent is deleted
    then. figure: the bundle's reliability.png."""
    model = Model(predictor, limits.seconds)
    with Jobs(model.work, fault) as jobs:
        config = uvicorn.Config(
            application(jobs, predictor.bundle, figure, host, limits),
            log_level="warning",
            access_log=False,  # it would name what people send
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        uvicorn.Server(config).run(sockets=[listening])
