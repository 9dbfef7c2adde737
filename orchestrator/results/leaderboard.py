"""The beginning of a sweep on the terminal (what is run on what, and what a reader must know of it), and its
end: its trials, best first by what their validation people say, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from orchestrator.common.names import redacted
from orchestrator.results.report import protocol_label
from orchestrator.search.search import Outcome
from orchestrator.selection.rules import RULES, pooled_validation_uf1
from orchestrator.study.labels import deviations
from orchestrator.study.table import ClipTable
from orchestrator.sweeps.request import Request


def opening(
    request: Request, table: ClipTable, corpora: Sequence[ClipTable], folds: int, quarantined: int
) -> list[str]:
    """Lines with markup: what is run, then what was left out, then warnings. corpora: the tables that
    ``table`` was made of."""
    study = request.study
    lines = [
        f"[bold]{request.name}[/bold]: {study.model} on {table.corpus}, {len(table.clip_ids)} clips, "
        f"{protocol_label(study.protocol)}, "
        f"{folds} folds, classes {_counts(table)}, AUs: {table.au}, {request.trials} trials x {folds} folds "
        f"x {study.seeds} seeds"
    ]
    if quarantined:
        lines.append(
            f"[yellow]{quarantined} clips are quarantined[/yellow] (quarantine.csv beside the features says "
            "why)"
        )
    others = Counter(reason for reason in table.left_out.values() if not reason.startswith("quarantined"))
    lines += [
        f"[yellow]{count} clips left out[/yellow]: {escape(reason)}"
        for reason, count in sorted(others.items())
    ]
    unpublished = (text for one in corpora for text in deviations(one.corpus, request.classes, _counts(one)))
    return lines + [
        f"[yellow]warning[/yellow]: {escape(text)}" for text in (*study.warnings(table), *unpublished)
    ]


def _counts(table: ClipTable) -> dict[str, int]:
    return {name: int((table.y == i).sum()) for i, name in enumerate(table.classes)}


def trials_table(outcomes: Sequence[Outcome], scores: Mapping[str, Mapping[str, Any]]) -> Table:
    """Trials by pooled validation UF1. The last column says in how many folds the nested rule chose the
    trial."""
    chosen = Counter(
        trial
        for trial, _, _ in {
            (p["trial"], p["fold"], p["seed"]) for p in scores.get("nested", {}).get("predictions", [])
        }
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
        o.index: pooled_validation_uf1(o.results) if o.results and o.results[0].validation else float("nan")
        for o in outcomes
    }
    for outcome in sorted(outcomes, key=lambda o: (bool(o.error), o.state, -judged[o.index], o.index)):
        value = "[red]failed[/red]" if outcome.error else f"{judged[outcome.index]:.3f}"
        if outcome.state == "stopped":
            value += f" of {len(outcome.results)} folds, stopped"
        keys = ", ".join(f"{k.split('.', 1)[1]}={_short(v)}" for k, v in outcome.drawn.items())
        made.add_row(str(outcome.index), value, str(chosen.get(outcome.index, 0)), keys)
    return made


def headline(summary: Mapping[str, Any]) -> str:
    """The one line that a sweep is remembered by: the score under the rule that was asked for, and what that
    rule saw."""
    rule = summary["rule"]
    score = summary["selection"][rule]
    kind = "honest" if RULES[rule].honest else "[red]ORACLE, no result[/red]"
    adaptive = [
        summary[part]
        for part in ("sampler", "scheduler")
        if summary.get(part, "none") not in ("random", "none")
    ]
    # Such a search has seen how every held-out person fared as a validation person of other folds.
    kind += (
        f", trials chosen by {' and '.join(adaptive)} with all validation people in view" if adaptive else ""
    )
    return (
        f"{rule} ({kind}), AUs {summary['au']}: UF1 {score['uf1']:.4f}  UAR {score['uar']:.4f}  WAR "
        f"{score['war']:.4f}"
    )


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def next_commands(name: str, workspace: Path, tracking_uri: str, model: str) -> str:
    """What a user does next, ready to paste."""
    return (
        "next:\n"
        "  compare runs in a browser   mlflow ui --host 127.0.0.1 --backend-store-uri "
        f"{redacted(tracking_uri)}\n"
        f"  tables and pictures         python -m orchestrator.report {name} --workspace {workspace}\n"
        f"  your own clips              python -m orchestrator.sweep {model} --corpus manifest --root "
        "FOLDER_WITH_manifest.csv"
    )
