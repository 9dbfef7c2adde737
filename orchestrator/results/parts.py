"""Where the test clips are of several corpora or splits: scores of each part, of the same pooled run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from orchestrator.results import intervals


def part_row(rule: str, name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """One row of parts.csv."""
    scores = {key: part[key] for key in ("uf1", "uar", "war")}
    return {
        "rule": rule,
        "part": name,
        **scores,
        **intervals.columns(part),
        **{
            f"{kind}_{name}": value for kind in ("f1", "recall") for name, value in part.get(kind, {}).items()
        },
        "clips": part["n_clips"],
        "absent": " ".join(part["absent"]),
    }


def titled(title: str) -> Table:
    """An empty table in the style of those below a sweep's own."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, title=title, title_justify="left")


def parts_table(summary: Mapping[str, Any], rule: str) -> Table | None:
    """Scores of each corpus, split or pair under one rule, for a terminal; None where there is one part
    only."""
    parts = summary["selection"][rule]["parts"]
    if not parts:
        return None
    # parts of an older program say none
    classes = list(dict.fromkeys(name for part in parts.values() for name in part.get("f1", {})))
    made = titled(f"Parts of the pooled run, {rule}")
    for name, side in (
        ("part", "left"),
        ("clips", "right"),
        ("UF1", "right"),
        ("UAR", "right"),
        ("WAR", "right"),
        *((f"F1 {name}", "right") for name in classes),
        ("no clip of", "left"),
    ):
        made.add_column(name, justify=side)  # type: ignore[arg-type]
    for name, part in parts.items():
        made.add_row(
            name,
            str(part["n_clips"]),
            *(f"{part[key]:.3f}{intervals.said(part, key)}" for key in ("uf1", "uar", "war")),
            *(f"{part['f1'][name]:.3f}" if name in part.get("f1", {}) else "-" for name in classes),
            ", ".join(part["absent"]),
        )
    return made
