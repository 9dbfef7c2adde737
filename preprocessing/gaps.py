"""Frames that a folder lacks between a clip's onset and offset: what each input makes of them.

A missing frame is taken to lie on the straight line, pixel by pixel or in motion, between its neighbours that
are there. How far that may go is Settings.max_gap, the most frames that may be missing in a row.

Its default is measured (python -m benchmarks.gaps: 16 rendered clips, medians over 18 windows): after 1, 2,
3, 4, 6, 8 missing frames the way over the gap is off by 0.040, 0.073, 0.098, 0.120, 0.157, 0.179 pixels of
the crop, and another draw of the camera's noise alone moves the same way by 0.077, 0.086, 0.095, 0.108,
0.102, 0.111. So up to 2 the gap costs less than what no extraction knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from preprocessing.inputs.settings import Settings

# what an input says of itself (Input.gaps)
REFUSED = "refused"  # it sees every frame, or its clip is quarantined
UNSEEN = "unseen"  # it looks at a few frames, and asks for those itself
BRIDGED = "bridged"  # it bridges them

Runs = tuple[tuple[int, int], ...]  # (first, last) missing frame of each gap, in order


def runs(numbers: Sequence[int], first: int, last: int) -> Runs:
    """The gaps of ``numbers``, ascending, between first and last, both included. However long, no gap costs
    more than another."""
    ends = [first - 1, *(n for n in numbers if first <= n <= last), last + 1]
    return tuple((a + 1, b - 1) for a, b in pairwise(ends) if b - a > 1)


def count(gaps: Runs) -> int:
    """How many frames are missing."""
    return sum(last - first + 1 for first, last in gaps)


def said(gaps: Runs) -> str:
    """As "5, 9-11"; of more than ten gaps the first ten."""
    shown = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in gaps[:10])
    return shown + (", ..." if len(gaps) > 10 else "")


def refusal(policy: str, gaps: Runs, last: int, settings: Settings) -> str:
    """Why an input of that policy cannot be made of a clip with these gaps, or "". last: the clip's offset;
    the onset is there (frames.py)."""
    if not gaps or policy == UNSEEN:
        return ""
    lost = f"{count(gaps)} of the frames up to {last} missing: {said(gaps)}"
    if policy != BRIDGED:
        return f"{lost}; this input needs every frame"
    if gaps[-1][1] == last:
        return f"{lost}; the offset is among them, and nothing behind it to bridge to"
    longest = max(b - a + 1 for a, b in gaps)
    if longest > settings.max_gap:
        return (
            f"{lost}; {longest} in a row, and at most {settings.max_gap} are bridged (option --max-gap): "
            "copy the frames again"
        )
    return ""
