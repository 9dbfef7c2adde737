"""What may be looked at to choose a configuration and an epoch: rules by name over saved records, one a file.

Input   trials: what every fold of every configuration left behind (study.jobs.FoldResult). A record holds the
        labels of the fold's validation people and predictions for its test person; it holds no test label.
Output  for each (fold, seed): the trial and the epoch whose test predictions count. ``selection.scores`` then
        joins the truth by clip id.

Honest rules get the records alone. Oracle rules also get the test truth: they say how far published ways of
choosing inflate a score, and are never a default. Every seed is a replicate of the whole experiment, so each
rule chooses anew for each seed. A new rule is one file with a RULE, its name here, and its test.
"""

from __future__ import annotations

from orchestrator.selection.rules import last_epoch, nested, oracle_epoch, oracle_trial, pooled_validation
from orchestrator.selection.rules.rule import Rule

RULES: dict[str, Rule] = {
    "nested": nested.RULE,
    "pooled_validation": pooled_validation.RULE,
    "last_epoch": last_epoch.RULE,
    "oracle_epoch": oracle_epoch.RULE,
    "oracle_trial": oracle_trial.RULE,
}
DEFAULT = "nested"
