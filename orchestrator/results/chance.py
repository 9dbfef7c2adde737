"""What chance gives, beside a score: true labels are permuted within the protocol
(statistics/permutations.py).

A score's "chance" is {"uf1": {"expected": .., "p": ..}, "uar": .., "war": ..}: the mean score of permuted
labels, and the one-sided p of so high a score by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.protocols.fold import source
from orchestrator.results.verdict import p_said
from orchestrator.statistics.permutations import against_chance


def added(score: Mapping[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """A rule's score (selection.score) with it. Labels stay within the corpus that a clip comes from."""
    rows = score["predictions"]
    people, seeds, clips, truth, called = (
        [row[name] for row in rows] for name in ("subject", "seed", "clip_id", "truth", "predicted")
    )
    parts = {clip: source(clip) for clip in clips}
    found = against_chance(people, seeds, clips, truth, called, len(classes), parts)
    return {**score, "chance": {name: {"expected": one.expected, "p": one.p} for name, one in found.items()}}


def columns(score: Mapping[str, Any]) -> dict[str, float]:
    """As columns of a CSV file: chance_uf1, p_chance_uf1, chance_uar ..."""
    return {
        f"{prefix}{name}": one[key]
        for name, one in score.get("chance", {}).items()
        for prefix, key in (("chance_", "expected"), ("p_chance_", "p"))
    }


def said(score: Mapping[str, Any], name: str, digits: int = 3) -> str:
    """' (chance .347, p < .001)'; '' where nobody has asked, as of an oracle or in older summaries."""
    if name not in score.get("chance", {}):
        return ""
    one = score["chance"][name]
    return f" (chance {one['expected']:.{digits}f}, p {p_said(one['p'])})"
