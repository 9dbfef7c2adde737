"""The frames cell of a manifest: from what was written on another system to what lies on this one."""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from preprocessing.datasets.values import seen

ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".001")
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def is_archive(path: Path) -> bool:
    """Whether a file is packed, by its name."""
    return path.suffix.lower() in ARCHIVES


def unpack(files: Iterable[Path]) -> str:
    """The next step where one of these files is an archive; "" if none is."""
    first = next(filter(is_archive, files), None)
    return f"; {first.name} is an archive: unpack it first" if first else ""


def packed(path: Path) -> str:
    """Which archive of that name lies where a file or folder is missing, and the next step; "" if none."""
    found = [suffix for suffix in ARCHIVES if os.path.isfile(f"{path}{suffix}")]
    return f"; {path.name}{found[0]} is there: unpack it" if found else ""


class Spelling:
    """Reads the frames cells of one manifest. base: its folder."""

    def __init__(self, base: Path):
        self.base, self.home = base, os.path.realpath(base)
        self._held: dict[Path, dict[str, list[str]]] = {}

    def frames(self, value: str) -> tuple[Path, str, list[str]]:
        """(path, problem or "", repairs) of one cell.

        A relative path must stay inside the manifest's folder, links followed. Where it does not exist, that
        one is taken which differs in backslashes, in upper and lower case or in how accents are written
        alone, and a repair says so. Of a path of another machine the part that lies beside the manifest is
        named, not taken.
        """
        from preprocessing.decode import IMAGES  # OpenCV, which whoever asks for a scheme can spare

        value = os.path.expanduser(value)  # ~/data: the home folder, as a shell has it
        path = self.base / value
        if not value:
            return path, "no frames are given", []
        if _OF_WINDOWS.match(value) or (os.path.isabs(value) and not os.path.exists(value)):
            return path, self._of_another_machine(value), []
        repairs = []
        if not os.path.lexists(path) and (found := self._meant(value.replace("\\", "/"))):
            repairs = [f"frames {value!r} -> {found!r}: as the folder is spelt"] if found != value else []
            path = self.base / found
        inside = os.path.commonpath([self.home, os.path.realpath(path)]) == self.home
        if not os.path.isabs(value) and not inside:
            rule = "lead out of the manifest's folder; write the absolute path if that is meant"
            return path, f"frames {value!r} {rule}", []
        if re.search(r"[*?%]", path.name) and os.path.isdir(path.parent) and not os.path.lexists(path):
            return (
                path,
                f"frames {value!r} is a pattern; write its folder, {os.path.dirname(value) or '.'!r}",
                [],
            )
        if os.path.isfile(path) and is_archive(path):
            return path, f"frames {value!r} is an archive; unpack it, and write its folder", []
        if os.path.isfile(path) and path.suffix.lower() in IMAGES:
            return (
                path,
                f"frames {value!r} is one picture; write its folder, {os.path.dirname(value) or '.'!r}",
                [],
            )
        return path, "", repairs

    def _of_another_machine(self, value: str) -> str:
        """ "" for an absolute path of this system, which need no more than not exist."""
        parts = re.split(r"[\\/]+", value)
        tails = ("/".join(parts[i:]) for i in range(1, len(parts)))
        near = next((found for tail in tails if tail.strip("./") and (found := self._meant(tail))), "")
        if near:
            return (
                f"frames {value!r} are not on this machine; {near!r} is there beside the manifest: write that"
            )
        if _OF_WINDOWS.match(value):
            return (
                f"frames {value!r} is a path of Windows; write it as seen from the manifest's folder, with /"
            )
        return ""

    def _meant(self, relative: str) -> str:
        """The one path below the manifest's folder that is spelt so, or as ``_plain`` has it; "" if none or
        several are."""
        at, found = self.base, []
        for part in PurePosixPath(relative).parts:
            if part == ".." or os.path.isabs(part):
                return ""
            names = self._names(at).get(_plain(part), [])
            names = [part] if part in names else names
            if len(names) != 1:
                return ""
            found.append(names[0])
            at = at / names[0]
        return "/".join(found)

    def _names(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._held:
            held: dict[str, list[str]] = {}
            names: list[str] = []
            # of a folder that this user may not list no name can be mended; whoever reads it tells why
            with contextlib.suppress(NotADirectoryError, FileNotFoundError, PermissionError):
                names = sorted(os.listdir(folder))
            for name in names:
                held.setdefault(_plain(name), []).append(name)
            self._held[folder] = held
        return self._held[folder]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen(name)).casefold())
