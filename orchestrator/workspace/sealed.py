"""Files of a workspace that carry their own SHA-256, so that a flipped bit is damage and never another number
(preprocessing/sealed.py).

JSON        an object whose first key is "sha256".
JSON lines  each line such an object.
TOML        a first line ``# sha256 ...``.
The digest is that of the text without it. It stands in the file itself and in front: a kill at any moment
leaves a file and its digest as they were or as they are now, and a file that was cut has lost its end, not
its digest. A file without one was written by an older program, or by hand, and is taken as it is.

Files of one folder that are written once and together have one list, SHA256SUMS, which ``sha256sum --check``
reads too.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from preprocessing.places import Place, write_atomically
from preprocessing.reread import file_bytes, left_by_nfs
from preprocessing.sealed import Damaged as Damaged  # who reads these files takes all of it from here
from preprocessing.sealed import check_kind
from preprocessing.sealed import set_aside as set_aside
from preprocessing.sealed import sha256 as sha256

SUMS = "SHA256SUMS"
_DIFFERS = "it is not as it was written: its SHA-256 is another"
_JSON = re.compile(rb'\{"sha256": "([0-9a-f]{64})",')
_TOML = re.compile(rb"# sha256 ([0-9a-f]{64})\n")


def as_json(held: Mapping[str, Any], indent: int | None = None) -> str:
    """As JSON text with its digest. held: with at least one key. Raises ValueError for what is no JSON, NaN
    among it."""
    text = json.dumps(held, indent=indent, allow_nan=False) + "\n"
    return f'{{"sha256": "{sha256(text.encode())}",{text[1:]}'


def of_json(data: bytes) -> dict[str, Any]:
    """What ``as_json`` was given. Raises ValueError, with the reason, for what is damaged or no object."""
    if seal := _JSON.match(data):
        data = b"{" + data[seal.end() :]
        if sha256(data) != seal[1].decode():
            raise ValueError(_DIFFERS)
    elif not data.strip():
        raise ValueError("it is empty")
    try:
        held = json.loads(data.decode())
    except RecursionError as error:
        raise ValueError("it is no JSON: too deep") from error
    if not isinstance(held, dict):
        raise ValueError("it holds no object")
    if not held:  # nothing that was ever written
        raise ValueError("it holds nothing")
    if "sha256" in held:  # one that is none
        raise ValueError(_DIFFERS)
    return held


def signed(name: str, data: bytes) -> bytes:
    """data behind the SHA-256 of a name and itself (32 bytes): what is not as it was written, or is
    another's, is damage."""
    return hashlib.sha256(name.encode() + data).digest() + data


def of_signed(name: str, data: bytes) -> bytes:
    """What ``signed`` was given. Raises ValueError, with the reason."""
    if hashlib.sha256(name.encode() + data[32:]).digest() != data[:32]:
        raise ValueError(_DIFFERS if len(data) > 32 else f"it has {len(data)} bytes: it is cut")
    return data[32:]


def write(path: Path, by: Callable[[Path], object]) -> None:
    """As places.write_atomically, with ``room``."""
    room(path)
    write_atomically(path, by)


def room(path: Path) -> None:
    """Set aside what stands in a file's place and is none: a folder, a pipe. Raises OSError."""
    if path.exists() and not path.is_file():
        set_aside(path)


def write_json(path: Path, held: Mapping[str, Any], indent: int | None = 2) -> None:
    """Whole or as it was. Raises OSError."""
    text = as_json(held, indent)
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_toml(path: Path, text: str) -> None:
    """Likewise, TOML text."""
    sealed = f"# sha256 {sha256(text.encode())}\n{text}"
    write(path, lambda temporary: temporary.write_text(sealed, encoding="utf-8"))


def content(path: Path, way_out: str) -> bytes:
    """Bytes of a file. Raises FileNotFoundError; Damaged as sealed.check_kind."""
    check_kind(path, way_out)
    return file_bytes(path)


def read_json(path: Path, way_out: str) -> dict[str, Any]:
    """What ``write_json`` was given. way_out: what the user does where it is damaged, which Damaged says.
    Raises FileNotFoundError."""
    data = content(path, way_out)
    try:
        return of_json(data)
    except ValueError as error:
        raise Damaged(path, str(error), way_out) from error


def held(path: Path) -> tuple[dict[str, Any], str]:
    """(what ``write_json`` was given, ""); ({}, what is wrong with the file) where it is damaged; ({}, "")
    where there is none."""
    try:
        return read_json(path, ""), ""
    except FileNotFoundError:
        return {}, ""
    except Damaged as error:
        return {}, f"{path.name} is damaged ({error.why})"


def read_toml(path: Path, way_out: str) -> str:
    """The text that ``write_toml`` was given, likewise."""
    data = content(path, way_out)
    if seal := _TOML.match(data):
        data = data[seal.end() :]
        if sha256(data) != seal[1].decode():
            raise Damaged(path, _DIFFERS, way_out)
    elif not data.strip() or data.startswith(b"#"):  # ours begin with a key, or are cut before it
        raise Damaged(path, "it is cut", way_out)
    try:
        text = data.decode()
        tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Damaged(path, f"it is no TOML: {error}", way_out) from error
    return text


def is_sealed(path: Path) -> bool:
    """Whether there is a JSON file with a digest, right or wrong."""
    return path.is_file() and _JSON.match(path.read_bytes()[:128]) is not None


def computed_again(path: Place, error: Exception) -> None:
    """Set aside what is made again as if it had never been there."""
    set_aside(path, f"{path} is damaged ({error}) and computed again")


def emptied(folder: Path) -> None:
    """Make a folder with nothing in it; what is in its place and is none is set aside. Raises OSError."""
    if folder.is_dir():
        shutil.rmtree(folder)
    elif folder.exists():
        set_aside(folder)
    folder.mkdir(parents=True)


def list_files(folder: Path) -> None:
    """Write SHA256SUMS, of all files that lie in the folder now. Raises OSError."""
    ours = (path for path in folder.iterdir() if path.name != SUMS and not left_by_nfs(path.name))
    files = sorted(path for path in ours if path.is_file())
    text = "".join(f"{sha256(path.read_bytes())}  {path.name}\n" for path in files)
    write(folder / SUMS, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def check_files(folder: Path, way_out: str) -> None:
    """Raises Damaged for the first file that is not as it was listed, is missing or was not listed, and where
    nothing is listed."""
    sums = folder / SUMS
    try:
        lines = content(sums, way_out).decode().splitlines()
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise Damaged(sums, f"it does not read: {error}", way_out) from error
    if not lines:
        raise Damaged(sums, "it is empty", way_out)
    rest = {path.name for path in folder.iterdir() if not left_by_nfs(path.name)} - {SUMS}
    for line in lines:
        if not (listed := re.fullmatch(r"([0-9a-f]{64})  ([\w.-]+)", line)):
            raise Damaged(sums, f"a line of it is {line[:80]!r}", way_out)
        try:
            data = content(folder / listed[2], way_out)
        except FileNotFoundError as error:
            raise Damaged(folder / listed[2], "it is missing", way_out) from error
        if sha256(data) != listed[1]:
            raise Damaged(folder / listed[2], _DIFFERS, way_out)
        rest.discard(listed[2])
    if rest:
        raise Damaged(sums, f"it does not list {min(rest)}", way_out)
