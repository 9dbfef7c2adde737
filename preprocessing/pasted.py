"""Commands that are printed to be pasted: whole, quoted, and the same from any current folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

OF_MLFLOW = "databricks"  # an address in one word


def line(module: str, *words: str) -> str:
    """As ``python -m preprocessing extract casme2 --root '/my data'``."""
    return shlex.join([python(), "-m", module, *words])


def repeated(option: str, values: Iterable[str]) -> list[str]:
    """An option that stands once for each value, of which those that are there are paths: the name of a
    module is none."""
    return [word for one in values for word in (option, anywhere(one) if os.path.exists(one) else one)]


def python() -> str:
    """``python`` where a shell finds this environment's by that name, else its path. What `uv run` puts into
    PATH is not there in the user's shell."""
    found = shutil.which("python")
    here = found and os.path.dirname(found) == os.path.dirname(sys.executable)
    return "python" if here and "UV_RUN_RECURSION_DEPTH" not in os.environ else sys.executable


def anywhere(value: Path | str) -> str:
    """A path from the root on, which no option can be mistaken for; an address, and "", as they are. The path
    in an address of SQLite (sqlite:///x.db) or of a file (file:x) likewise."""
    text = str(value)
    if found := re.fullmatch(r"(sqlite(?:\+\w+)?:///)([^?]+)(\?.*)?", text):
        path = found[2] if found[2] in ("/", ":memory:") else os.path.abspath(found[2])
        return f"{found[1]}{path}{found[3] or ''}"
    if found := re.fullmatch("file:(?!/)(.+)", text):
        return Path(os.path.abspath(found[1])).as_uri()
    if not text or "://" in text or text.startswith(("file:/", "arn:")) or text == OF_MLFLOW:
        return text
    return os.path.abspath(text)
