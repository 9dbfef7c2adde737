"""What a sweep has to tell MLflow: kept on disk, so that a tracking server that is down loses nothing, and
told beside the sweep, so that one that is slow keeps no fold result waiting.

In the sweep's folder:
mlflow.json  all that MLflow is to hold of the sweep (record.py).
model/       the refitted model, as a bundle (inference/bundle_files.py).
The rest is where it is anyway: fold results in the store, scores in summary.json and predictions.csv.

Nothing on disk says what MLflow has taken: MLflow is asked (tracking.Tracker), so the two cannot get out of
step. A sweep and orchestrator.send write through this one class, in the same order, from the same files.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.common.commands import command, resume
from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted
from orchestrator.search.events import Event, FoldEnded, Note, TrialEnded
from orchestrator.selection.records import TrialRecord
from orchestrator.study.table import ClipTable
from orchestrator.tracking.beside import Beside
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.fold_facts import FoldFacts
from orchestrator.tracking.lock import alone
from orchestrator.tracking.record import RECORD, last, own_folds, read_record, wanted, write_record
from orchestrator.workspace.store import FoldStore

if TYPE_CHECKING:
    from orchestrator.inference.refit import Refit
    from orchestrator.tracking.tracker import (
        Tracker,  # below, where it is used: MLflow takes a second to import
    )

MODEL, LOCK = "model", "mlflow.lock"
# state of a trial that has ended -> of its run in MLflow; the others have none
STATES = {"complete": "complete", "stopped": "pruned"}
# folds whose facts stay in memory until MLflow has them, some 10 KB each; those of others are read again
AT_HAND = 4000
PARTING = 5.0  # seconds that the end of an interrupted sweep waits for the step that is being written
STILL = 300.0  # seconds without a step that the end of a sweep waits for MLflow


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

    def __post_init__(self) -> None:
        self._facts: dict[str, FoldFacts] = {}
        self._notes: deque[Note] = deque()
        self._began = self._opening = False  # the run; a connection to MLflow, in which the run is made
        self._beside = Beside(lambda: self.flush(look=bool(self.record["ended"])))

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
        """For a sweep that begins or is resumed. about: as for Tracker. The run is made beside whatever the
        sweep does, from ``after`` so many seconds on; use it as a context manager."""
        notes = []
        try:
            earlier = read_record(folder)
        except ConfigError:
            earlier = {"id": uuid.uuid4().hex, "trials": {}, "others": {}}
            if (folder / RECORD).exists():
                text = "does not read, and is written anew: in MLflow the sweep gets a new run"
                notes.append(Note(f"{folder / RECORD} {text}", "warning"))
        root = store.root.resolve() if isinstance(store.root, Path) else store.root
        folds = "" if root == own_folds(folder) else str(root)
        record = {name: earlier[name] for name in ("id", "trials", "others")}
        record |= {"about": dict(about), "folds": folds, "ended": "", "model": True}
        outbox = cls(uri, folder, store, say, record, ["sweep"])
        outbox._notes.extend(notes)
        write_record(folder, outbox.record)
        outbox._beside.ask(after)
        return outbox

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._beside.hurry()
        else:
            self._beside.stop(PARTING)
            self.tell()

    @classmethod
    def of(cls, uri: str, folder: Path, say: Callable[[Note], object]) -> Outbox:
        """For a sweep that is on disk: everything waits. Raises ConfigError when the folder has no record
        that reads."""
        record = read_record(folder)
        outbox = cls(uri, folder, FoldStore(record["folds"] or own_folds(folder)), say, record)
        outbox.waiting = wanted(outbox.record)
        return outbox

    @property
    def sent(self) -> bool:
        """Whether MLflow has everything."""
        return not self.waiting

    def listen(self, event: Event) -> None:
        """Of all that happens, the ends of trials go to MLflow, with their folds. Raises OSError as
        ``trial``."""
        self.tell()
        if isinstance(event, FoldEnded):
            if len(self._facts) < AT_HAND:
                self._facts[event.result.job_id] = FoldFacts.of(event.result)
        elif isinstance(event, TrialEnded):
            if event.outcome.state in STATES:
                self.trial(event.outcome.trial, STATES[event.outcome.state])
            else:
                self.record["others"][str(event.outcome.index)] = dict(event.outcome.config)
                write_record(self.folder, self.record)
                self._forget([result.job_id for result in event.outcome.results])

    def trial(self, trial: TrialRecord, state: str = "complete") -> None:
        """A trial has ended and its fold results are in the store.

        state: as for Tracker.trial. Raises OSError when the sweep's folder cannot be written.
        """
        jobs = [result.job_id for result in trial.results]
        self.record["trials"][str(trial.index)] = {"state": state, "config": trial.config, "jobs": jobs}
        self.record["others"].pop(str(trial.index), None)  # it had failed before
        self._add(f"trial {trial.index}")

    def finish(self, table: ClipTable, model: str, refit: Callable[[], Refit] | None) -> None:
        """The sweep has ended and its report is written: refit the chosen configuration on all people, and
        wait until what waits is written, or MLflow does not take it. refit: None = no such model is wanted;
        one that an earlier run of the sweep has made stays."""
        self.tell()
        if refit is not None:
            self.say(Note("training the chosen configuration on all people, for MLflow's model registry"))
            from orchestrator.tracking.kept_model import keep_model

            keep_model(self.folder / MODEL, model, refit(), table, sweep=self.folder)
        self.record |= {"ended": "finished", "model": refit is not None or (self.folder / MODEL).is_dir()}
        self._add(*last(self.record))
        self.settle()
        self.say_rest()

    def failed(self, why: str) -> None:
        """The sweep has ended without a result."""
        self.record["ended"] = f"failed: {why}"
        self._add("failed")
        self.settle()
        self.say_rest()

    def left(self, status: str) -> None:
        """The sweep ends before its end: its run in MLflow is not left running. status: KILLED by the user,
        or FAILED; a sweep that is continued sets it back."""
        from orchestrator.tracking.connection import reach

        # what makes the run just now would leave it running: it is waited for, the longer where it has begun
        self._beside.stop(STILL if self._opening else PARTING)
        if self.tracker is not None:
            try:
                reach(self.uri)
                self.tracker.left(status)
            except TrackingError as error:
                self._note("", error)
        self.tell()

    def say_rest(self) -> None:
        """What MLflow lacks and the command that sends it; nothing when it lacks nothing."""
        self.tell()
        if self.waiting:
            name, workspace = self.folder.name, self.folder.parents[1]
            send = command("send", name, workspace=workspace, tracking_uri=self.uri)
            lacks = self.waiting[0] if len(self.waiting) == 1 else f"{self.waiting[0]} to {self.waiting[-1]}"
            self.say(Note(f"MLflow lacks: {lacks}; all of it is in {self.folder}; later:\n  {send}", "error"))

    def settle(self) -> None:
        """Wait until what waits is written, as far as MLflow takes it; at most STILL seconds for one step.
        What failed beside the sweep, and is no matter of MLflow's, is raised."""
        self._beside.settle(lambda: list(self.waiting), STILL)
        self.tell()

    def _add(self, *what: str) -> None:
        write_record(self.folder, self.record)
        self.waiting += [one for one in what if one not in self.waiting]
        self._beside.ask()

    def flush(self, look: bool = True) -> None:
        """Write what waits, in order, until MLflow does not answer. What it refuses while it answers is
        passed over, and waits. look: then ask MLflow for all that it is to hold, and write once more what it
        has not."""
        with alone(self.folder / LOCK):
            seen = self.waiting == wanted(self.record)
            wrote = self._pass()
            for again in (True, False) if look else ():
                if self.waiting or (seen and not wrote):
                    break
                self.waiting, seen = wanted(self.record), True
                wrote = self._pass(write=again)
        if self.said and self.sent:
            self._notes.append(Note("MLflow is back, and has everything so far"))
            self.said.clear()

    def _pass(self, write: bool = True) -> bool:
        """Whether something was written of what waits. write: or only looked for."""
        from orchestrator.tracking.connection import reach
        from orchestrator.tracking.tracker import Tracker

        wrote = False
        for what in list(self.waiting):
            if self._beside.stopped:
                break
            try:
                reach(self.uri)
                self._opening = self.tracker is None
                tracker = self.tracker or Tracker(self.uri, self.record["about"], self.record["id"])
            except TrackingError as error:
                self._opening = False
                self._note("", error)
                break
            self.tracker, self._opening = tracker, False
            try:
                if not self._held(tracker, what):
                    if not write:
                        raise TrackingError(
                            f"MLflow at {redacted(self.uri)} took {what}, and does not have it"
                        )
                    self._write(tracker, what)
                    wrote = True
            except TrackingError as error:
                self._note(what, error)
                self.tracker = None  # a server may come back without the run: it is looked up again
            else:
                self.waiting.remove(what)
            self._notes.extend(Note(text, "warning") for text in tracker.notes)
            tracker.notes.clear()
        return wrote

    def _held(self, tracker: Tracker, what: str) -> bool:
        if what.startswith("trial "):
            index = what.removeprefix("trial ")
            kept = self.record["trials"][index]
            return tracker.holds_trial(int(index), kept["state"], kept["jobs"])
        if what == "model":
            return tracker.holds_model(self.folder / MODEL)
        if what == "scores":
            return tracker.holds_scores(self.folder)
        if what == "failed":
            return tracker.holds_failure(self.record["ended"].removeprefix("failed: "))
        return self._began or bool(self.record["ended"])

    def _write(self, tracker: Tracker, what: str) -> None:
        if what.startswith("trial "):
            index = what.removeprefix("trial ")
            kept = self.record["trials"][index]
            tracker.trial(int(index), kept["config"], self._folds(index, kept["jobs"]), kept["state"])
            self._forget(kept["jobs"])
        elif what == "model":
            tracker.model(self.folder / MODEL)
        elif what == "scores":
            tracker.finish(self.folder)
        elif what == "failed":
            tracker.failed(self.record["ended"].removeprefix("failed: "))
        else:
            tracker.begins()
            self._began = True

    def _folds(self, index: str, jobs: Sequence[str]) -> list[FoldFacts]:
        return [self._facts.get(job) or self._read(index, job) for job in jobs]

    def _read(self, index: str, job: str) -> FoldFacts:
        try:
            result = self.store.load(job)
        except OSError as error:  # a shared store that is not reached
            raise TrackingError(f"trial {index} is not sent: {error}") from error
        if result is None:
            raise TrackingError(
                f"trial {index} is not sent: fold result {job} is not in {self.store.root}; it is computed "
                f"again by: {resume(self.folder)}"
            )
        return FoldFacts.of(result)

    def _forget(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            self._facts.pop(job, None)

    def _note(self, what: str, error: TrackingError) -> None:
        if what not in self.said:
            self._notes.append(Note(f"{error}; nothing is lost, it is kept in {self.folder}", "error"))
        self.said.add(what)

    def tell(self) -> None:
        """Say what the writer has left to say: in the thread of whoever listens, not in its own."""
        while self._notes:
            self.say(self._notes.popleft())
