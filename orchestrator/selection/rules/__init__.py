"""What may be looked at to choose a configuration and an epoch: rules by name over saved records, one a file.

Input   trials: what every fold of every configuration left behind (study.jobs.FoldResult). A record holds the
        labels of the fold's validation people and predictions for its test person; it holds no test label.
Output  for each (fold, seed): the trial and the epoch whose test predictions count. ``selection.scores`` then
        joins the truth by clip id.

Rules are of three kinds (rule.py): blind, not blind, oracle. The first two get the records alone. Oracles
also get the test truth: they say how far published ways of choosing inflate a score, and are never a default.
A blind rule over trials that a search has proposed or ended by what all validation people say is not blind
any more: ``kind_of``. Every seed is a replicate of the whole experiment, so each
rule chooses anew for each seed. A new rule is one file with a RULE, its name here, and its test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.selection.rules import (
    committee,
    committee_seeds,
    last_epoch,
    nested,
    oracle_epoch,
    oracle_search,
    oracle_trial,
    pooled_validation,
)
from orchestrator.selection.rules.rule import Kind, Rule

RULES: dict[str, Rule] = {
    "committee": committee.RULE,
    "committee_seeds": committee_seeds.RULE,
    "nested": nested.RULE,
    "pooled_validation": pooled_validation.RULE,
    "last_epoch": last_epoch.RULE,
    "oracle_epoch": oracle_epoch.RULE,
    "oracle_trial": oracle_trial.RULE,
    "oracle_search": oracle_search.RULE,
}
DEFAULT = "committee"  # docs/results.md, "Which rule is the default", says why
UNNAMED = "nested"  # the default of older programs, whose summaries name no rule


def adaptive(sweep: Mapping[str, Any]) -> list[str]:
    """What of a sweep's search has looked at the validation people of all folds, among whom is everybody who
    is held out: a sampler that learns (tpe), a scheduler that stops trials (wilcoxon, asha). sweep: its
    summary."""
    return [
        sweep[part] for part in ("sampler", "scheduler") if sweep.get(part, "none") not in ("random", "none")
    ]


def kind_of(rule: str, sweep: Mapping[str, Any]) -> Kind:
    """The kind of a rule's result in a sweep: what is blind by itself is not so over trials of an adaptive
    search, nor after a look at another state of the sweep, since its user has seen how the held-out people
    fared. sweep: its summary."""
    kind = RULES[rule].kind
    looked = sweep.get("looks", {}).get("sweep", 0) > 1
    return "not blind" if kind == "blind" and (adaptive(sweep) or looked) else kind
