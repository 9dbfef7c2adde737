"""Tasks that nobody waits for any more."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import ray

PATIENCE = 10.0  # seconds in which a cancellation is sent again


def end(tasks: Collection[ray.ObjectRef[Any]]) -> None:
    """Returns once none of them runs, or after ``PATIENCE`` seconds. On a busy machine Ray loses a
    cancellation that meets a task on its way to its worker, and a fold would hold its place for as long as it
    trains: it is sent again."""
    left, until = list(tasks), time.monotonic() + PATIENCE
    while left and time.monotonic() < until:
        for one in left:
            ray.cancel(one, force=True)
        _, left = ray.wait(left, num_returns=len(left), timeout=1)
