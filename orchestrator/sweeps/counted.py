"""What a sweep's timing says of its folds."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.search.events import Event, FoldEnded, Listener


class Counted:
    """Hands events on, and counts what a sweep's timing says."""

    def __init__(self, listeners: Sequence[Listener]):
        self.listeners = listeners
        self.run, self.reused, self.seconds = 0, 0, 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, FoldEnded):
            self.reused += event.reused
            self.run += not event.reused
            self.seconds += 0.0 if event.reused else event.result.seconds
        for listener in self.listeners:
            listener(event)
