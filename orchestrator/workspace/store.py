"""Results of finished folds by job id, on disk or in an S3 bucket. Kept the moment a fold ends; whatever is
there is never computed again.

A file is an ``.npz`` without pickles: the arrays of FoldResult and its other fields as one JSON text. It is
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
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from orchestrator.study.jobs import FoldResult
from preprocessing.places import Place, map_places, names, place, write_atomically

log = logging.getLogger(__name__)
_ARRAYS = ("validation_truth", "epochs", "train_loss", "validation_loss", "validation_probs", "test_probs")
# What a flipped or missing byte of a zip file raises; RuntimeError where it seems encrypted or otherwise
# compressed.
_DAMAGE = (zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, ValueError, EOFError)


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

    def present(self, job_ids: Iterable[str]) -> set[str]:
        """Those that are there, by listing folders: far fewer requests than asking for each. A damaged file
        counts until it is loaded."""
        asked = {self.path(job_id).name: job_id for job_id in job_ids}
        folders = sorted({name[:2] for name in asked})
        return {
            asked[name]
            for found in map_places(names, [self.root / folder for folder in folders])
            for name in found & asked.keys()
        }

    def save(self, result: FoldResult) -> None:
        """Raises OSError when the disk is full or read-only or the bucket not reached: the fold is then not
        finished."""
        path = self.path(result.job_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        rest = {
            k: getattr(result, k)
            for k in ("job_id", "fold", "seed", "validation", "test", "seconds", "notes")
        }
        arrays = {name: getattr(result, name) for name in _ARRAYS}

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


def _read(data: bytes, job_id: str) -> FoldResult:
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        facts = json.loads(str(held["facts"]))
        arrays = {name: held[name] for name in _ARRAYS}
    if facts["job_id"] != job_id:
        raise ValueError(f"it holds job {facts['job_id']}")
    for name in ("validation", "test", "notes"):
        facts[name] = tuple(facts[name])
    return FoldResult(**facts, **arrays)
