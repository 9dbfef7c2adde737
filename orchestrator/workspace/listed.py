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
    was asked for, None before the end. when: seconds since 1970 of the last change. damage: of its files, in
    words, or ""."""

    name: str
    state: str
    model: str
    corpus: str
    rule: str
    uf1: float | None
    when: float
    damage: str = ""


def sweeps(workspace: Path) -> list[Listed]:
    """Oldest first. Raises OSError."""
    folders = [path for path in (workspace / SWEEPS).glob("*") if path.is_dir()]
    begun = [path for path in folders if any((path / name).exists() for name in BEGUN)]
    return sorted(map(listed, begun), key=lambda one: one.when)


def listed(folder: Path) -> Listed:
    """One of them. A damaged file counts as one that is not there, and is named."""
    (summary, cut), (asked, other) = _held(folder / "summary.json"), _held(folder / DEFINITION)
    rule = str(summary.get("rule", ""))
    score = summary.get("selection", {}).get(rule, {}).get("uf1")
    state = RUNS if runs(folder) else COMPLETE if score is not None else EARLY
    changed = max(path.stat().st_mtime for path in folder.iterdir())
    both = asked | summary
    name = folder.name
    return Listed(
        name, state, both.get("model", "?"), both.get("corpus", "?"), rule, score, changed, cut or other
    )


def _held(file: Path) -> tuple[dict[str, Any], str]:
    try:
        return sealed.read_json(file, ""), ""
    except FileNotFoundError:
        return {}, ""
    except sealed.Damaged as error:
        return {}, f"{file.name} is damaged ({error.why})"
