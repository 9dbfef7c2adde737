"""Which of the numbers in the file names of a folder is the frame's: the one that varies.

``img46_224x224`` has three, ``sub01_046_v2`` too. Where every name has as many numbers, those that differ in
all names can be the frame's. Of several that agree on the order it is the one that counts in the smallest
steps (a time stamp goes in larger ones), of equals the last. Where no number is another in every name it is
the last, and whoever reads it finds two files of one number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def frame_numbers(stems: Sequence[str]) -> list[int]:
    """The frame number of each file name without its suffix, in the order of ``stems``.

    Raises ValueError for a name without a number, and where two numbers both can be the frame's and order the
    files differently.
    """
    groups = [[int(digits) for digits in re.findall(r"[0-9]+", stem)] for stem in stems]
    if bare := next((stem for stem, found in zip(stems, groups, strict=True) if not found), None):
        raise ValueError(f"{bare} has no number in its name; frames are ordered by the number that varies")
    last = [found[-1] for found in groups]
    if len(stems) < 2 or len({len(found) for found in groups}) > 1:
        return last
    able = [column for column in zip(*groups, strict=True) if len(set(column)) == len(column)]
    if not able:
        return last
    orders = {tuple(sorted(range(len(column)), key=column.__getitem__)) for column in able}
    if len(orders) > 1:
        raise ValueError(
            f"{stems[0]} and its like hold {len(able)} numbers that vary, and they order the files "
            "differently; leave only the frame's number in the names"
        )
    return list(min(reversed(able), key=lambda column: max(column) - min(column)))
