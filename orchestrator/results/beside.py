"""What stands below a sweep's table, of the rule that was asked for: scores of people and of folds, which
papers print under the names of pooled ones; chance; and how far the oracles lie above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.results import chance
from orchestrator.results.intervals import mean_said
from orchestrator.selection.rules import RULES


def lines(selection: Mapping[str, Mapping[str, Any]], rule: str) -> list[str]:
    """selection: rule -> its score, as in summary.json; those of older programs lack some."""
    score, made = selection.get(rule, {}), []
    if recall := score.get("recall_per_person"):
        each = ", ".join(
            f"{name} {mean_said(one, str(one['people']) + ' people')}" for name, one in recall.items()
        )
        made.append(f"{rule}, recall a person, of those who show the class: {each}.")
    if folds := score.get("fold_uf1"):
        made.append(
            f"{rule}, UF1 a fold: {mean_said(folds, 'folds')}, each by its own classes; the UF1 above pools "
            "all folds first."
        )
    if score.get("chance"):
        each = ", ".join(f"{name.upper()}{chance.said(score, name)}" for name in score["chance"])
        made.append(f"{rule}, truths permuted within each corpus, people together: {each}.")
    if score and not RULES[rule].oracle:
        gaps = [
            f"{name} {one['uf1'] - score['uf1']:+.3f}"
            for name, one in selection.items()
            if RULES[name].oracle
        ]
        made += [f"UF1 of oracles, against {rule}: {', '.join(gaps)}."] if gaps else []
    return made
