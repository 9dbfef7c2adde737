"""One person, one id: ids joined in a table, and inputs that stand under two clips.

Digests find equal inputs; a likeness those of a copy that was encoded or scaled anew, of two people's clips.
Inputs are reduced to at most SKETCH values and weighed so that what a table's clips have in common counts
little (``whitened``: expressions and faces are much alike); the likeness of two is their correlation then,
and all of them are one matrix product.

The limit is ALIKE, or more where a table's clips are all alike: the correlation whose Fisher z is UNUSUAL
times the root mean square of two people's. Measured, as the likeness of the most alike clips of two people:
120 rendered clips .62 in onset-to-apex flow, .47 in ROI flow, .32 in MESTI, .23 in apex frames; 278 published
flow pictures .54. As the least likeness of a rendered clip (320 pixels) and its copy, over these four inputs:
JPEG of quality 95 .98, of 90 .91, scaled by 0.9 .92, noise of two grey levels .84 (limits .80 to .83);
quality 75 .78 to .90. At 160 pixels copies in ROI flow are missed from quality 90 on (.66). Inputs of fewer
than FEW values say too little (.96 between two people with 28 of them) and are compared for being equal
alone. So are those of two invented people: who they are is known, and their expressions can be drawn alike
(.83 in flow of 32 pixels).
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.study.jobs import digest
from orchestrator.study.table import ClipTable
from preprocessing.people import Double, Groups, invented, names

UNUSUAL, ALIKE, FEW = 6.0, 0.8, 100
SKETCH = 2400  # values of an input that are compared
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
    """(clips of equal inputs, and of nearly equal ones of two people; what else to say).

    Inputs of one value throughout, as of a clip without any motion, are equal and no double: they show
    nobody.
    """
    x = table.x.reshape(len(table.x), -1)
    moving = [i for i, one in enumerate(x) if (one != one[0]).any()]
    still = [table.clip_ids[i] for i in sorted(set(range(len(x))) - set(moving))]
    said = []
    if still:
        said.append(
            f"{len(still)} of {len(x)} clips show no motion, their inputs have one value throughout, such as "
            f"{still[0]}: nothing can be learnt from them, and they are scored as if it could"
        )
    first: dict[bytes, int] = {}
    pairs: dict[tuple[int, int], str] = {}
    for i in moving:
        if (j := first.setdefault(hashlib.sha256(x[i].tobytes()).digest(), i)) != i:
            pairs[j, i] = "have equal inputs"
    apart = sorted(first.values())
    people = np.unique([table.subjects[i] for i in apart], return_inverse=True)[1]
    flat = [sketch(table.x[i]) for i in apart] if x.shape[1] >= FEW else []
    for i, j, r, limit in itertools.islice(near(np.stack(flat), people) if flat else (), MANY):
        pair = apart[i], apart[j]
        if not all(invented(table.clip_ids[row]) for row in pair):
            pairs[pair] = f"have nearly equal inputs (likeness {r:.3f}, the limit is {limit:.3f})"
    return [
        Double((table.clip_ids[i], table.clip_ids[j]), (table.subjects[i], table.subjects[j]), why)
        for (i, j), why in sorted(pairs.items())
    ], said


def near(flat: NDArray[Any], people: NDArray[Any]) -> Iterator[tuple[int, int, float, float]]:
    """(row, later row, likeness, limit) of rows of two people that are as alike as the limit or more.

    flat    float32 (n, values). people  integers (n,), equal for rows of one person.
    """
    flat = whitened(flat)
    groups = [flat[people == who] for who in np.unique(people)]
    pairs = len(flat) ** 2 - sum(len(group) ** 2 for group in groups)
    squares = max(0.0, _squares(flat) - sum(map(_squares, groups)))
    limit = max(ALIKE, math.tanh(UNUSUAL * math.sqrt(squares / pairs))) if pairs else 1.0
    for begin in range(0, len(flat), BLOCK):
        rows = slice(begin, begin + BLOCK)
        product = flat[rows] @ flat[begin:].T
        alike = (product >= limit) & (people[rows, None] != people[None, begin:])
        for i, j in np.argwhere(np.triu(alike, 1)).tolist():
            yield begin + i, begin + j, float(product[i, j]), limit


def whitened(flat: NDArray[Any]) -> NDArray[Any]:
    """float32 (n, min(n, values)), rows of length 1: what the table's rows have in common counts less.

    Rows of length 1 after the mean is taken off, F, become F (F'F + e)^(-1/2), where e is the mean eigenvalue
    of F'F: directions in which many clips vary weigh little, and noise is not blown up.
    """
    tiny = np.finfo(np.float32).tiny
    flat = flat - flat.mean(0)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), tiny)
    if len(flat) < flat.shape[1]:
        flat = np.asarray(np.linalg.qr(flat.T, mode="r")).T  # the same products in fewer columns
    n, values = flat.shape
    root = np.linalg.cholesky(flat.T @ flat + np.eye(values, dtype=np.float32) * (n / values))
    flat = np.linalg.solve(root, flat.T).T
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), tiny)
    return flat


def _squares(flat: NDArray[Any]) -> float:
    """Sum of the squares of all products of two rows, by the smaller of two matrices."""
    n, values = flat.shape
    return float(np.square(flat @ flat.T if n < values else flat.T @ flat, dtype=np.float64).sum())


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
