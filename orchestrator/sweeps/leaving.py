"""A sweep that is left before its end: the user learns that it can be continued and how, and MLflow that it
does not run any more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from orchestrator.common.commands import resume
from orchestrator.common.errors import Interrupted, NoResult, Unfinished
from orchestrator.search.events import Ends, Listener, Note
from orchestrator.workspace.sweep_folder import EXPERIMENT

if TYPE_CHECKING:
    from orchestrator.tracking.outbox import Outbox


def goes_on(folder: Path, what: str) -> str:
    """What a user who has interrupted the sweep in this folder is told. what: is kept."""
    return f"interrupted; {what}; go on with: {resume(folder)}"


@dataclass
class Leaving:
    """Use as a context manager, around all that is done from the moment when a sweep claims its folder.
    outbox: once there is one.

    Raises Interrupted for a KeyboardInterrupt, and Unfinished for an OSError (a full disk), both with the way
    on; any other exception stays what it is.
    """

    folder: Path
    outbox: Outbox | None = None

    def __enter__(self) -> Leaving:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, NoResult):  # of which MLflow has been told
            return
        if not (self.folder / EXPERIMENT).exists():  # nothing to continue
            return
        if self.outbox is not None:
            self.outbox.left("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        if isinstance(error, KeyboardInterrupt) and not isinstance(error, Interrupted):
            raise Interrupted(goes_on(self.folder, "finished folds are kept")) from error
        if isinstance(error, OSError):
            raise Unfinished(self._unfinished(error)) from error

    def stuck(self, why: str, tell: Listener) -> None:
        """In another thread than the main one, which is held in a call that does not come back: all that an
        OSError there would have done, with the same words. Finished folds are on disk."""
        tell(Note(f"not finished: {self._unfinished(why)}", "error"))
        try:
            if self.outbox is not None:
                self.outbox.left("FAILED")
        finally:
            tell(Ends())

    def _unfinished(self, why: object) -> str:
        return f"{why}; finished folds are kept; go on with: {resume(self.folder)}"
