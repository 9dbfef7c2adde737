"""The synthetic corpus of preprocessing/render: invented people, known motion. Layout as datasets/manifest.py
says.

Classes as the manifest's, but it renders seven emotions and no "others": 5 are the five that it renders most,
7 all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from preprocessing.datasets import manifest
from preprocessing.datasets.words import only
from preprocessing.schema import Clip

CORPUS = "synthetic"
PUBLISHED: dict[str, Any] = {}
_ALL = manifest.SCHEMES["all"]
SCHEMES = {
    **manifest.SCHEMES,
    "5": only(_ALL, "happiness", "surprise", "disgust", "repression", "anger"),
    "7": only(_ALL, "happiness", "surprise", "disgust", "repression", "sadness", "fear", "anger"),
}
COMPOSITE = False
PICTURES = False
INVENTED = True


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per row of the manifest. Opens no frame. Raises CorpusError if the CSV is missing or
    malformed."""
    yield from manifest.read(root, CORPUS)
