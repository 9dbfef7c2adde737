"""Trial and epoch on the held-out people: in each fold the epoch by the accuracy on its test person, as in
oracle_epoch; then the one trial whose predictions score best. What a published search does that looks at its
test table between runs. With one trial it is oracle_epoch, and there is no such row.
"""

from __future__ import annotations

from orchestrator.selection.records import Records
from orchestrator.selection.rules.oracle_epoch import best_epoch
from orchestrator.selection.rules.oracle_trial import best_trial
from orchestrator.selection.rules.rule import Choices, Rule, Truth


def pick(records: Records, truth: Truth) -> Choices:
    return best_trial(records, truth, "oracle_search", lambda result: best_epoch(result, truth))


RULE = Rule("oracle", "test people", pick, False, lambda records: len(records.complete) > 1)
