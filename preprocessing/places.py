"""Where feature sets and fold results lie: a folder (of this machine, or shared by several over NFS), or a
part of an S3 bucket.

A place is a pathlib.Path, or an S3Path, which has those of Path's names that are used here: who reads and
writes does not ask which. ``s3://bucket/prefix`` may say ``?endpoint_override=127.0.0.1:5000&scheme=http``
(or ``region=``) for a server of one's own, and so may the environment (AWS_ENDPOINT_URL). Credentials are
never part of it: they come from the environment or from the machine's role, on every machine that reads or
writes.
"""

from __future__ import annotations

import errno
import functools
import os
import posixpath
import re
import stat
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pyarrow import fs

from preprocessing import reachable
from preprocessing.errors import BadInput

T = TypeVar("T")
OPTIONS = ("endpoint_override", "region", "scheme")
REQUESTS_AT_ONCE = 16  # over the network one waits for answers, not for a CPU


class PlaceError(BadInput):
    """A store's address cannot be used: neither a path nor s3://bucket/prefix, or it holds what does not
    belong there."""


def make_folder(folder: Place) -> None:
    """Raises PlaceError for one that cannot be, as below /proc or a file; OSError else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileNotFoundError, NotADirectoryError, FileExistsError) as error:
        raise PlaceError(
            f"folder {folder} cannot be made ({error.strerror}); name another --workspace, or --store"
        ) from error


@dataclass(frozen=True)
class S3Path:
    """An object of a bucket, or what the names of several begin with. Holds text alone: connected to on first
    use, in any process.

    key    "bucket/prefix/name".
    query  options of the connection, as in the address: "endpoint_override=127.0.0.1:5000&scheme=http".
    """

    key: str
    query: str = ""

    def __str__(self) -> str:
        return f"s3://{self.key}" + (f"?{self.query}" if self.query else "")

    def __truediv__(self, name: str) -> S3Path:
        bucket = self.key.split("/")[0]
        key = posixpath.normpath(f"{self.key}/{name}")
        if not key.startswith(f"{bucket}/"):
            raise PlaceError(f"{name!r} leads out of the bucket of {self}; give a name inside it")
        return S3Path(key, self.query)

    @property
    def name(self) -> str:
        return posixpath.basename(self.key)

    @property
    def parent(self) -> S3Path:
        return S3Path(posixpath.dirname(self.key), self.query)

    def with_suffix(self, suffix: str) -> S3Path:
        return S3Path(posixpath.splitext(self.key)[0] + suffix, self.query)

    def mkdir(self, parents: bool = True, exist_ok: bool = True) -> None:
        """Nothing: S3 has no folders."""

    def is_file(self) -> bool:
        with _told(self, "be reached"):
            return self._system.get_file_info(self.key).type == fs.FileType.File

    def read_bytes(self) -> bytes:
        """Raises FileNotFoundError where there is no such object or bucket."""
        with _told(self, "be read"), self._system.open_input_file(self.key) as handle:
            return handle.read()

    def read_text(self) -> str:
        return self.read_bytes().decode()

    def write_bytes(self, data: bytes) -> None:
        """Whole or not at all: an object is there once all of it has arrived."""
        with _told(self, "be written"), self._system.open_output_stream(self.key) as handle:
            # in one call: if something raised between two, the object would be kept as far as it had come
            handle.write(data)

    def replace(self, target: S3Path) -> None:
        """Move, which S3 does as copy and delete. Raises FileNotFoundError where there is nothing to move."""
        with _told(self, f"be moved to {target.name}"):
            try:
                self._system.move(self.key, target.key)
            except OSError as error:
                if self.is_file():
                    raise
                raise FileNotFoundError(self.key) from error

    def unlink(self) -> None:
        """Raises FileNotFoundError where there is no such object."""
        with _told(self, "be deleted"):
            self._system.delete_file(self.key)

    @property
    def _system(self) -> fs.FileSystem:
        return _open(self.key.split("/")[0], self.query)


Place = Path | S3Path


@functools.cache
def _open(bucket: str, query: str) -> fs.FileSystem:
    reachable.listens(*reachable.of_bucket(query))
    # Delayed open: a small object is one request instead of the three of a multipart upload.
    with _told(S3Path(bucket, query), "be opened"):
        return fs.FileSystem.from_uri(f"s3://{bucket}?{query}{'&' if query else ''}allow_delayed_open=true")[
            0
        ]


@contextmanager
def _told(where: Place, what: str) -> Iterator[None]:
    """OSErrors as ones that say where and what next."""
    try:
        yield
    except OSError as error:
        if isinstance(where, Path):
            advice = "see that its folder is there, may be written to and has room"
        elif isinstance(error, FileNotFoundError):
            raise FileNotFoundError(f"{where} is not there") from error
        else:
            advice = "check bucket, endpoint, network and this machine's credentials (environment or role)"
        text = (
            f"{where} cannot {what}: {error.strerror or error}; {advice}, then run the same command again: "
            "what is finished is kept"
        )
        raise (OSError(text) if error.errno is None else OSError(error.errno, text)) from error


def of_home(path: str) -> str:
    """The path with a tilde at its start as the home folder, which the shell leaves in --store=~/x and in a
    job's file. Raises PlaceError for the home of nobody, and for control characters and bytes that are no
    UTF-8, which no printed command could repeat and no file of a sweep hold, also of the current folder."""
    whole = os.path.abspath(path) if path and "://" not in path else path
    if found := re.search(r"[\x00-\x1f\x7f]", whole):
        raise PlaceError(f"{whole!r} holds the control character {found[0]!r}; name the path without")
    if re.search("[\ud800-\udfff]", whole):
        raise PlaceError(
            f"{whole!r} is no UTF-8, as a name that Windows has packed, or under LC_ALL=C without Python's "
            "UTF-8 mode: rename the folder, or unset LC_ALL and PYTHONUTF8"
        )
    made = os.path.expanduser(path)
    if made.startswith("~"):
        raise PlaceError(
            f"{path!r}: no home folder of {made.split('/')[0]!r} is known here; give the whole path"
        )
    return made


def place(where: str | Place) -> Place:
    """A path (made absolute: a worker's process may have another working directory) or an ``s3://`` address
    as a place.

    Raises PlaceError for another scheme, no bucket, an unknown option, or credentials in the address (which
    it does not repeat).
    """
    if isinstance(where, S3Path):
        return where
    text = of_home(str(where))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):/", text)
    if not scheme:
        return Path(text).absolute()
    if isinstance(where, Path):
        raise PlaceError(
            f"{scheme[1]}:// is an address, and a folder of this machine is needed here; an S3 bucket goes "
            "with --store"
        )
    if scheme[1] != "s3" or not text.startswith("s3://"):
        raise PlaceError(f"{scheme[1]}: is no place for a store; give a path, or s3://bucket/prefix")
    key, _, query = text.removeprefix("s3://").partition("?")
    if "@" in key:
        raise PlaceError(
            "the address of the store holds credentials; give s3://bucket/prefix alone and put them into the "
            "environment "
            "(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or use the machine's role"
        )
    options = [option.partition("=")[0] for option in query.split("&") if option]
    if unknown := [name for name in options if name not in OPTIONS]:
        raise PlaceError(
            f"unknown option {unknown[0]!r} in the address of the store; known: {', '.join(OPTIONS)}"
        )
    if not re.match(r"[a-z0-9][a-z0-9.-]+(/|$)", key):
        raise PlaceError(f"{text} names no bucket; give s3://bucket/prefix")
    return S3Path(posixpath.normpath(key), query)


def size(path: Place) -> int:
    """Bytes. Raises FileNotFoundError."""
    if isinstance(path, Path):
        return path.stat().st_size
    with _told(path, "be reached"):
        info = path._system.get_file_info(path.key)
    if info.type != fs.FileType.File:
        raise FileNotFoundError(f"{path} is not there")
    return int(info.size)


def names(folder: Place) -> set[str]:
    """What lies in a folder; nothing where there is none."""
    if isinstance(folder, Path):
        return set(os.listdir(folder)) if folder.is_dir() else set()
    with _told(folder, "be listed"):
        return {
            info.base_name
            for info in folder._system.get_file_info(fs.FileSelector(folder.key, allow_not_found=True))
        }


def free_name(path: Place) -> Place:
    """NAME.damaged, NAME.2.damaged ...: the first beside ``path`` that nothing has."""
    taken = names(path.parent)
    number, name = 1, f"{path.name}.damaged"
    while name in taken:
        number += 1
        name = f"{path.name}.{number}.damaged"
    return path.parent / name


def file_bytes(path: Place) -> bytes:
    """All bytes. Raises FileNotFoundError; IsADirectoryError for what is no regular file: a pipe would be
    waited for."""
    if isinstance(path, Path):
        _regular(path)
    return path.read_bytes()


def _regular(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is no regular file", str(path))


def read_part(path: Place, start: int, length: int) -> bytes:
    """So many bytes from ``start`` on, or as many as there are. Raises as ``file_bytes``."""
    if isinstance(path, Path):
        _regular(path)
        with open(path, "rb") as handle:
            handle.seek(start)
            return handle.read(length)
    with _told(path, "be read"), path._system.open_input_file(path.key) as held:
        return held.read_at(max(0, min(length, held.size() - start)), start)


def moved(path: Place, target: Place) -> None:
    """Rename inside one place. Raises FileNotFoundError where there is nothing to move, and OSError, which
    says where."""
    if isinstance(path, S3Path):
        path.replace(path.parent / target.name)
        return
    try:
        os.replace(path, str(target))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(error.errno, f"{path} cannot be renamed to {target.name}: {error.strerror}") from error


def map_places(function: Callable[[Any], T], places: Sequence[Place]) -> list[T]:
    """The function's value for every place, in order; several at once where each is a request over the
    network."""
    if not any(isinstance(one, S3Path) for one in places):
        return [function(one) for one in places]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        return list(pool.map(function, places))


def write_atomically(path: Place, write: Any, *, flush: bool = True) -> None:
    """Call ``write(temporary path)``, then rename it into place or put it into the bucket: a reader sees all
    of it or nothing.

    flush  to disk before the rename, so that a power cut leaves no empty file behind; not needed where losing
           the file is no loss.
    Raises OSError (disk full, no right to write, server not reached), which says where and what next.
    """
    if isinstance(path, S3Path):
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / path.name
            with _told(temporary, "be written"):
                write(temporary)
            path.write_bytes(temporary.read_bytes())
        return
    # process ids repeat over machines
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.part")
    try:
        with _told(path, "be written"):
            write(temporary)
            if flush:
                with open(temporary, "rb") as handle:
                    os.fsync(handle.fileno())
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def nobody_else_writes() -> None:
    """Files and folders of this process and its children are not writable by everybody, whatever umask it was
    started with: they hold labels, people and code that is run again."""
    os.umask(os.umask(0o077) | 0o002)
