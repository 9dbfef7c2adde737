"""The folders of a corpus: which are of systems, which is meant."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from preprocessing.datasets.paths import unpack
from preprocessing.schema import CorpusError

# folders that a recorder, an archive or a network drive makes of its own: Synology, macOS, Windows
FOLDERS_OF_SYSTEMS = (
    "@eadir",
    "#recycle",
    "#snapshot",
    "__macosx",
    "$recycle.bin",
    "system volume information",
)


def folders(root: Path) -> list[Path]:
    """Visible folders in ``root``, by name; stray files (``Desktop - Shortcut.lnk``) are passed over, and so
    are folders that systems make of their own (@eaDir, __MACOSX)."""
    return sorted(
        path
        for path in root.iterdir()
        if not path.name.startswith(".")
        and path.name.lower() not in FOLDERS_OF_SYSTEMS
        and os.path.isdir(path)
    )


def folder_in(root: Path, name: str) -> Path:
    """``root/name``; where that is not there but one folder that differs in upper and lower case alone is,
    that one: some systems make no difference."""
    at = root
    for part in name.split("/"):
        near = (
            [] if os.path.isdir(at / part) else [one for one in shown(at) if one.name.lower() == part.lower()]
        )
        at = near[0] if len(near) == 1 else at / part
    return at


def first_folder(root: Path, names: tuple[str, ...], what: str) -> Path:
    """The first of ``root/name`` that is a folder; where an archive was unpacked into a folder of its own
    name, the inner one. Raises CorpusError if none is, with the folder that looks like the one that is
    meant."""
    for name in names:
        home = folder_in(root, name)
        if os.path.isdir(home):
            inner = home / home.name
            return inner if os.path.isdir(inner) and folders(home) == [inner] else home
    raise CorpusError(
        f"no {what} in {root}; expected a folder named {' or '.join(names)}{_meant(root, names)}"
    )


def _meant(root: Path, names: tuple[str, ...]) -> str:
    """Where a folder of one of these names, or of nearly such a name, lies: in a folder of ``root``, beside,
    or above."""
    last = {name.rpartition("/")[2].lower() for name in names}
    there = folders(root) if root.is_dir() else []
    for outer in there:
        for inner in shown(outer):
            if inner.name.lower() in last:
                return f"; {inner} is one: move it to {root / inner.name}, or point --root at {outer}"
    beside = [one for one in shown(root.parent) if one.name.lower() in last] if root.is_dir() else []
    if root.name.lower() in last:
        return f"; {root} is one: point --root at {root.parent}"
    if beside:
        return f"; {beside[0]} is one: point --root at {root.parent}"
    near = [one for one in there if _plain(one.name) in {_plain(name) for name in last}] or there[:1]
    if near:
        return f"; {near[0]} is there: if it is meant, rename it to {names[0]}"
    return unpack(sorted(root.iterdir())) if root.is_dir() else ""


def shown(folder: Path) -> list[Path]:
    """Its folders; none where it is not there or this machine may not list it: a hint can do without, and who
    reads a clip that labels name there tells why it cannot."""
    try:
        return folders(folder)
    except OSError:
        return []


def frame_numbers(folder: Path) -> tuple[list[int], str]:
    """(frame numbers of a clip's folder in order, ""), or ([], why there are none)."""
    from preprocessing.decode import FramesError  # OpenCV, which whoever asks for a scheme can spare
    from preprocessing.frames import list_frames

    try:
        numbers = list(list_frames(folder))
    except FramesError as error:
        return [], str(error)
    return numbers, "" if numbers else f"no frame in {folder}"


def complete(
    what: str, root: Path, wanted: Mapping[str, tuple[str, str]], there: Mapping[str, tuple[bool, bool]]
) -> Iterator[str]:
    """The parts of a corpus of which sheet and frames are there, in order.

    what  a part is, as in "split of DFME". wanted: part -> what its sheet and its frames are named. there:
          part -> whether each of the two is. Raises CorpusError where no part is, and for one that lacks
          either.
    """
    if not any(map(any, there.values())):
        raise CorpusError(
            f"no {what} in {root}; expected {'; or '.join(map(' with '.join, wanted.values()))}"
        )
    for part, found in there.items():
        if all(found):
            yield part
        elif any(found):
            have, lack = wanted[part] if found[0] else wanted[part][::-1]
            kind, _, corpus = what.partition(" ")
            why = f"has {have} but lacks {lack}; add it, or move the other away"
            raise CorpusError(f"{kind} {part} {corpus} in {root} {why}")


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())
