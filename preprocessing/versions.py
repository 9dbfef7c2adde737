"""Which code and libraries decided a feature's numbers: part of every feature set's version."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
from pathlib import Path

DECIDING = (
    "action_units.py",
    "align.py",
    "apex.py",
    "decode.py",
    "flow.py",
    "frames.py",
    "landmarks.py",
    "pipeline.py",
    "regions.py",
)


@functools.cache
def code_version() -> str:
    """Digest of the code and the libraries that decide a feature's numbers."""
    here = Path(__file__).parent
    files = sorted([*(here / "inputs").glob("*.py"), *(here / n for n in DECIDING)])
    libraries = [
        f"{p}={_version(p)}"
        for p in (("opencv-contrib-python", "opencv-contrib-python-headless"), ("mediapipe",))
    ]
    return hashlib.sha256(
        b"\0".join(f.read_bytes() for f in files) + "".join(libraries).encode()
    ).hexdigest()[:10]


def _version(names: tuple[str, ...]) -> str:
    found = set()
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.add(importlib.metadata.version(name))
    return ",".join(sorted(found))
