"""On how many of the corpus' clips a score was made, class by class: a score on fewer clips is another score.

Clips are missing where no features could be made of them (quarantined), where a protocol tests some people
only, and where a fold has no result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# class -> {"tested": clips with a prediction, "of": clips that the corpus has}
Coverage = dict[str, dict[str, int]]


def coverage(
    predictions: Iterable[Mapping[str, Any]], classes: Sequence[str], clips: Mapping[str, int]
) -> Coverage:
    """predictions: rows with clip_id and truth, a class index; a clip that is tested several times counts
    once. clips: class -> clips that the corpus has."""
    truth = {row["clip_id"]: row["truth"] for row in predictions}
    tested = Counter(truth.values())
    return {name: {"tested": tested[i], "of": clips[name]} for i, name in enumerate(classes)}


def columns(covered: Coverage) -> dict[str, int]:
    """As columns of a CSV file: tested_<class> and of_<class>."""
    return {f"{what}_{name}": n for name, one in covered.items() for what, n in one.items()}


def total(covered: Coverage) -> tuple[int, int]:
    """(tested, of) over all classes."""
    return sum(one["tested"] for one in covered.values()), sum(one["of"] for one in covered.values())


def said(covered: Coverage) -> str:
    """In words: "17 of 20 clips (negative 8 of 8, positive 9 of 12)"."""
    tested, of = total(covered)
    each = ", ".join(f"{name} {one['tested']} of {one['of']}" for name, one in covered.items())
    return f"{tested} of {of} clips ({each})"
