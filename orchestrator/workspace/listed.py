"""The sweeps of a workspace, as far as their folders say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.workspace import sealed
from orchestrator.workspace.sweep_folder import BEGUN, DEFINITION, SWEEPS, runs

RUNS, COMPLETE, EARLY = "running", "complete", "ended early"


@dataclass(frozen=True)
class Listed:
    """state: RUNS, COMPLETE or EARLY. model, corpus: "?" where the folder does not say. uf1: of the rule that
    was asked for, None before the end. when: seconds since 1970 of the last change."""

    name: str
    state: str
    model: str
    corpus: str
    rule: str
    uf1: float | None
    when: float


def sweeps(workspace: Path) -> list[Listed]:
    """Oldest first. Raises OSError."""
    folders = [path for path in (workspace / SWEEPS).glob("*") if path.is_dir()]
    begun = [path for path in folders if any((path / name).exists() for name in BEGUN)]
    return sorted(map(listed, begun), key=lambda one: one.when)


def listed(folder: Path) -> Listed:
    """One of them. A damaged file counts as one that is not there."""
    summary, asked = _held(folder / "summary.json"), _held(folder / DEFINITION)
    rule = str(summary.get("rule", ""))
    score = summary.get("selection", {}).get(rule, {}).get("uf1")
    state = RUNS if runs(folder) else COMPLETE if score is not None else EARLY
    changed = max(path.stat().st_mtime for path in folder.iterdir())
    both = asked | summary
    name = folder.name
    return Listed(name, state, both.get("model", "?"), both.get("corpus", "?"), rule, score, changed)


def _held(file: Path) -> dict[str, Any]:
    try:
        return sealed.read_json(file, "")
    except (FileNotFoundError, sealed.Damaged):
        return {}
