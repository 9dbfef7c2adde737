"""Which code decided a number: part of every job's identity, so that a result of older code is never taken
for a new one."""

from __future__ import annotations

import functools
import hashlib
from importlib import metadata
from pathlib import Path

import mer_models
from orchestrator.common import seeds
from orchestrator.study import jobs


@functools.cache
def code_version() -> str:
    """16 hex digits from the sources of mer_models/, orchestrator/training/, jobs.py, seeds.py, table.py,
    and torch's version."""
    files = [
        *_sources(Path(mer_models.__file__).parent),
        *_sources(Path(__file__).parents[1] / "training"),
        Path(jobs.__file__),
        Path(seeds.__file__),
        Path(jobs.__file__).with_name("table.py"),  # cuts a fold's arrays out of the table
    ]
    text = hashlib.sha256(metadata.version("torch").encode())
    for file in files:
        text.update(f"\0{file.parent.name}/{file.name}\0".encode())
        text.update(file.read_bytes())
    return text.hexdigest()[:16]


def _sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))
