"""The sweeps of a workspace, as far as their folders say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.workspace import sealed
from orchestrator.workspace.sweep_folder import BEGUN, DEFINITION, SWEEPS, runs

RUNS, COMPLETE, EARLY = "running", "complete", "ended early"


@dataclass(frozen=True)
class Listed:
    """state: RUNS, COMPLETE or EARLY. model, corpus: "?" where the folder does not say. uf1: of the rule that
    was asked for, None before the end; within: the ends of its interval over people, () where the summary has
    none. when: seconds since 1970 of the last change. damage: of its files, in words, or ""."""

    name: str
    state: str
    model: str
    corpus: str
    rule: str
    uf1: float | None
    when: float
    within: tuple[float, ...] = ()
    damage: str = ""

    @property
    def score(self) -> str:
        """'0.681 [0.601, 0.750]', or "" before the end."""
        if self.uf1 is None:
            return ""
        return f"{self.uf1:.3f}" + (" [{:.3f}, {:.3f}]".format(*self.within) if self.within else "")


def sweeps(workspace: Path) -> list[Listed]:
    """Oldest first. Raises OSError."""
    folders = [path for path in (workspace / SWEEPS).glob("*") if path.is_dir()]
    begun = [path for path in folders if any((path / name).exists() for name in BEGUN)]
    return sorted(map(listed, begun), key=lambda one: one.when)


def listed(folder: Path) -> Listed:
    """One of them. A damaged file counts as one that is not there, and is named."""
    (summary, cut), (asked, other) = sealed.held(folder / "summary.json"), sealed.held(folder / DEFINITION)
    rule = str(summary.get("rule", ""))
    held = summary.get("selection", {}).get(rule, {})
    score, within = held.get("uf1"), tuple(held.get("interval", {}).get("uf1", ()))
    state = RUNS if runs(folder) else COMPLETE if score is not None else EARLY
    when = max(map(changed, folder.iterdir()), default=0.0)
    both = asked | summary
    name = folder.name
    model, corpus = both.get("model", "?"), both.get("corpus", "?")
    return Listed(name, state, model, corpus, rule, score, when, within, cut or other)


def changed(path: Path) -> float:
    """Seconds since 1970; 0 for what has gone meanwhile: a running sweep's folder has files for moments."""
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
