"""Results of finished folds by job id, on disk or in an S3 bucket. Kept the moment a fold ends; whatever is
there is never computed again.

A file is an ``.npz`` without pickles: the arrays of FoldResult and its other fields as one JSON text; a file
of an older program has no outputs, and reads as one of a model that reports none. It is
written beside its place and renamed (or put, in a bucket), so it is there whole or not at all; a file that
does not read is set aside as ``.damaged`` and computed again.
"""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.study.jobs import FoldJob, FoldResult
from preprocessing.places import Place, names, place, size, write_atomically

log = logging.getLogger(__name__)
_OF = (
    "model",
    "config",
    "features",
    "corpus",
    "au",
    "classes",
    "protocol",
    "fold",
    "seed",
    "code",
    "arithmetic",
    "member",
)
_ARRAYS = ("validation_truth", "epochs", "train_loss", "validation_loss", "validation_probs", "test_probs")
_OUTPUT = "outputs."  # before the name of each
# What a flipped or missing byte of a zip file raises; RuntimeError where it seems encrypted or otherwise
# compressed.
_DAMAGE = (zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, ValueError, EOFError)


@dataclass(frozen=True)
class StoredFold:
    """A fold result in the store. facts: its texts; "of" says what it is a result of, {} where an older
    program wrote it."""

    path: Place
    facts: dict[str, Any]
    bytes: int

    @property
    def of(self) -> dict[str, Any]:
        held: dict[str, Any] = self.facts.get("of", {})
        return held


class FoldStore:
    """Fold results at one place: a folder, or ``s3://bucket/prefix``. Small to send to a worker, which opens
    its own connection.

    Safe for many writers on many machines: equal job ids give equal files, and each appears at once, as a
    whole.
    """

    def __init__(self, root: str | Place):
        """Raises PlaceError for what is no place."""
        self.root = place(root)

    def path(self, job_id: str) -> Place:
        """Raises ValueError for anything but a hex digest: a name like ../x would lead elsewhere."""
        if not re.fullmatch(r"[0-9a-f]{8,64}", job_id):
            raise ValueError(
                f"job id {job_id!r} is no hex digest (8 to 64 of 0-9a-f); take it from FoldJob.job_id"
            )
        return self.root / job_id[:2] / f"{job_id}.npz"

    def __contains__(self, job_id: str) -> bool:
        return self.path(job_id).is_file()

    def labels(self, content: str) -> Place:
        """Where the annotations of a table are kept for the trials' processes; content: digest of the
        table."""
        return self.root.parent / "labels" / f"{content}.npz"

    def held(self) -> Iterator[StoredFold]:
        """What is known of every fold that is there, by file name; folds of other programs or times included.

        A file that does not read is passed over here: ``load`` sets it aside when it is asked for.
        """
        for folder in sorted(names(self.root)):
            for name in sorted(names(self.root / folder)):
                if name.endswith(".npz"):
                    path = self.root / folder / name
                    try:
                        yield StoredFold(path, _facts(path.read_bytes()), size(path))
                    except _DAMAGE:
                        continue

    def save(self, result: FoldResult, job: FoldJob | None = None) -> None:
        """Keep a result, and with it what it is a result of (``job``), so that it can be named later.

        Raises OSError when the disk is full or read-only or the bucket not reached: the fold is then not
        finished."""
        path = self.path(result.job_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        rest = {
            k: getattr(result, k)
            for k in ("job_id", "fold", "seed", "member", "validation", "test", "seconds", "notes")
        }
        if job is not None:
            rest["of"] = {name: getattr(job, name) for name in _OF}
        arrays = {name: getattr(result, name) for name in _ARRAYS}
        arrays |= {_OUTPUT + name: values for name, values in result.outputs.items()}

        def write(temporary: Path) -> None:
            with open(temporary, "wb") as handle:
                np.savez_compressed(handle, facts=np.array(json.dumps(rest)), **arrays)

        write_atomically(path, write)

    def load(self, job_id: str) -> FoldResult | None:
        """The result of a job, or None if it has not been finished (or its file is damaged, which is logged).

        Raises OSError when the place cannot be reached: not finished and not reachable are two things.
        """
        path = self.path(job_id)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return _read(data, job_id)
        except _DAMAGE as error:
            self._set_aside(path, error)
            return None

    def _set_aside(self, path: Place, error: Exception) -> None:
        aside = path.with_suffix(".damaged")
        log.warning("%s does not read (%s); set aside as %s and computed again", path, error, aside.name)
        try:
            path.replace(aside)  # type: ignore[arg-type]
        except FileNotFoundError:
            log.warning("%s has been set aside by another process", path)


def _facts(data: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        facts: dict[str, Any] = json.loads(str(held["facts"]))
    return facts


def _read(data: bytes, job_id: str) -> FoldResult:
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        facts = json.loads(str(held["facts"]))
        arrays = {name: held[name] for name in _ARRAYS}
        outputs = {name.removeprefix(_OUTPUT): held[name] for name in held if name.startswith(_OUTPUT)}
    if facts["job_id"] != job_id:
        raise ValueError(f"it holds job {facts['job_id']}")
    facts.pop("of", None)
    for name in ("validation", "test", "notes"):
        facts[name] = tuple(facts[name])
    return FoldResult(**facts, **arrays, outputs=outputs)
