"""Results of finished folds by job id, on disk or in an S3 bucket. Kept the moment a fold ends; whatever is
there is never computed again.

``ab/abc....fold`` is one result (fold_file.py), written beside its place and renamed (or put, in a bucket),
so that it is there whole or not at all. When a trial has ended its results go into one file in ``packs/``
(packs.py). Each has a SHA-256, which is verified whenever it is read: what is damaged is named, set aside as
``.damaged`` and computed again. Files of an older program, ``ab/abc....npz``, are read too.

``ab/abc....weights`` beside it holds the model's weights, where the sweep was told to keep them: bytes of
sealed.signed, safetensors, which do not go into packs.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.record import Clips, FoldRecord
from orchestrator.workspace import fold_file, sealed
from orchestrator.workspace.fold_file import Damaged
from orchestrator.workspace.packs import MOST, Packs
from preprocessing.places import Place, map_places, names, place, size, write_atomically
from preprocessing.reread import file_bytes

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
LATE = (1, 2, 4, 8, 16, 32)  # seconds between looks; a mount's acdirmax is 60 by default
PACKS = "packs"
WEIGHTS = ".weights"
# suffix of a single result -> how it is read
_READ: dict[str, Callable[[bytes, Clips | None], tuple[FoldRecord, dict[str, Any]]]] = {
    ".fold": fold_file.read,
    ".npz": fold_file.read_npz,
}


@dataclass(frozen=True)
class StoredFold:
    """A fold result in the store. of: what it is a result of, {} where an older program wrote it. bytes: that
    it takes."""

    job_id: str
    of: dict[str, Any]
    bytes: int


class FoldStore:
    """Fold results at one place: a folder, or ``s3://bucket/prefix``. Small to send to a worker, which opens
    its own connection.

    Safe for many writers on many machines: equal job ids give equal results, and each file appears at once,
    as a whole.
    """

    def __init__(self, root: str | Place):
        """Raises PlaceError for what is no place."""
        self.root = place(root)
        self._packs = Packs(self.root / PACKS)
        self._last: FoldRecord | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_packs", "_last")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _packs=Packs(state["root"] / PACKS), _last=None)

    def path(self, job_id: str) -> Place:
        """Where a result lies until its trial has ended. Raises ValueError for anything but a hex digest: a
        name like ../x would lead elsewhere."""
        if not re.fullmatch(r"[0-9a-f]{8,64}", job_id):
            raise ValueError(
                f"job id {job_id!r} is no hex digest (8 to 64 of 0-9a-f); take it from FoldJob.job_id"
            )
        return self.root / job_id[:2] / f"{job_id}.fold"

    def __contains__(self, job_id: str) -> bool:
        """Whether it would be read: a name alone says nothing of what is there."""
        return self.load(job_id) is not None

    def labels(self, content: str) -> Place:
        """Where the annotations of a table are kept for the trials' processes; content: digest of the
        table."""
        return self.root.parent / "labels" / f"{content}.npz"

    def held(self) -> Iterator[StoredFold]:
        """What is known of every fold that is there; folds of other programs or times included. Of packs the
        index alone is read and verified, not each result.

        A file that does not read is passed over here: ``load`` sets it aside when it is asked for.
        """
        self._packs.look()
        packed = dict(self._packs.held)
        for index in dict.fromkeys(packed.values()):
            for job, length, of in index:
                if packed[job] is index:
                    yield StoredFold(job, of, length)
        for folder in sorted(names(self.root) - {PACKS}):
            for path in (self.root / folder / name for name in sorted(names(self.root / folder))):
                job, _, suffix = path.name.partition(".")
                if f".{suffix}" in _READ and job not in packed:
                    try:
                        data = file_bytes(path)
                        yield StoredFold(job, _READ[f".{suffix}"](data, None)[1], len(data))
                    except (Damaged, FileNotFoundError, IsADirectoryError):
                        continue

    def save(self, result: FoldResult | FoldRecord, job: FoldJob | None = None, weights: bytes = b"") -> None:
        """Keep a result, and with it what it is a result of (``job``), so that it can be named later; before
        it the weights, if there are any, so that no finished fold lacks them.

        Raises OSError when the disk is full or read-only or the bucket not reached: the fold is then not
        finished."""
        path = self.path(result.job_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        if weights:
            self.save_weights(result.job_id, weights)
        record = result if isinstance(result, FoldRecord) else FoldRecord.of(result)
        of = {} if job is None else {name: getattr(job, name) for name in _OF}
        data = fold_file.written(record, of)
        write_atomically(path, lambda temporary: temporary.write_bytes(data))

    def save_weights(self, job_id: str, weights: bytes) -> None:
        """Keep the weights of a fold's model. Raises OSError as ``save``."""
        path = self.path(job_id).with_suffix(WEIGHTS)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = sealed.signed(job_id, weights)
        write_atomically(path, lambda temporary: temporary.write_bytes(data))

    def weights(self, job_id: str) -> bytes | None:
        """What ``save_weights`` was given; None where nothing was kept, or it is damaged, which is logged.
        Raises OSError when the place cannot be reached."""
        path = self.path(job_id).with_suffix(WEIGHTS)
        try:
            return sealed.of_signed(job_id, file_bytes(path))
        except FileNotFoundError:
            return None
        except (ValueError, IsADirectoryError) as error:
            sealed.computed_again(path, error)
            return None

    def weights_held(self) -> dict[str, int]:
        """Job -> bytes of its kept weights, of all that are there."""
        found = {}
        for folder in names(self.root) - {PACKS}:
            for name in names(self.root / folder):
                job, _, suffix = name.partition(".")
                if f".{suffix}" == WEIGHTS:
                    try:
                        found[job] = size(self.root / folder / name)
                    except FileNotFoundError:
                        continue  # another process has just deleted it
        return found

    def load(self, job_id: str, like: Clips | None = None) -> FoldRecord | None:
        """The result of a job, or None if it has not been finished (or it is damaged, which is logged).

        like  the job, or a record of it: the result holds its tuples of clip ids, one for all trials, and is
              read in half the time.
        Raises OSError when the place cannot be reached: not finished and not reachable are two things.
        """
        path = self.path(job_id)
        if found := self._packed(job_id, like) or self._single(path, job_id, like):
            return found
        self._packs.look()  # another process may just have packed it
        return self._packed(job_id, like)

    def kept(self, job: FoldJob) -> FoldRecord | None:
        """``load`` of a result that another process says it has kept. Over NFS what is listed here may be a
        minute old, and the result meanwhile in a pack: so None comes after a minute alone."""
        found = self.load(job.job_id, job)
        for seconds in LATE:
            if found:
                break
            time.sleep(seconds)
            found = self.load(job.job_id, job)
        return found

    def pack(self, jobs: Sequence[str]) -> None:
        """The results of these jobs, as far as they are there one by one, into packs. What cannot be written
        stays as it is, and is said in the log."""
        alone = [job for job in jobs if job not in self._packs.held]
        try:
            for at in range(0, len(alone), MOST):
                self._pack(alone[at : at + MOST])
        except OSError as error:
            log.warning("fold results stay in files of their own, as they are: %s", error)

    def _pack(self, jobs: Sequence[str]) -> None:
        results = {}
        for job, data in zip(jobs, map_places(_bytes, [self.path(job) for job in jobs]), strict=True):
            if data is not None:
                try:
                    results[job] = (data, fold_file.read(data)[1])
                except Damaged as error:
                    sealed.computed_again(self.path(job), error)
        if len(results) > 1:
            self._packs.write(results)
            map_places(_unlinked, [self.path(job) for job in results])

    def delete(self, jobs: Collection[str]) -> int:
        """With their weights. Returns how many results there were. Raises OSError."""
        self._packs.look()
        gone = self._packs.drop(jobs)
        for job in jobs:
            _unlinked(self.path(job).with_suffix(WEIGHTS))
            for suffix in _READ:
                if _unlinked(self.path(job).with_suffix(suffix)):
                    gone.add(job)
        return len(gone)

    def _packed(self, job_id: str, like: Clips | None) -> FoldRecord | None:
        data = self._packs.read(job_id)
        if data is None:
            return None
        try:
            return self._its(job_id, fold_file.opened(data, like)[0])
        except Damaged as error:
            self._packs.mend(self._packs.place / self._packs.held[job_id].pack, error)
            return None

    def _single(self, path: Place, job_id: str, like: Clips | None) -> FoldRecord | None:
        for suffix, read in _READ.items():
            try:
                return self._its(job_id, read(file_bytes(path.with_suffix(suffix)), like)[0])
            except FileNotFoundError:
                continue
            except (Damaged, IsADirectoryError) as error:
                sealed.computed_again(path.with_suffix(suffix), error)
        return None

    def _its(self, job_id: str, record: FoldRecord) -> FoldRecord:
        if record.job_id != job_id:
            raise Damaged(f"it holds job {record.job_id}")
        record.store = self
        return record

    def again(self, record: FoldRecord) -> FoldRecord | None:
        """``load``, for a record that has let its arrays go: the last one is asked for several times."""
        last = self._last
        if last is None or last.job_id != record.job_id:
            last = self._last = self.load(record.job_id, record)
        return last


def _bytes(path: Place) -> bytes | None:
    try:
        return file_bytes(path)
    except (FileNotFoundError, IsADirectoryError):
        return None


def _unlinked(path: Place) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
