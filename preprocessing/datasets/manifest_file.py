"""Which file of a folder is its manifest, or which is meant, and what ``check`` says of the file itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from preprocessing.datasets.layout import folders
from preprocessing.datasets.paths import unpack
from preprocessing.datasets.tables import WORKBOOKS, unread
from preprocessing.datasets.text import commented, guessed
from preprocessing.datasets.workbook import OTHER_KINDS, hidden_rows
from preprocessing.schema import CorpusError

NAMES = ("manifest.csv", "manifest.tsv", "manifest.txt")  # of which the first that is there is read


def manifest_of(root: Path) -> Path:
    """The manifest itself: ``root``, or in it the first of NAMES, else the one workbook of that name, in
    upper or lower case. Raises CorpusError for several workbooks and no text file, and for a folder without a
    manifest, with the one that is meant where it lies a folder deeper or higher, or is named otherwise."""
    if root.exists() and not root.is_dir():
        return root
    here = {path.name.lower(): path for path in sorted(root.iterdir()) if not path.is_dir()}
    if held := [here[name] for name in NAMES if name in here]:
        return held[0]
    found = [here[f"manifest{suffix}"] for suffix in WORKBOOKS if f"manifest{suffix}" in here]
    if len(found) > 1:
        raise CorpusError(f"several manifests: {', '.join(map(str, found))}; keep one")
    if not found:
        raise CorpusError(f"no {NAMES[0]} in {root}{_elsewhere(root, list(here.values()))}")
    return found[0]


def remarks(root: Path, columns: Sequence[str], optional: Sequence[str]) -> Iterator[str]:
    """What ``check`` says of the manifest itself: rows that are passed over, rows that nobody sees, and
    headers that may mean one of the ``optional`` columns."""
    path = manifest_of(root)
    if path.suffix.lower() not in WORKBOOKS and (said := guessed(path)):
        yield said
    if path.suffix.lower() not in WORKBOOKS and (lines := commented(path)):
        yield (
            f"{len(lines)} row(s) of {path.name} begin with '#', as {lines[0][:40]!r} does, and are passed "
            "over as comments"
        )
    if hidden := hidden_rows(path):
        yield f"{hidden} row(s) of {path.name} are hidden or filtered out, and are read all the same"
    for name, header in unread(path, columns, optional).items():
        yield f"column {header!r} of {path.name} is not read; if it holds {name}, name it {name!r}"


def _elsewhere(root: Path, files: list[Path]) -> str:
    is_one = re.compile(r"manifest\.(csv|tsv|txt|xlsx|xlsm|xls|ods)", re.IGNORECASE)
    for folder in (*folders(root), root.absolute().parent):
        with contextlib.suppress(PermissionError):
            if found := [path for path in sorted(folder.iterdir()) if is_one.fullmatch(path.name)]:
                return f"; {found[0]} is one: point --root at {folder}"
    if other := next((one for one in files if one.suffix.lower() in OTHER_KINDS), None):
        return f"; {other.name} is a workbook of another kind: save it as manifest.xlsx"
    kinds = (*WORKBOOKS, ".csv", ".tsv", ".txt")
    near = [path for path in files if path.suffix.lower() in kinds and not path.name.startswith((".", "~$"))]
    if near:
        return f"; if {near[0].name} is meant, point --root at the file itself: {near[0]}"
    return unpack(files) or _no_file(root)


def _no_file(root: Path) -> str:
    """What has the name of a manifest in ``root`` and cannot be read as one; "" if nothing has."""
    for path in sorted(root.iterdir()):
        if path.stem.lower() != "manifest":
            continue
        if path.is_file():
            return f"; {path.name} is of a kind that is not read: save it as {NAMES[0]}"
        if not path.exists():
            return f"; {path.name} is a link to where nothing is"
        inner = sorted(one.name for one in path.glob("*.csv"))
        return f"; {path.name} is a folder" + (
            f": copy {inner[0]} in it to {root / NAMES[0]}" if inner else ""
        )
    return ""
