"""Files that a command is told to write: refused before any work where they cannot be written, and each whole
or not there in the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestrator.common.errors import ConfigError, Unfinished
from preprocessing.places import write_atomically

DEVICES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
Write = Callable[[Path, Callable[[Path], object]], None]


def writable(option: str, file: Path) -> None:
    """Raises ConfigError where a file could not be written in the end, and for a device, a pipe, or a link to
    one such as /dev/stdout: a file is written whole and put in its place, and theirs is not for taking."""
    folder = file.absolute().parent
    if (file.exists() and not file.is_file() and not file.is_dir()) or folder in DEVICES:
        raise ConfigError(f"{option} {file}: a device or a pipe is no file; give a file in a folder")
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        what = f"{file} is a folder" if file.is_dir() else f"{folder} is no folder that can be written to"
        raise ConfigError(f"{option} {file}: {what}; give a file in a folder that is there")


def checked(outputs: Mapping[str, Path | None], inputs: Iterable[Path] = ()) -> None:
    """outputs: option -> its file, None where it was not given. Raises ConfigError as ``writable``, where two
    are one file, and where one is an input."""
    read = [Path(os.path.realpath(one)) for one in inputs]
    named: dict[Path, str] = {}
    for option, file in outputs.items():
        if file is None:
            continue
        writable(option, file)
        where = Path(os.path.realpath(file))
        if where in named:
            raise ConfigError(f"{named[where]} and {option} both write {file}; give each a file of its own")
        if where in read:
            raise ConfigError(f"{option} {file} is read by this command; give another file")
        named[where] = option


@contextmanager
def writing() -> Iterator[Write]:
    """Gives write_atomically, but that what cannot be written is told in the end, when all else is there.
    Raises Unfinished."""
    failed = []

    def write(file: Path, by: Callable[[Path], object]) -> None:
        try:
            write_atomically(file, by)
        except OSError as error:
            failed.append(str(error))

    yield write
    if failed:
        raise Unfinished(f"{'; '.join(failed)}; the other files that were asked for are there")


def said(text: str) -> None:
    """On standard output. Raises Unfinished where nobody reads it any more or there is no room."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise Unfinished(f"standard output cannot be written to: {error.strerror}") from error
