"""Which code a fold result is of: today's, older, or unknown. A result of older code is never reused, since
its job id differs; it only takes room, and a report made from it is not reproducible by today's code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mer_models import MODELS
from orchestrator.study.versions import fold_version
from orchestrator.workspace.store import FoldStore

CURRENT, OLDER, UNKNOWN = "current", "made by older code", "its model is not here (a plugin's?)"


@dataclass(frozen=True)
class Found:
    """A fold result in a store. model "" where an older program wrote the file, which did not say. state:
    CURRENT, OLDER or UNKNOWN."""

    job_id: str
    model: str
    state: str
    bytes: int


def state_of(model: str, config: Mapping[str, Any], au: str, arithmetic: str, code: str) -> str:
    """Whether folds of this configuration whose code version is ``code`` are those of today's code."""
    if model not in MODELS:
        return UNKNOWN
    return CURRENT if fold_version(model, dict(config), au, arithmetic) == code else OLDER


def found(store: FoldStore) -> Iterator[Found]:
    """Every fold result of a store. Raises OSError when it cannot be reached."""
    for one in store.held():
        of = one.of
        if not of:
            yield Found(one.job_id, "", OLDER, one.bytes)
            continue
        state = state_of(of["model"], of["config"], of["au"], of["arithmetic"], of["code"])
        yield Found(one.job_id, of["model"], state, one.bytes)


def of_summary(summary: Mapping[str, Any]) -> dict[int, str]:
    """Trial -> state of its folds, from a sweep's summary. A summary of an older program does not say which
    code made it, so all its trials are OLDER."""
    rows = {row["trial"]: row for row in summary.get("trials", [])}
    states = {}
    for index, config in summary["configuration"].items():
        row = rows.get(int(index))
        states[int(index)] = (
            OLDER
            if row is None
            else state_of(summary["model"], config, summary["au"], summary["arithmetic"], row["code"])
        )
    return states
