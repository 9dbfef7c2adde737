"""Several sweeps as one table: each row's score under the rule that the sweeps were asked for, beside what
choosing the epoch on the test person would have shown. The rows are alternatives, not results to choose from:
the best of many has been chosen on test people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from orchestrator.results import report
from orchestrator.results.action_units import au_columns, au_label

CAUTION = "Alternatives, not a choice: the best of several rows has been chosen on test people."


def line(name: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table, from a sweep's summary."""
    rule, scores = summary["rule"], summary["selection"]
    own, oracle = scores[rule], scores.get("oracle_epoch")
    return {
        "row": name,
        "model": summary["model"],
        "features": summary["feature_set"].rsplit("-", 1)[0],
        **au_columns(summary),
        "protocol": report.protocol_label(summary["protocol"]),
        "clips": summary["clips"],
        "seeds": summary["seeds"],
        "rule": rule,
        "uf1": own["uf1"],
        "uf1_sd": own["sd"]["uf1"],
        "uar": own["uar"],
        "oracle_epoch_uf1": oracle["uf1"] if oracle else None,
        "gap": oracle["uf1"] - own["uf1"] if oracle else None,
        "fold_s": summary["timing"]["fold_s"],
    }


def table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """For a terminal. The oracle's score and how far it lies above stand beside the honest one."""
    first = lines[0]
    about = f"{first['protocol']}, {first['clips']} clips, {first['seeds']} seeds. {CAUTION}"
    remarks = dict.fromkeys(au_label(one["au"], one["au_remark"]) for one in lines if one["au_remark"])
    about = "\n".join([about, *(f"AUs {remark}." for remark in remarks)])
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, caption=about, caption_justify="left")
    for title in ("row", "features", "AUs"):
        made.add_column(title)
    for title in (f"UF1\n{first['rule']}", "UAR", "UF1\n[red]oracle_epoch[/red]", "gap"):
        made.add_column(title, justify="right")
    for one in lines:
        spread = "" if one["uf1_sd"] is None else f" ±{one['uf1_sd']:.3f}"
        oracle = (
            ("-", "-") if one["gap"] is None else (f"{one['oracle_epoch_uf1']:.3f}", f"{one['gap']:+.3f}")
        )
        made.add_row(
            escape(one["row"]),
            one["features"],
            one["au"],
            f"{one['uf1']:.3f}{spread}",
            f"{one['uar']:.3f}",
            *oracle,
        )
    return made
