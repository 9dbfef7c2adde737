"""One trial and one epoch for all folds: the best UF1 of the validation predictions of all folds, pooled.

Caveat: a held-out person is a validation person of other folds, so the choice is not strictly blind to that
person, only to the models that are tested on them.
"""

from __future__ import annotations

from orchestrator.selection.records import Records, best
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth


def pick(records: Records, _: Truth) -> Choices:
    records.need_validation("pooled_validation")
    choices: Choices = {}
    for seed in records.seeds:
        keys = [key for key in records.keys if key[1] == seed]
        options = []
        for index in records.need_complete("pooled_validation"):
            ranks, row_of = records.pooled(index, keys)
            at = best(ranks)
            options.append(
                (
                    (ranks[at], -index),
                    {k: Choice(index, int(r[at])) for k, r in zip(keys, row_of, strict=True)},
                )
            )
        choices |= max(options, key=lambda option: option[0])[1]
    return choices


RULE = Rule(
    "not blind", "all validation", pick, True, lambda records: records.validated and bool(records.complete)
)
