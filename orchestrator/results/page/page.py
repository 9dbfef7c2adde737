"""A sweep's page: one HTML file that loads nothing from anywhere.

Every text goes through Jinja2's autoescape; data for scripts is JSON without a ``<``. What is inlined is
limited, so that a sweep of 600 people and 50 trials stays far below 10 MB, 4.8 of which are Plotly's script.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.results import beside, report
from orchestrator.results import details as kept
from orchestrator.results.headline import without_scores
from orchestrator.results.page import explained, figures, formats, tables
from orchestrator.results.page.templates import template
from orchestrator.search.importance import importance
from orchestrator.statistics.people import SCORES
from orchestrator.workspace import sealed
from orchestrator.workspace.sweep_folder import EXPERIMENT

PAGE, TABLES = "report.html", "tables"
FEW = 10  # below so many complete trials the importance is said to be rough


def gathered(folder: Path) -> dict[str, Any]:
    """What the template shows of a sweep. Raises report.ReportError where it has not finished."""
    summary, predictions = report.read(folder)
    details, why = kept.read(folder)
    rule = tables.shown_rule(summary)
    shares, parallel = importance(summary.get("trials", []))
    held = tables.all_of(folder, summary, predictions, details, shares)
    complete = sum(row["state"] == "complete" for row in summary.get("trials", []))
    why_called = explained.of_sweep(folder)
    return {
        "name": summary["name"],
        "title": report.title(summary),
        "headline": without_scores({**summary, "rule": rule}),
        "rule": rule,
        "scores": {name.upper(): tables.scored(summary["selection"][rule], name) for name in SCORES},
        "gap": tables.gap(summary),
        "seeds": tables.seeds_said(summary, rule),
        "beside": beside.lines(summary["selection"], rule),
        "coverage": tables.coverage_said(summary, rule),
        "classes": summary["classes"],
        "confusion": tables.confusion(summary, rule),
        "tables": held,
        "figures": figures.all_of(summary, held, details, shares, parallel)
        | (why_called["figures"] if why_called else {}),
        "explained": why_called,
        "details_missing": why,
        "rough": f"Of {complete} complete trials: rough." if complete < FEW else "",
        "facts": tables.facts(summary, details),
        "toml": _experiment(folder),
    }


def html(content: Mapping[str, Any], sheets: Mapping[str, bytes] | None = None, notes: str = "") -> str:
    """The page. sheets: clip id -> JPEG of its sheet. notes: on sheets that could not be made."""
    import plotly.offline  # takes part of a second, which a sweep need not wait for as it begins

    pictures = {clip: base64.b64encode(data).decode() for clip, data in (sheets or {}).items()}
    return template("page.html.j2").render(
        **content, plotly=plotly.offline.get_plotlyjs(), sheets=pictures, sheet_notes=notes
    )


def write(folder: Path, sheets: Mapping[str, bytes] | None = None, notes: str = "") -> Path:
    """Write report.html into a finished sweep's folder, whole or not at all. Returns its path. Raises
    report.ReportError, OSError."""
    data = html(gathered(folder), sheets, notes).encode()
    sealed.write(folder / PAGE, lambda path: path.write_bytes(data))
    return folder / PAGE


def write_tables(folder: Path) -> list[Path]:
    """The page's tables, those that have rows and all of these, into the folder's tables/. Returns the paths.
    Raises as write."""
    held = [one for one in gathered(folder)["tables"].values() if one.rows]
    return formats.write(folder / TABLES, held)


def hardest(folder: Path, most: int) -> list[str]:
    """The clips that configurations call wrong most often, or [] where the sweep has not kept them."""
    return [clip for clip, _, _ in kept.read(folder)[0].get("wrong", {}).get("named", [])][:most]


def _experiment(folder: Path) -> str:
    """The text of experiment.toml without its checksum, or ""."""
    try:
        return sealed.read_toml(folder / EXPERIMENT, "")
    except (FileNotFoundError, sealed.Damaged):
        return ""
