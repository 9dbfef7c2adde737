"""The one line that a sweep is remembered by, and what its user does next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.common.commands import command, pages_of
from orchestrator.results import coverage
from orchestrator.results.action_units import au_of
from orchestrator.results.chance import said as chance
from orchestrator.results.intervals import said as interval
from orchestrator.selection.rules import adaptive, kind_of


def headline(summary: Mapping[str, Any]) -> str:
    """The one line that a sweep is remembered by: the score under the rule that was asked for, and what that
    rule saw."""
    score = summary["selection"][summary["rule"]]
    return "; ".join(
        [
            f"{_ruled(summary)}: "
            + "  ".join(
                f"{n.upper()} {score[n]:.4f}{interval(score, n)}{chance(score, n) if n == 'uf1' else ''}"
                for n in ("uf1", "uar", "war")
            )
            + _partial(score),
            *_notes(summary),
        ]
    )


def without_scores(summary: Mapping[str, Any]) -> str:
    """The same where the scores stand beside it already."""
    return "; ".join([_ruled(summary), *_notes(summary)]) + "."


def _ruled(summary: Mapping[str, Any]) -> str:
    rule = summary["rule"]
    kind: str = kind_of(rule, summary)
    if kind == "oracle":
        kind = "ORACLE, no result"
    if search := adaptive(summary):
        kind += f": trials chosen by {' and '.join(search)} with all validation people in view"
    return f"{rule} ({kind}), AUs {au_of(summary)}"


def _notes(summary: Mapping[str, Any]) -> list[str]:
    score = summary["selection"][summary["rule"]]
    said = (_only(summary), _empty(score), _gaps(summary), looks_said(summary))
    return [one for one in said if one]


def _only(summary: Mapping[str, Any]) -> str:
    """Who alone was asked for, by --subjects; "" for everybody."""
    people = summary.get("only_subjects", [])
    if not people:
        return ""
    return f"of {len(people)} chosen people alone ({', '.join(people[:5])}{' ...' * (len(people) > 5)})"


def _empty(score: Mapping[str, Any]) -> str:
    """Which classes the corpus has no clip of; "" where it has of all, or an older program wrote the
    summary."""
    empty = [name for name, one in score.get("coverage", {}).items() if not one["of"]]
    return f"no clip of class {', '.join(empty)}, which UF1 and UAR count as 0" if empty else ""


def _gaps(summary: Mapping[str, Any]) -> str:
    """How many folds chose among all trials, where not all did; "" where all did, or an older program wrote
    the summary."""
    whole, of = summary.get("folds_of_all_trials", (0, 0))
    return "" if whole == of else f"{whole} of {of} folds chose among all trials"


def looks_said(summary: Mapping[str, Any]) -> str:
    """How often these people have been scored (workspace/looks.py); "" where nobody has counted."""
    looks = summary.get("looks")
    if not looks or not looks["sweep"]:
        return ""
    return f"looks at these people: {looks['sweep']} by this sweep, {looks['workspace']} in this workspace"


def _partial(score: Mapping[str, Any]) -> str:
    """On how many clips, where it is not on all."""
    tested, of = coverage.total(score.get("coverage", {}))
    return f", on {tested} of {of} clips" if tested < of else ""


def next_commands(
    summary: Mapping[str, Any], workspace: Path, tracking: str, *, store: str = "", tracking_uri: str = ""
) -> str:
    """What a user does next, ready to paste. tracking: where the runs are; store, tracking_uri: as they were
    given."""
    words = (summary["model"], "--corpus", "manifest", "--root", "FOLDER_WITH_manifest.csv")
    plugins = summary.get("plugins", ())
    own = command(
        "sweep", *words, workspace=workspace, store=store, tracking_uri=tracking_uri, plugins=plugins
    )
    return (
        "next:\n"
        f"  compare runs in a browser   {pages_of(tracking)}\n"
        f"  tables and pictures         {command('report', summary['name'], workspace=workspace)}\n"
        f"  your own clips              {own}"
    )
