"""Files that a user names: regular ones that this user may read. A pipe would be waited for, a device never
ends."""

from __future__ import annotations

import os
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


class NotPermitted(BadInput):
    """A file or folder that this user may not read. Names it and the next step."""


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
    """The path as it is, also of what is not there. Raises NoRegularFile and NotPermitted, as ``not_regular``
    and ``shut`` say it."""
    if why := not_regular(path):
        raise NoRegularFile(f"{why}: put what it holds into a file, and name that")
    if why := shut(path):
        raise NotPermitted(why)
    return path


def shut(path: Path) -> str:
    """Why this user may not read a file, or list a folder, and the next step; "" where nothing forbids it,
    and of what is no file or folder, or is not there: whoever reads it says so."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(path).close()
        elif stat.S_ISREG(mode):
            path.open("rb").close()
    except PermissionError:
        closed = next((one for one in reversed(path.absolute().parents) if not _entered(one)), None)
        at = f"the folder {closed} may not be entered: chmod u+x {closed}" if closed else f"chmod u+r {path}"
        return f"{path} may not be read by this user: {at}, or have its owner let you read it"
    except OSError:
        return ""
    return ""


def _entered(folder: Path) -> bool:
    try:
        os.stat(f"{folder}/.")
    except PermissionError:
        return False
    return True
