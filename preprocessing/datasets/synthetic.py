"""The synthetic corpus of preprocessing/render: invented people, known motion. Layout as datasets/manifest.py
says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import manifest
from preprocessing.schema import Clip

CORPUS = "synthetic"


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per row of the manifest. Opens no frame. Raises CorpusError if the CSV is missing or
    malformed."""
    yield from manifest.read(root, CORPUS)
