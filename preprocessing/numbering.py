"""Which of the numbers in the file names of a folder is the frame's: the one that varies.

``img46_224x224`` has three, ``sub01_046_v2`` too. Where every name has as many numbers, those that differ in
all names can be the frame's. Of several that agree on the order it is the one that counts in the smallest
steps (a time stamp goes in larger ones), of equals the last; what stands behind a decimal point is a frame's
number only where nothing else can be. Where no number is another in every name it is the last, and whoever
reads it finds two files of one number. A time of several numbers (``09_59_59``, ``10_00_00``; ``1.966``,
``2.000``) is no frame number: its last part begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TIED = re.compile(r"[^0-9A-Za-z]*")  # between the numbers of one time


def frame_numbers(stems: Sequence[str]) -> list[int]:
    """The frame number of each file name without its suffix, in the order of ``stems``.

    Raises ValueError for a name without a number, where two numbers both can be the frame's and order the
    files differently, and where the number is the last part of a time.
    """
    groups = [[int(digits) for digits in re.findall(r"[0-9]+", stem)] for stem in stems]
    if bare := next((stem for stem, found in zip(stems, groups, strict=True) if not found), None):
        raise ValueError(f"{bare} has no number in its name; frames are ordered by the number that varies")
    last = [found[-1] for found in groups]
    if len(stems) < 2 or len({len(found) for found in groups}) > 1:
        return last
    columns = list(zip(*groups, strict=True))
    able = [i for i, column in enumerate(columns) if len(set(column)) == len(column)]
    if not able:
        return last
    orders = {_order(columns[i]) for i in able}
    if len(orders) > 1:
        raise ValueError(
            f"{stems[0]} and its like hold {len(able)} numbers that vary, and they order the files "
            "differently; leave only the frame's number in the names"
        )
    texts = re.split(r"[0-9]+", stems[0])  # before, between and behind the numbers
    chosen = min(reversed(able), key=lambda i: (i > 0 and texts[i] == ".", max(columns[i]) - min(columns[i])))
    first = chosen
    while first and _TIED.fullmatch(texts[first]):
        first -= 1
    if _order(list(zip(*columns[first : chosen + 1], strict=True))) not in orders:
        raise ValueError(
            f"{stems[0]} and its like end in a number that begins anew, as the last part of a time does; "
            "number the frames one after the other"
        )
    return list(columns[chosen])


def _order(column: Sequence[int] | Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The places of a column's values, smallest value first."""
    return tuple(sorted(range(len(column)), key=column.__getitem__))
