"""Folds of long videos that are finished, in a folder: each in a file of its own with its SHA-256, written
the moment it ends. What is damaged is set aside and computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.spotting.folds import Fold
from orchestrator.spotting.jobs import Runner, SpotTask
from orchestrator.spotting.marked import Seen
from orchestrator.workspace import sealed
from preprocessing.spotting.peaks import Interval


class Kept:
    """JSON objects by the id of what they are a result of. Raises OSError where the folder cannot be read or
    written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, job_id: str) -> Path:
        return self.folder / job_id[:2] / f"{job_id}.json"

    def load(self, job_id: str) -> dict[str, Any] | None:
        """None where there is none."""
        path = self._path(job_id)
        try:
            held = sealed.read_json(path, "")
            if held["job"] != job_id:
                raise sealed.Damaged(path, f"it holds job {held['job']}", "")
            return held
        except FileNotFoundError:
            return None
        except (sealed.Damaged, KeyError) as error:
            sealed.computed_again(path, error)
            return None

    def save(self, job_id: str, held: Mapping[str, Any]) -> None:
        self._path(job_id).parent.mkdir(parents=True, exist_ok=True)
        sealed.write_json(self._path(job_id), {"job": job_id, **held}, indent=None)


def folds(
    asked: Sequence[SpotTask],
    seen: Mapping[str, Seen],
    kept: Kept,
    runner: Callable[[], Runner],
    told: Callable[[int, int], object] = lambda done, of: None,
) -> dict[str, list[Fold]]:
    """Spotter -> its folds, in the order of the tasks: those that are kept, and the others from the runner,
    which is made only where one is missing. told: (folds there, folds in all). Raises as the runner."""
    ids = {(task.spotter, task.person): task.job_id(seen) for task in asked}
    made: dict[tuple[str, str], Fold] = {}
    missing = []
    for task in asked:
        if (held := kept.load(ids[task.spotter, task.person])) is None:
            missing.append(task)
        else:
            made[task.spotter, task.person] = _read(held)
    told(len(made), len(asked))
    for task, fold in runner()(missing, seen) if missing else ():
        kept.save(ids[task.spotter, task.person], _written(fold))
        made[task.spotter, task.person] = fold
        told(len(made), len(asked))
    by: dict[str, list[Fold]] = {}
    for task in asked:
        by.setdefault(task.spotter, []).append(made[task.spotter, task.person])
    return by


def _written(fold: Fold) -> dict[str, Any]:
    """As JSON. Its numbers come back as they are: Python writes a float with all its digits."""
    return {
        "person": fold.person,
        "threshold": fold.threshold,
        "digest": fold.digest,
        "f1": list(fold.f1.items()),
        "found": [
            [threshold, {video: [list(vars(one).values()) for one in each] for video, each in of.items()}]
            for threshold, of in fold.found.items()
        ],
    }


def _read(held: Mapping[str, Any]) -> Fold:
    found = {
        threshold: {video: [Interval(*one) for one in each] for video, each in of.items()}
        for threshold, of in held["found"]
    }
    return Fold(held["person"], held["threshold"], dict(held["f1"]), held["digest"], found)
