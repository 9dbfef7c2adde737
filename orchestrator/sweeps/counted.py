"""What a sweep's timing says of its folds, counted as they end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from orchestrator.search.events import Event, FoldEnded, Listener


class Counted:
    """Hands events on, and counts: folds that were trained, and their seconds; folds that were reused.

    ahead  ids of jobs that were trained for this sweep before it began: they are none of the reused.
    """

    def __init__(self, listeners: Sequence[Listener], ahead: Collection[str] = ()):
        self.listeners, self.ahead = listeners, ahead
        self.run, self.reused, self.seconds = 0, 0, 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, FoldEnded):
            if event.result.job_id in self.ahead:
                event = replace(event, reused=False)
            self.reused += event.reused
            self.run += not event.reused
            self.seconds += 0.0 if event.reused else event.result.seconds
        for listener in self.listeners:
            listener(event)
