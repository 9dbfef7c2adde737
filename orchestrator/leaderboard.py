"""The end of a sweep on the terminal: its trials, best first by what their validation people say, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from orchestrator.names import redacted
from orchestrator.search import Outcome
from orchestrator.selection import RULES, pooled_validation_uf1


def trials_table(outcomes: Sequence[Outcome], scores: Mapping[str, Mapping[str, Any]]) -> Table:
    """Trials by pooled validation UF1. The last column says in how many folds the nested rule chose the trial."""
    chosen = Counter(
        trial for trial, _, _ in {(p["trial"], p["fold"], p["seed"]) for p in scores.get("nested", {}).get("predictions", [])}
    )
    made = Table(title="Leaderboard (trial 0 is the published configuration)", title_justify="left")
    for name, side in (
        ("trial", "right"),
        ("validation UF1", "right"),
        ("folds that chose it", "right"),
        ("configuration", "left"),
    ):
        made.add_column(name, justify=side)  # type: ignore[arg-type]
    judged = {
        o.index: pooled_validation_uf1(o.results) if o.results and o.results[0].validation else float("nan") for o in outcomes
    }
    for outcome in sorted(outcomes, key=lambda o: (bool(o.error), -judged[o.index], o.index)):
        value = "[red]failed[/red]" if outcome.error else f"{judged[outcome.index]:.3f}"
        keys = ", ".join(f"{k.split('.', 1)[1]}={_short(v)}" for k, v in outcome.drawn.items())
        made.add_row(str(outcome.index), value, str(chosen.get(outcome.index, 0)), keys)
    return made


def headline(summary: Mapping[str, Any]) -> str:
    """The one line that a sweep is remembered by: the score under the rule that was asked for, and what that rule saw."""
    rule = summary["rule"]
    score = summary["selection"][rule]
    kind = "honest" if RULES[rule].honest else "[red]ORACLE, no result[/red]"
    return f"{rule} ({kind}), AUs {summary['au']}: UF1 {score['uf1']:.4f}  UAR {score['uar']:.4f}  WAR {score['war']:.4f}"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def next_commands(name: str, workspace: Path, tracking_uri: str, model: str) -> str:
    """What a user does next, ready to paste."""
    return (
        "next:\n"
        f"  compare runs in a browser   mlflow ui --host 127.0.0.1 --backend-store-uri {redacted(tracking_uri)}\n"
        f"  tables and pictures         python -m orchestrator.report {name} --workspace {workspace}\n"
        f"  your own clips              python -m orchestrator.sweep {model} --corpus manifest --root FOLDER_WITH_manifest.csv"
    )
