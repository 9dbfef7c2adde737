"""One person, one id: ids joined in a table, and inputs that stand under two clips.

Digests find equal inputs, correlation those of a copy that was encoded, scaled or numbered anew. Correlation
is taken after the table's mean is subtracted (faces and expressions have much in common), over inputs reduced
to at most SKETCH values, as one matrix product: 7,000 clips take seconds.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.study.jobs import digest
from orchestrator.study.table import ClipTable
from preprocessing.people import Double, Groups, names

NEAR = 0.99
SKETCH = 4096  # values of an input that are compared
BLOCK = 1024  # rows of the product at a time
MANY = 10_000  # pairs are enough to be told of


def joined(table: ClipTable, groups: Groups) -> tuple[ClipTable, dict[str, str]]:
    """(the table with one id a person, id -> that id for those that changed); clips keep their own ids.

    Joined people make other folds, so that the table's content is another. Raises IdentityError as
    people.names.
    """
    left_out = {clip.rpartition("/")[0] for clip in table.left_out}
    same = {who: one for who, one in names(groups, {*table.subjects, *left_out}).items() if who != one}
    if not same:
        return table, same
    subjects = tuple(same.get(who, who) for who in table.subjects)
    return replace(table, subjects=subjects, content=digest([table.content, sorted(same.items())])), same


def doubles(table: ClipTable) -> tuple[list[Double], list[str]]:
    """(clips of equal or nearly equal inputs, what else to say). Inputs of one value throughout, as of a clip
    without any motion, are equal and no double: they show nobody."""
    x = table.x.reshape(len(table.x), -1)
    moving = [i for i, one in enumerate(x) if (one != one[0]).any()]
    still = [table.clip_ids[i] for i in sorted(set(range(len(x))) - set(moving))]
    said = []
    if still:
        said.append(
            f"{len(still)} of {len(x)} clips have inputs without any motion, all of one value, such as "
            f"{still[0]}: nothing can be learnt from them, and they are scored as if it could"
        )
    first: dict[bytes, int] = {}
    pairs: dict[tuple[int, int], str] = {}
    for i in moving:
        if (j := first.setdefault(hashlib.sha256(x[i].tobytes()).digest(), i)) != i:
            pairs[j, i] = "have equal inputs"
    apart = sorted(first.values())
    flat = np.stack([sketch(table.x[i]) for i in apart]) if apart else np.zeros((0, 0), np.float32)
    for i, j, r in itertools.islice(near(flat), MANY):
        pairs[apart[i], apart[j]] = f"have nearly equal inputs (correlation {r:.4f}, the limit is {NEAR})"
    return [
        Double((table.clip_ids[i], table.clip_ids[j]), (table.subjects[i], table.subjects[j]), why)
        for (i, j), why in sorted(pairs.items())
    ], said


def near(flat: NDArray[Any], least: float = NEAR) -> Iterator[tuple[int, int, float]]:
    """(row, later row, correlation) of rows of flat, float32 (n, values), that correlate by ``least`` or
    more."""
    flat = flat - flat.sum(0) / max(1, len(flat))
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    for begin in range(0, len(flat), BLOCK):
        product = flat[begin : begin + BLOCK] @ flat[begin:].T
        for i, j in np.argwhere(np.triu(product >= least, 1)).tolist():
            yield begin + i, begin + j, float(product[i, j])


def sketch(x: NDArray[Any]) -> NDArray[Any]:
    """float32, at most SKETCH values, of one input of any shape: pictures reduced by area, by the smallest
    power of 2 that is enough; of what is still longer, values at even distances."""
    factor = 1
    while x.size / factor**2 > SKETCH and x.ndim > 2 and min(x.shape[-2:]) >= 4 * factor:
        factor *= 2
    if factor > 1:
        height, width = (side // factor for side in x.shape[-2:])
        cut = x[..., : height * factor, : width * factor]
        x = cut.reshape(*x.shape[:-2], height, factor, width, factor).mean((-3, -1), np.float32)
    flat = x.reshape(-1)
    return flat[:: -(-flat.size // SKETCH)].astype(np.float32)
