"""The one line that a sweep is remembered by, and what its user does next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.common.names import redacted
from orchestrator.results.action_units import au_of
from orchestrator.selection.rules import RULES


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
        f"{rule} ({kind}), AUs {au_of(summary)}: UF1 {score['uf1']:.4f}  UAR {score['uar']:.4f}  WAR "
        f"{score['war']:.4f}"
    )


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
