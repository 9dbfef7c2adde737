"""Files that a user names: regular ones alone are read. A pipe would be waited for, a device never ends."""

from __future__ import annotations

import stat
from pathlib import Path

from preprocessing.errors import BadInput

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


class NoRegularFile(BadInput):
    """A pipe, a socket, a device or a folder in a file's place. Names it and the next step."""


def not_regular(path: Path) -> str:
    """What stands in a file's place, as in "PATH is a named pipe; only regular files are read", or "". Opens
    nothing; "" too where nothing is there, or nobody can tell: whoever reads it says so."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if stat.S_ISREG(mode):
        return ""
    return f"{path} is {_KINDS.get(stat.S_IFMT(mode), 'no file')}; only regular files are read"


def regular(path: Path) -> Path:
    """The path as it is. Raises NoRegularFile, as ``not_regular`` says it."""
    if why := not_regular(path):
        raise NoRegularFile(f"{why}: put what it holds into a file, and name that")
    return path
