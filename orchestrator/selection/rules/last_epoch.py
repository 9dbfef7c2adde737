"""No epoch is chosen: each job counts at its last epoch. Trial: as in nested, judged at the last epoch; with
one trial nothing is chosen and no validation people are needed.
"""

from __future__ import annotations

from orchestrator.selection.records import Records, validation_last
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth


def pick(records: Records, _: Truth) -> Choices:
    if not records.single:
        records.need_validation("last_epoch with several trials")
    choices = {}
    for key in records.keys:
        held = {index: results[key] for index, results in records.of.items() if key in results}
        best = max(held, key=lambda i: (validation_last(held[i]), -i)) if len(held) > 1 else next(iter(held))
        choices[key] = Choice(best, len(held[best].epochs) - 1)
    return choices


RULE = Rule("blind", "own validation", pick, False, lambda records: records.validated or records.single)
