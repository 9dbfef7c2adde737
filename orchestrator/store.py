"""Results of finished folds on disk, by job id. Kept the moment a fold ends; whatever is there is never computed again.

A file is an ``.npz`` without pickles: the arrays of FoldResult and its other fields as one JSON text. It is written beside its
place and renamed, so it is there whole or not at all; a file that does not read is set aside as ``.damaged`` and computed again.
"""

from __future__ import annotations

import json
import logging
import os
import zipfile
from pathlib import Path

import numpy as np

from orchestrator.jobs import FoldResult
from preprocessing.schema import write_atomically

log = logging.getLogger(__name__)
_ARRAYS = ("validation_truth", "epochs", "train_loss", "validation_loss", "validation_probs", "test_probs")


class FoldStore:
    """Folder of fold results. Safe for many writers: equal job ids give equal files, and each is renamed into place."""

    def __init__(self, root: Path):
        self.root = root

    def path(self, job_id: str) -> Path:
        return self.root / job_id[:2] / f"{job_id}.npz"

    def __contains__(self, job_id: str) -> bool:
        return self.path(job_id).is_file()

    def save(self, result: FoldResult) -> None:
        """Raises OSError when the disk is full or read-only: the fold is then not finished."""
        path = self.path(result.job_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        rest = {k: getattr(result, k) for k in ("job_id", "fold", "seed", "validation", "test", "seconds", "notes")}
        arrays = {name: getattr(result, name) for name in _ARRAYS}

        def write(temporary: Path) -> None:
            with open(temporary, "wb") as handle:
                np.savez_compressed(handle, facts=np.array(json.dumps(rest)), **arrays)

        write_atomically(path, write)

    def load(self, job_id: str) -> FoldResult | None:
        """The result of a job, or None if it has not been finished (or its file is damaged, which is logged)."""
        path = self.path(job_id)
        try:
            with np.load(path, allow_pickle=False) as held:
                facts = json.loads(str(held["facts"]))
                arrays = {name: held[name] for name in _ARRAYS}
        except FileNotFoundError:
            return None
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
            aside = path.with_suffix(".damaged")
            log.warning("%s does not read (%s); set aside as %s and computed again", path, error, aside.name)
            os.replace(path, aside)
            return None
        for name in ("validation", "test", "notes"):
            facts[name] = tuple(facts[name])
        return FoldResult(**facts, **arrays)
