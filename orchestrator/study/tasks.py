"""What a worker is given of a study, so that it cannot look at what it must not see.

A table is taken apart before anything leaves the process that deals out folds:

SharedInputs  what every worker may see: the model inputs of all clips, in rows without names. No label, no
              clip id (some corpora write the emotion into a clip's name), no person. Action units only where
              they are inputs of the held-out person too (mode "annotated", which every output names).
Annotations   names, people, labels and action units. Only the process that deals out folds holds them.
FoldTask      one fold: which rows train, validate and are tested, and the labels of those that train and
              validate. Where action units are predicted, also those of the training clips, and which of these
              clips are of one person.

A worker's result names no clip and holds no label either; ``Annotations.signed`` joins both again.
"""

from __future__ import annotations

import io
import typing
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.study.jobs import FoldData, FoldJob, FoldResult
from preprocessing.places import Place, write_atomically

if typing.TYPE_CHECKING:
    from pathlib import Path

    from preprocessing.plugins import Plugin


@dataclass(frozen=True)
class SharedInputs:
    """Of all clips of a study, row by row; no row has a name.

    x        float32, float16 or uint8 (n, *shape), as stored.
    aus      float32 (n, 21) in mode "annotated", where they are inputs of every clip; else None.
    plugins  code that the user brought and the folds need; it travels as text.
    """

    kind: str
    channels: tuple[str, ...]
    x: NDArray[Any]
    aus: NDArray[Any] | None
    plugins: tuple[Plugin, ...] = ()


@dataclass(frozen=True)
class FoldTask:
    """One fold as a worker gets it. n, v, t clips in train, validation, test.

    job             the fold's job without clip ids.
    train, validation, test  int32, rows of SharedInputs.
    y_train, y_validation    int16 (n,) and (v,), class index.
    aus_train       int8 (n, 21), only where action units are predicted: 1 active, 0 not, a row of -1 where
                    not annotated.
    person_train    int32 (n,), equal for clips of one person; only with aus_train.
    """

    job: FoldJob
    train: NDArray[Any]
    validation: NDArray[Any]
    test: NDArray[Any]
    y_train: NDArray[Any]
    y_validation: NDArray[Any]
    aus_train: NDArray[Any] | None = None
    person_train: NDArray[Any] | None = None

    def opened(self, shared: SharedInputs) -> tuple[FoldJob, FoldData]:
        """The job, with row numbers in the place of clip ids, and its arrays cut out of the inputs."""
        parts = {name: getattr(self, name) for name in ("train", "validation", "test")}
        ids = {name: tuple(map(str, rows)) for name, rows in parts.items()}
        job = replace(self.job, train=ids["train"], validation=ids["validation"], test=ids["test"])
        given = {name: None if shared.aus is None else shared.aus[rows] for name, rows in parts.items()}
        if self.aus_train is not None:
            given["train"] = self.aus_train.astype(np.float32)
        people = () if self.person_train is None else tuple(f"{who:06d}" for who in self.person_train)
        data = FoldData(
            kind=shared.kind,
            channels=shared.channels,
            x_train=shared.x[self.train],
            y_train=self.y_train.astype(np.int64),
            x_validation=shared.x[self.validation],
            y_validation=self.y_validation.astype(np.int64),
            x_test=shared.x[self.test],
            aus_train=given["train"],
            aus_validation=given["validation"],
            aus_test=given["test"],
            subjects_train=people,
        )
        return job, data


@dataclass(frozen=True)
class Annotations:
    """Row by row what SharedInputs leaves out. Never an argument of a task, never in Ray's object store.

    row       clip id -> row.
    y         int64 (n,), class index.
    person    int32 (n,): number of the clip's person, in the order of the people's names.
    aus       int8 (n, 21) where action units are predicted, else None.
    """

    row: dict[str, int]
    y: NDArray[Any]
    person: NDArray[Any]
    aus: NDArray[Any] | None

    def task(self, job: FoldJob) -> FoldTask:
        """The job as a worker gets it. Raises KeyError for a clip that the study does not have."""
        train, validation, test = (self._rows(ids) for ids in (job.train, job.validation, job.test))
        predicted = self.aus is not None
        return FoldTask(
            job=replace(job, train=(), validation=(), test=()),
            train=train,
            validation=validation,
            test=test,
            y_train=self.y[train].astype(np.int16),
            y_validation=self.y[validation].astype(np.int16),
            aus_train=self.aus[train] if self.aus is not None else None,
            person_train=self.person[train] if predicted else None,
        )

    def signed(self, result: FoldResult, job: FoldJob) -> FoldResult:
        """A worker's result with the job's id, its clip ids, and the labels of its validation clips."""
        return replace(
            result,
            job_id=job.job_id,
            validation=job.validation,
            test=job.test,
            validation_truth=self.y[self._rows(job.validation)],
        )

    def keep(self, where: Place) -> None:
        """Write all of it, for the trials' own processes on the head. Raises OSError."""
        where.parent.mkdir(parents=True, exist_ok=True)
        ids = np.array(sorted(self.row, key=self.row.__getitem__), dtype=np.str_)
        rest = {} if self.aus is None else {"aus": self.aus}

        def write(path: Path) -> None:
            with open(path, "wb") as handle:
                np.savez_compressed(handle, ids=ids, y=self.y, person=self.person, **rest)

        write_atomically(where, write)

    @classmethod
    def kept(cls, where: Place) -> Annotations:
        """What ``keep`` wrote. Raises OSError when it is not there."""
        with np.load(io.BytesIO(where.read_bytes()), allow_pickle=False) as held:
            row = {str(clip): i for i, clip in enumerate(held["ids"])}
            return cls(row, held["y"], held["person"], held.get("aus"))

    def _rows(self, ids: Sequence[str]) -> NDArray[Any]:
        return np.array([self.row[clip] for clip in ids], np.int32)


def unsigned(result: FoldResult) -> FoldResult:
    """The result without clip ids and labels: what a worker gives back, and what travels through Ray."""
    return replace(result, validation=(), test=(), validation_truth=np.zeros(0, np.int64))
