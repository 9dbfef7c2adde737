"""Folds of long videos that are finished, and what recognisers have said, in a folder: each in a file of its
own with its SHA-256, written the moment it ends. What is damaged is set aside and computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.spotting.folds import Fold
from orchestrator.spotting.jobs import Runner, SpotTask, version
from orchestrator.spotting.marked import Seen
from orchestrator.workspace import sealed
from preprocessing.spotting.peaks import Interval

FOLDS_OF, CLASSES_BY = "folds of ", "classes by "  # how Held.what begins


@dataclass(frozen=True)
class Held:
    """A file of ``Kept``. what: "folds of peaks", "classes by NAME"; code: of what made it; both "" where an
    older program kept it, which did not say."""

    job_id: str
    what: str
    code: str
    bytes: int


class Kept:
    """JSON objects by the id of what they are a result of. Raises OSError where the folder cannot be read or
    written.

    asked  ids that were loaded or saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: set[str] = set()

    def _path(self, job_id: str) -> Path:
        return self.folder / job_id[:2] / f"{job_id}.json"

    def load(self, job_id: str) -> dict[str, Any] | None:
        """None where there is none."""
        path = self._path(job_id)
        self.asked.add(job_id)
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

    def save(self, job_id: str, held: Mapping[str, Any], what: str = "", code: str = "") -> None:
        """what, code: as in Held."""
        self.asked.add(job_id)
        self._path(job_id).parent.mkdir(parents=True, exist_ok=True)
        of = {"what": what, "code": code}
        sealed.write_json(self._path(job_id), {"job": job_id, "of": of, **held}, indent=None)

    def held(self) -> Iterator[Held]:
        """All that is there; a file that is damaged says nothing, and counts."""
        for path in sorted(self.folder.glob("*/*.json")):
            of = sealed.held(path)[0].get("of", {})
            yield Held(path.stem, str(of.get("what", "")), str(of.get("code", "")), path.stat().st_size)

    def delete(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            self._path(job_id).unlink(missing_ok=True)


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
        code = version(task.spotter)
        kept.save(ids[task.spotter, task.person], _written(fold), f"{FOLDS_OF}{task.spotter}", code)
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
