"""Commands that are printed to be pasted: whole, quoted, and the same from any current folder."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path


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
    of an SQLite address likewise."""
    text = str(value)
    if text.startswith("sqlite:///") and text.strip("/") not in ("sqlite:", "sqlite:///:memory:"):
        return f"sqlite:///{os.path.abspath(text.removeprefix('sqlite:///'))}"
    return os.path.abspath(text) if text and "://" not in text else text
