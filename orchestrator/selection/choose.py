"""The choice under a rule, and which rules some records allow."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.selection.records import Records, SelectionError, TrialRecord
from orchestrator.selection.rules import RULES
from orchestrator.selection.rules.rule import Choices, Truth


def available(trials: Sequence[TrialRecord] | Records) -> list[str]:
    """The rules that these records allow, in the order of RULES."""
    records = Records.of_trials(trials)
    return [name for name, rule in RULES.items() if rule.allowed(records)]


def choose(rule: str, trials: Sequence[TrialRecord] | Records, test_truth: Truth | None = None) -> Choices:
    """The choice for every (fold, seed) that any trial has.

    test_truth  clip id -> class; required by oracles, and refused by all other rules so that no caller can
                hand it over.
    Raises SelectionError when the records do not allow the rule.
    """
    if rule not in RULES:
        raise SelectionError(f"unknown selection rule {rule!r}; known: {', '.join(RULES)}")
    if not RULES[rule].oracle and test_truth is not None:
        raise SelectionError(f"{rule} is no oracle and must not get test labels")
    if RULES[rule].oracle and test_truth is None:
        raise SelectionError(f"{rule} is an oracle and needs the test labels")
    return RULES[rule].pick(Records.of_trials(trials), test_truth or {})
