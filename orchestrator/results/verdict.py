"""Whether a difference would survive new people, in one sentence.

The permutation's p decides, corrected for the number of pairs: it keeps its size with few people. The
interval stands beside it, and where both disagree the sentence says so and claims the weaker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIZE = 0.05


def verdict(row: Mapping[str, Any], clips: int, sides: int) -> str:
    """row: of Compared.differences. clips: that both have. sides: how many are compared."""
    one, other, p = row["one"], row["other"], row["p_holm"]
    gap, low, high = row["difference"], row["low"], row["high"]
    if gap == low == high == 0:
        return f"{one} and {other} score the same on {clips} clips: difference 0, p = 1."
    named = "p" if sides == 2 else "Holm's p"
    about = (
        f"{row['score'].upper()} {number(gap)} [{number(low)}, {number(high)}], {named} {p_said(p)}, "
        f"{row['people']} people, {clips} clips"
    )
    apart = low > 0 or high < 0
    if p <= SIZE:
        better, worse = (one, other) if gap > 0 else (other, one)
        if apart:
            return f"{better} would likely beat {worse} with new people too: {about}."
        return (
            f"{better} may beat {worse} with new people, on weak evidence: the test tells them apart, the "
            f"interval holds 0: {about}."
        )
    if apart and sides == 2:
        return (
            f"It is not shown that {one} and {other} would differ with new people: the interval leaves out "
            f"0, but the test, which decides, does not tell them apart: {about}."
        )
    return f"It is not shown that {one} and {other} would differ with new people: {about}."


def number(value: float, digits: int = 3) -> str:
    """'+.088', '-.120', '+1.000'; '.000' for 0."""
    text = f"{value:+.{digits}f}"
    if float(text) == 0:
        text = text[1:]
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def p_said(p: float) -> str:
    """'= .079', '< .001'. Never rounded across .05."""
    if p < 0.001:
        return "< .001"
    text = f"{p:.3f}"
    if (float(text) <= SIZE) != (p <= SIZE):
        text = f"{p:.4f}"
    return "= " + (text.replace("0.", ".", 1) if p < 1 else "1")
