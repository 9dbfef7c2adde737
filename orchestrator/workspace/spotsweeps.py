"""What the folder of a spotsweep says beside its table, and those of a workspace.

sweep.json     what was asked for ("corpus", "spotters", "recogniser"), the command that goes on ("again"),
               the ids of what it has used of spotfolds/ ("folds"), and its own id among all ("id").
summary.json   the table, when it is whole (spotting/table.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.workspace import sealed
from orchestrator.workspace.listed import COMPLETE, EARLY, RUNS, changed
from orchestrator.workspace.sweep_folder import DEFINITION, KINDS, runs

FOLDS, CURVES = "spotfolds", "spots"  # of the workspace: folds, and the curves of videos
SUMMARY = "summary.json"
HEADLINE = "nested"  # the rule whose scores stand in a list
AGAIN = "the same spotsweep command writes it anew"


@dataclass(frozen=True)
class ListedSpotsweep:
    """state: RUNS, COMPLETE or EARLY. corpus: "?" where the folder does not say. scores: spotter -> F1 of the
    nested rule with its interval, as text; without one before the end. when: seconds since 1970. again: the
    command that goes on, "" where the folder does not say. folds: ids. damage: of its files, or ""."""

    name: str
    state: str
    corpus: str
    scores: dict[str, str]
    when: float
    again: str = ""
    folds: frozenset[str] = frozenset()
    damage: str = ""


def begun(folder: Path, asked: Mapping[str, Any]) -> None:
    """Write what was asked for. A spotsweep that goes on keeps its id. Raises OSError."""
    held, _ = sealed.held(folder / DEFINITION)
    kept = {"id": held.get("id") or uuid.uuid4().hex, "folds": held.get("folds", [])}
    sealed.write_json(folder / DEFINITION, dict(asked) | kept)


def used(folder: Path, folds: Iterable[str]) -> None:
    """Write which folds it has used, beside those of before. Raises OSError."""
    held, _ = sealed.held(folder / DEFINITION)
    sealed.write_json(folder / DEFINITION, held | {"folds": sorted({*held.get("folds", []), *folds})})


def identity(folder: Path) -> str:
    """Its id among all spotsweeps; one of an older program gets one. Raises OSError."""
    held, _ = sealed.held(folder / DEFINITION)
    if not held.get("id"):
        begun(folder, held)
        held, _ = sealed.held(folder / DEFINITION)
    return str(held["id"])


def spotsweeps(workspace: Path) -> list[ListedSpotsweep]:
    """Oldest first. Raises OSError."""
    folders = [path for path in (workspace / KINDS["spotsweep"]).glob("*") if path.is_dir()]
    there = [path for path in folders if (path / DEFINITION).exists() or (path / SUMMARY).exists()]
    return sorted(map(listed, there), key=lambda one: one.when)


def listed(folder: Path) -> ListedSpotsweep:
    """One of them. A damaged file counts as one that is not there, and is named."""
    (summary, cut), (asked, other) = sealed.held(folder / SUMMARY), sealed.held(folder / DEFINITION)
    try:
        return _listed(folder, summary, asked, cut or other)
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # written by hand
        return _listed(folder, {}, {}, f"its files do not go together ({type(error).__name__}: {error})")


def _listed(
    folder: Path, summary: Mapping[str, Any], asked: Mapping[str, Any], damage: str
) -> ListedSpotsweep:
    both = {**asked, **summary}
    scores = {str(name): "" for name in both.get("spotters", [])}
    scores |= {str(row["spotter"]): _score(row) for row in summary.get("rows", []) if row["rule"] == HEADLINE}
    return ListedSpotsweep(
        folder.name,
        RUNS if runs(folder) else COMPLETE if summary else EARLY,
        str(both.get("corpus", "?")),
        scores,
        max(map(changed, folder.iterdir()), default=0.0),
        str(asked.get("again", "")),
        frozenset(asked.get("folds", ())),
        damage,
    )


def _score(row: Mapping[str, Any]) -> str:
    low, high = row.get("f1_low"), row.get("f1_high")
    within = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
    return f"{row['f1']:.3f}{within}"
