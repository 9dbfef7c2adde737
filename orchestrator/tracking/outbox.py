"""What a sweep has to tell MLflow, kept on disk so that a tracking server that is down loses nothing.

In the sweep's folder:
mlflow.json  all that MLflow is to hold of the sweep: "about" (what the sweep is), "trials" (index -> "state",
             "config" and "jobs", the ids of its fold results), "folds" (the store they are in; "" = folds/ of
             the workspace), "ended" ("" while it runs, "finished", or "failed: " and why). No tracking
             address: it may hold a password.
model/       the refitted model: weights.safetensors, model.json, example.safetensors (two clips as the model
             takes them).
The rest is where it is anyway: fold results in the store, scores in summary.json and predictions.csv.

Nothing on disk says what MLflow has taken: MLflow is asked (tracking.Tracker), so the two cannot get out of
step. A sweep and orchestrator.send write through this one class, in the same order, from the same files.
"""

from __future__ import annotations

import contextlib
import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted
from orchestrator.search.events import Event, Note, TrialEnded
from orchestrator.selection.records import TrialRecord
from orchestrator.study.table import ClipTable
from orchestrator.workspace import sealed
from orchestrator.workspace.store import FoldStore

if TYPE_CHECKING:
    from orchestrator.study.study import Study
    from orchestrator.tracking.tracker import (
        Tracker,
        TrackingError,
    )  # below, where they are used: MLflow takes more than a second to import

RECORD, MODEL, LOCK = "mlflow.json", "model", "mlflow.lock"
AGAIN = "run the sweep again with --resume: it is written anew"
# state of a trial that has ended -> of its run in MLflow; the others have none
STATES = {"complete": "complete", "stopped": "pruned"}


@dataclass
class Outbox:
    """What MLflow is to hold of one sweep, and what of it is still to be written.

    uri     tracking address.
    folder  the sweep's folder.
    store   where the fold results are.
    say     is told in a Note what the user should know. A failure is said once, not again at every trial.
    record  content of mlflow.json.
    waiting what is to be written, in order: "sweep" (its run), "trial 0", ..., "model", "scores" or "failed".
    said    of which of them a failure has been said; "" where MLflow did not answer at all.
    """

    uri: str
    folder: Path
    store: FoldStore
    say: Callable[[Note], object]
    record: dict[str, Any]
    waiting: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    tracker: Tracker | None = None
    beside: threading.Timer | None = None

    @classmethod
    def start(
        cls,
        uri: str,
        about: Mapping[str, Any],
        folder: Path,
        store: FoldStore,
        say: Callable[[Note], object],
        after: float = 0.0,
    ) -> Outbox:
        """For a sweep that begins or is resumed. about: as for Tracker. The run is made now, if MLflow
        answers, or ``after`` so many seconds, beside whatever the sweep does then; use it as a context
        manager."""
        try:
            earlier = read_record(folder)["trials"]
        except ConfigError:
            earlier = {}  # new, or of a time before there was such a file
        root = store.root.resolve() if isinstance(store.root, Path) else store.root
        folds = "" if root == _own_folds(folder) else str(root)
        record = {"about": dict(about), "trials": earlier, "folds": folds, "ended": ""}
        outbox = cls(uri, folder, store, say, record, ["sweep"])
        outbox._keep()
        if after:
            outbox.beside = threading.Timer(after, outbox.flush)
            outbox.beside.start()
        else:
            outbox.flush()
        return outbox

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, *_: object) -> None:
        if self.beside:
            self.beside.cancel()  # if it has not begun: then the run is made with what comes next
            self.beside.join()

    @classmethod
    def of(cls, uri: str, folder: Path, say: Callable[[Note], object]) -> Outbox:
        """For a sweep that is on disk: everything waits. Raises ConfigError when the folder has no record
        that reads."""
        record = read_record(folder)
        store = FoldStore(record["folds"] or _own_folds(folder))
        waiting = ["sweep", *(f"trial {index}" for index in sorted(record["trials"], key=int))]
        waiting += {"": [], "finished": ["model", "scores"]}.get(record["ended"], ["failed"])
        return cls(uri, folder, store, say, record, waiting)

    @property
    def sent(self) -> bool:
        """Whether MLflow has everything."""
        return not self.waiting

    def listen(self, event: Event) -> None:
        """Of all that happens, the ends of trials go to MLflow. Raises OSError as ``trial``."""
        if isinstance(event, TrialEnded) and event.outcome.state in STATES:
            self.trial(event.outcome.trial, STATES[event.outcome.state])

    def trial(self, trial: TrialRecord, state: str = "complete") -> bool:
        """A trial has ended and its fold results are in the store. Returns whether MLflow has everything so
        far.

        state: as for Tracker.trial. Raises OSError when the sweep's folder cannot be written.
        """
        jobs = [result.job_id for result in trial.results]
        self.record["trials"][str(trial.index)] = {"state": state, "config": trial.config, "jobs": jobs}
        self._add(f"trial {trial.index}")
        return self.sent

    def finish(self, study: Study, table: ClipTable, trials: Sequence[TrialRecord], rule: str) -> None:
        """The sweep has ended and its report is written: refit the chosen configuration on all people, as one
        model or as the committee that ``rule`` is, and write what waits."""
        self.say(Note("training the chosen configuration on all people, for the model registry of MLflow"))
        from orchestrator.inference.refit import refit
        from orchestrator.tracking.kept_model import keep_model

        keep_model(self.folder / MODEL, study.model, refit(study, table, trials, rule), table)
        self.record["ended"] = "finished"
        self._add("model", "scores")
        self.say_rest()

    def failed(self, why: str) -> None:
        """The sweep has ended without a result."""
        self.record["ended"] = f"failed: {why}"
        self._add("failed")
        self.say_rest()

    def left(self, status: str) -> None:
        """The sweep ends before its end: its run in MLflow is not left running. status: KILLED by the user,
        or FAILED; a sweep that is continued sets it back."""
        from orchestrator.tracking.tracker import TrackingError

        if self.tracker is not None:
            try:
                self.tracker.left(status)
            except TrackingError as error:
                self._say("", error)

    def say_rest(self) -> None:
        """What MLflow lacks and the command that sends it; nothing when it lacks nothing."""
        if self.waiting:
            name, workspace = self.folder.name, self.folder.parents[1]
            send = (
                f"python -m orchestrator.send {name} --workspace {workspace} --tracking-uri "
                f"{redacted(self.uri)}"
            )
            lacks = self.waiting[0] if len(self.waiting) == 1 else f"{self.waiting[0]} to {self.waiting[-1]}"
            self.say(Note(f"MLflow lacks: {lacks}; all of it is in {self.folder}; later:\n  {send}", "error"))

    def _add(self, *what: str) -> None:
        self._keep()
        self.waiting += [one for one in what if one not in self.waiting]
        self.flush()

    def _keep(self) -> None:
        sealed.write_json(self.folder / RECORD, self.record, indent=1)

    def flush(self) -> None:
        """Write what waits, in order, until MLflow does not answer. What it refuses while it answers is
        passed over, and waits."""
        from orchestrator.tracking.tracker import Tracker, TrackingError, reach

        with _alone(self.folder / LOCK):
            for what in list(self.waiting):
                try:
                    reach(self.uri)
                    self.tracker = self.tracker or Tracker(self.uri, self.record["about"])
                except TrackingError as error:
                    self._say("", error)
                    return
                try:
                    self._write(self.tracker, what)
                except TrackingError as error:
                    self._say(what, error)
                    self.tracker = None  # a server may come back without the run: it is looked up again
                else:
                    self.waiting.remove(what)
        if self.said and self.sent:
            self.say(Note("MLflow is back, and has everything so far"))
            self.said.clear()

    def _write(self, tracker: Tracker, what: str) -> None:
        if what.startswith("trial "):
            index = what.removeprefix("trial ")
            tracker.trial(self._trial(index), self.record["trials"][index]["state"])
        elif what == "model":
            tracker.model(self.folder / MODEL)
        elif what == "scores":
            tracker.finish(self.folder)
        elif what == "failed":
            tracker.failed(self.record["ended"].removeprefix("failed: "))

    def _trial(self, index: str) -> TrialRecord:
        from orchestrator.tracking.tracker import TrackingError

        kept = self.record["trials"][index]
        try:
            held = {job: self.store.load(job) for job in kept["jobs"]}
        except OSError as error:  # a shared store that is not reached
            raise TrackingError(f"trial {index} is not sent: {error}") from error
        if missing := [job for job, result in held.items() if result is None]:
            raise TrackingError(
                f"trial {index} is not sent: fold result {missing[0]} is not in {self.store.root}; run the "
                "sweep again with --resume"
            )
        return TrialRecord(
            int(index), kept["config"], tuple(result for result in held.values() if result is not None)
        )

    def _say(self, what: str, error: TrackingError) -> None:
        if what not in self.said:
            self.say(Note(f"{error}; nothing is lost, it is kept in {self.folder}", "error"))
        self.said.add(what)


def _own_folds(folder: Path) -> Path:
    return folder.resolve().parents[1] / "folds"


def read_record(folder: Path) -> dict[str, Any]:
    """Content of mlflow.json. Raises ConfigError when it is not there or does not read."""
    file = folder / RECORD
    try:
        record = sealed.read_json(file, AGAIN)
        return {key: record[key] for key in ("about", "trials", "folds", "ended")}
    except sealed.Damaged as error:
        raise ConfigError(f"{file} does not read ({error.why}); {AGAIN}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} does not read ({type(error).__name__}: {error}); {AGAIN}") from error


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One writer at a time: a sweep that goes on and a ``send`` of it would both make a run that neither has
    found."""
    with open(lock, "w") as handle:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
