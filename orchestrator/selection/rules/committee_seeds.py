"""The committees of all seeds as one: the mean of their probabilities. Each seed chooses as in committee."""

from __future__ import annotations

from orchestrator.selection.rules import committee
from orchestrator.selection.rules.rule import Rule

RULE = Rule(
    "blind",
    "own K groups",
    committee.pick,
    True,
    lambda records: committee.RULE.allowed(records) and len(records.seeds) > 1,
    committee=True,
    averages=True,
)
