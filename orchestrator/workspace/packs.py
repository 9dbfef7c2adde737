"""Many fold results in one file: what a trial leaves behind once it has ended.

30,000 files take minutes to list and read on a network's file system, and as many requests in a bucket; 60
packs take a second. A pack is written as a whole, beside its place, when all of its results are on disk
already, and never changed: so any number of processes and machines may write and read, and one that is killed
leaves nothing half done.

MAGIC, the length of the index (8 bytes), SHA-256 of length and index (32 bytes), the index as JSON, and the
results as fold_file writes them, each with its own SHA-256. The index: "of", what results are results of, as
far as they share it; "results", [job id, bytes, place in "of", what of it is its own], in their order.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import struct
import sys
import uuid
from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.study.jobs import canonical_json
from orchestrator.workspace import fold_file, sealed
from orchestrator.workspace.fold_file import Damaged
from preprocessing.places import Place, map_places, names, size, write_atomically
from preprocessing.reread import file_bytes, read_part

log = logging.getLogger(__name__)
MAGIC = b"MERPACK1"
_LENGTH = struct.Struct("<Q")
HEAD = len(MAGIC) + _LENGTH.size + hashlib.sha256().digest_size
MOST = 500  # results in a pack: 20 MB, which are in memory while they are written
SUFFIX = ".pack"
_OWN = ("fold", "seed", "member")  # of what a result is of: its own, not shared by its trial


@dataclass(frozen=True, slots=True)
class Packed:
    """Where a result lies, and what it is a result of."""

    pack: str
    start: int
    length: int
    of: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """What a pack holds, in its order: a store of tens of thousands of results is in memory. jobs: their ids.
    starts: where each begins, and the end of the last. shared, own: of each, what it is a result of."""

    pack: str
    jobs: tuple[str, ...]
    starts: array[int]
    shared: tuple[Mapping[str, Any], ...]
    own: tuple[Mapping[str, Any], ...]

    def of(self, job_id: str) -> Packed:
        """Raises ValueError for a job that it does not hold."""
        at = self.jobs.index(job_id)
        start, end = self.starts[at], self.starts[at + 1]
        return Packed(self.pack, start, end - start, {**self.shared[at], **self.own[at]})

    def __iter__(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """(job id, bytes, what it is a result of)."""
        for at, job in enumerate(self.jobs):
            of = {**self.shared[at], **self.own[at]}
            yield job, self.starts[at + 1] - self.starts[at], of


@dataclass
class Packs:
    """The packs of a store, as far as they have been looked at. Several threads may use it."""

    place: Place
    known: dict[str, Index] = field(default_factory=dict)  # by the pack's name
    held: dict[str, Index] = field(default_factory=dict)  # job -> the pack that has it
    owns: dict[tuple[tuple[str, Any], ...], Mapping[str, Any]] = field(default_factory=dict)

    def look(self) -> None:
        """Read the indices of packs that have come since. Raises OSError when the place cannot be reached."""
        new = sorted(name for name in names(self.place) - set(self.known) if name.endswith(SUFFIX))
        for found in map_places(self._index, [self.place / name for name in new]):
            if found is not None:
                self._know(found)

    def _know(self, found: Index) -> None:
        self.held.update(dict.fromkeys(found.jobs, found))
        self.known[found.pack] = found

    def read(self, job_id: str) -> bytes | None:
        """A result's bytes, verified; None where no known pack holds it, or the one that did has gone. A pack
        that is damaged is set aside, and what is whole in it is kept."""
        index = self.held.get(job_id)
        if index is None:
            return None
        where = index.of(job_id)
        path = self.place / where.pack
        try:
            data = read_part(path, where.start, where.length)
            if len(whole := fold_file.part_of(data)) == where.length:
                return whole
            self.mend(path, Damaged(f"job {job_id} is not where the index has it"))
        except FileNotFoundError:
            self._forget(where.pack)
        except (Damaged, IsADirectoryError) as error:
            self.mend(path, error)
        return None

    def write(self, results: Mapping[str, tuple[bytes, Mapping[str, Any]]]) -> str:
        """Job -> (its bytes, what it is a result of), as one pack. Returns its name. Raises OSError; then
        nothing is changed."""
        shared: dict[str, int] = {}
        rows, content = [], []
        for job, (data, of) in results.items():
            own = {name: of[name] for name in _OWN if name in of}
            rest = canonical_json({name: value for name, value in of.items() if name not in own})
            rows.append([job, len(data), shared.setdefault(rest, len(shared)), own])
            content.append(data)
        index = json.dumps({"of": [json.loads(text) for text in shared], "results": rows}).encode()
        length = _LENGTH.pack(len(index))
        head = MAGIC + length + hashlib.sha256(length + index).digest() + index
        name = uuid.uuid4().hex[:24] + SUFFIX
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)

        def write(temporary: Path) -> None:
            with open(temporary, "wb") as handle:
                handle.write(head)
                handle.writelines(content)

        write_atomically(path, write)
        if isinstance(self.place, Path):  # the name too, before what it holds is deleted elsewhere
            folder = os.open(self.place, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        self._know(_parsed(name, index, len(head), self.owns))
        return name

    def drop(self, jobs: Collection[str]) -> set[str]:
        """Delete these results; what else is in their packs is written anew first. Returns those that were
        there."""
        gone = set(jobs) & set(self.held)
        for name in [name for name, its in self.known.items() if not gone.isdisjoint(its.jobs)]:
            rest, index = {}, self.known[name]
            for job, _, of in index:
                if job not in gone and self.held.get(job) is index and (data := self.read(job)):
                    rest[job] = (data, of)
            if rest:
                self.write(rest)
            self._forget(name)
            with contextlib.suppress(FileNotFoundError):  # another process was faster
                (self.place / name).unlink()
        return gone

    def mend(self, path: Place, error: Exception) -> None:
        """Set a damaged pack aside, when what is whole in it has been written anew."""
        self._forget(path.name)
        try:
            data = file_bytes(path)
        except IsADirectoryError:
            data = b""
        except FileNotFoundError:
            return  # another process was faster
        whole = dict(_whole(data))
        if whole:
            self.write(whole)
        log.warning("%s: %d fold results in it are whole and kept", path, len(whole))
        sealed.computed_again(path, error)

    def _forget(self, name: str) -> None:
        index = self.known.pop(name, None)
        jobs = {job for job in index.jobs if self.held.get(job) is index} if index else set()
        for job in jobs:
            del self.held[job]
        for other in [other for other, its in self.known.items() if not jobs.isdisjoint(its.jobs)]:
            self._forget(other)  # it holds one of them too: to be looked at again

    def _index(self, path: Place) -> Index | None:
        try:
            head = read_part(path, 0, HEAD)
            if len(head) < HEAD or not head.startswith(MAGIC):
                raise Damaged("it does not begin as a pack")
            length = head[len(MAGIC) : -32]
            index = read_part(path, HEAD, min(_LENGTH.unpack(length)[0], size(path)))
            if hashlib.sha256(length + index).digest() != head[-32:]:
                raise Damaged("the SHA-256 of its index is another than when it was written")
            found = _parsed(path.name, index, HEAD + len(index), self.owns)
            if size(path) != found.starts[-1]:
                raise Damaged(f"it has {size(path)} bytes, and was written with {found.starts[-1]}")
            return found
        except FileNotFoundError:
            return None  # another process has just mended it
        except (Damaged, IsADirectoryError) as error:
            self.mend(path, error)
            return None


def _parsed(
    name: str, index: bytes, start: int, owns: dict[tuple[tuple[str, Any], ...], Mapping[str, Any]]
) -> Index:
    """owns: what results are of, as far as it is their own; one for all trials."""
    read = json.loads(index)
    jobs, starts, shared, own = [], array("Q", [start]), [], []
    for job, length, of, its in read["results"]:
        jobs.append(sys.intern(job))
        starts.append(starts[-1] + length)
        shared.append(read["of"][of])
        own.append(owns.setdefault(tuple(its.items()), its))
    return Index(name, tuple(jobs), starts, tuple(shared), tuple(own))


def _whole(data: bytes) -> Iterator[tuple[str, tuple[bytes, dict[str, Any]]]]:
    """What is whole in a pack's bytes, wherever it lies."""
    at = data.find(fold_file.MAGIC)
    while at >= 0:
        try:
            part = fold_file.part_of(data, at)
            record, of = fold_file.read(part)
            yield record.job_id, (part, of)
            at += len(part) - 1
        except Damaged:
            pass  # what is wrong is told by whoever found the pack damaged
        at = data.find(fold_file.MAGIC, at + 1)
