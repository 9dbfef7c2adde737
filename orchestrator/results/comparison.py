"""Several sweeps as one table: each row's score under the rule that the sweeps were asked for, beside what
choosing the epoch on the test person would have shown. The rows are alternatives, not results to choose from:
the best of many has been chosen on test people.

Rows may have tested different clips: another feature set cannot be made of all of them. Scores of different
clips do not compare, so every row is scored on the clips that all rows tested, joined by clip id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from orchestrator.results import coverage, intervals, report
from orchestrator.results.action_units import au_columns, au_label
from orchestrator.results.report import ReportError
from orchestrator.selection import metrics
from orchestrator.statistics.people import SCORES

CAUTION = "Alternatives, not a choice: the best of several rows has been chosen on test people."
ORACLE = "oracle_epoch"  # stands beside each row's own rule

Finished = tuple[Mapping[str, Any], pd.DataFrame]  # summary and predictions, as report.read gives them


def lines(rows: Mapping[str, Finished], looks: Mapping[str, int]) -> list[dict[str, Any]]:
    """The table's lines, from finished sweeps by the row's name, in their order; [] of none.

    looks: row -> looks at its test people in this workspace.
    Each line: row, model, features, au, protocol, seeds, rule; clips, that all rows tested; uf1, its sample
    deviation over seeds (None for one seed), uar and war on those, with the ends of their intervals over
    people, and f1_<class>; uar_per_person with its deviation over people and fold_uf1 with that over folds,
    both with their intervals and of the row's own clips (None in older sweeps); oracle_epoch_uf1 and gap
    likewise (None without that rule); tested and of, the row's own clips and those that the corpus has, and
    both for each class; looks; fold_s.
    Raises ReportError where the rows cannot be joined: no clip is common, a clip has two classes, or an older
    program made a row.
    """
    common = _common(rows)
    return [_line(name, *rows[name], common, looks[name]) for name in rows]


def _common(rows: Mapping[str, Finished]) -> dict[str, str]:
    """Clip id -> class, of the clips that every row tested with every seed, under its rule and the
    oracle's."""
    common: dict[str, str] = {}
    for number, (name, (summary, predictions)) in enumerate(rows.items()):
        shown = predictions[predictions["rule"].isin((summary["rule"], ORACLE))]
        runs = [run for _, run in shown.groupby(["rule", "seed"])]
        held = [dict(zip(run["clip_id"], run["truth"], strict=True)) for run in runs]
        own = {clip: word for clip, word in held[0].items() if all(clip in one for one in held)}
        if not number:
            common = own
            continue
        both = sorted(common.keys() & own.keys())
        if other := next((clip for clip in both if common[clip] != own[clip]), None):
            raise ReportError(
                f"clip {other!r} is {own[other]!r} in row {name!r} and {common[other]!r} in a row before it: "
                "labels changed between their sweeps; choose another --name"
            )
        if not both:
            raise ReportError(f"row {name!r} tested no clip that all rows before it tested; compare it alone")
        common = {clip: common[clip] for clip in both}
    return common


def _line(
    name: str, summary: Mapping[str, Any], predictions: pd.DataFrame, common: Mapping[str, str], looks: int
) -> dict[str, Any]:
    rule = summary["rule"]
    covered = summary["selection"][rule].get("coverage")
    if covered is None:
        raise ReportError(
            f"an older program made row {name!r}, and did not say how many clips it left out; choose another "
            "--name"
        )
    own = _scores(predictions, rule, common, summary["classes"])
    oracle = _scores(predictions, ORACLE, common, summary["classes"])
    tested, of = coverage.total(covered)
    return {
        "row": name,
        "model": summary["model"],
        "features": f"{summary['feature_set'].rsplit('-', 1)[0]} "
        f"{report.settings_label(summary.get('extraction', {}))}".rstrip(),
        **au_columns(summary),
        "protocol": report.protocol_label(summary["protocol"]),
        "clips": len(common),
        "seeds": summary["seeds"],
        "rule": rule,
        "uf1": float(np.mean(own["uf1"])),
        "uf1_sd": float(np.std(own["uf1"], ddof=1)) if len(own["uf1"]) > 1 else None,
        "uar": float(np.mean(own["uar"])),
        "war": float(np.mean(own["war"])),
        **_ends(predictions, rule, common, summary["classes"], "", SCORES),
        **{f"f1_{name}": float(np.mean(own[f"f1_{name}"])) for name in summary["classes"]},
        **_of_own_clips(summary["selection"][rule]),
        "oracle_epoch_uf1": float(np.mean(oracle["uf1"])) if oracle["uf1"] else None,
        **_ends(predictions, ORACLE, common, summary["classes"], f"{ORACLE}_", ("uf1",)),
        "gap": float(np.mean(oracle["uf1"])) - float(np.mean(own["uf1"])) if oracle["uf1"] else None,
        "tested": tested,
        "of": of,
        **coverage.columns(covered),
        "looks": looks,
        "fold_s": summary["timing"]["fold_s"],
    }


def _ends(
    predictions: pd.DataFrame,
    rule: str,
    clips: Mapping[str, str],
    classes: Sequence[str],
    prefix: str,
    names: Sequence[str],
) -> dict[str, float | None]:
    """Columns uf1_low, uf1_high ..., the 95 % interval over people on these clips; None without the rule."""
    shown = predictions[(predictions["rule"] == rule) & predictions["clip_id"].isin(clips)]
    held = intervals.of_frame(shown, classes) if len(shown) else {}
    return {
        f"{prefix}{name}_{end}": held[name][at] if name in held else None
        for name in names
        for at, end in enumerate(("low", "high"))
    }


def _scores(
    predictions: pd.DataFrame, rule: str, clips: Mapping[str, str], classes: Sequence[str]
) -> dict[str, list[float]]:
    """UF1, UAR, WAR and F1 of each class under a rule on these clips, one value a seed."""
    shown = predictions[(predictions["rule"] == rule) & predictions["clip_id"].isin(clips)]
    number = {name: i for i, name in enumerate(classes)}
    each = [
        metrics.evaluate([number[w] for w in part["truth"]], [number[w] for w in part["predicted"]], classes)
        for _, part in shown.groupby("seed")
    ]
    f1 = {f"f1_{name}": [one["per_class"][name]["f1"] for one in each] for name in classes}
    return {name: [one[name] for one in each] for name in SCORES} | f1


def _of_own_clips(score: Mapping[str, Any]) -> dict[str, float | None]:
    made: dict[str, float | None] = {}
    for name in ("uar_per_person", "fold_uf1"):
        made |= intervals.of_mean_columns(name, score.get(name, {"mean": None, "sd": None}))
    return made


def table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """For a terminal. The oracle's score and how far it lies above stand beside the honest one."""
    first = lines[0]
    about = (
        f"{_all(lines, 'protocol')}, scored on the {first['clips']} clips that all rows tested, "
        f"{_all(lines, 'seeds')} seeds. Looks at these people in this workspace: "
        f"{max(one['looks'] for one in lines)}. {CAUTION}"
    )
    remarks = dict.fromkeys(au_label(one["au"], one["au_remark"]) for one in lines if one["au_remark"])
    people = (
        "UAR a person: mean and deviation over people, of the row's own clips, each by the classes shown; "
        "UAR pools them."
    )
    classes = [key.removeprefix("f1_") for key in first if key.startswith("f1_")]
    f1 = [
        f"{one['row']}, F1: " + ", ".join(f"{name} {one['f1_' + name]:.3f}" for name in classes) + "."
        for one in lines
    ]
    about = "\n".join([about, *f1, intervals.SAID, people, *(f"AUs {remark}." for remark in remarks)])
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, caption=about, caption_justify="left")
    for title in ("row", "features", "AUs", "clips tested"):
        made.add_column(title)
    for score in (
        f"UF1\n{_all(lines, 'rule')}",
        "UAR",
        "UAR a\nperson",
        "WAR",
        Text.assemble("UF1\n", (ORACLE, "red")),
        "gap",
    ):
        made.add_column(score, justify="right")
    for one in lines:
        spread = "" if one["uf1_sd"] is None else f" ±{one['uf1_sd']:.3f}"
        oracle = (
            ("-", "-")
            if one["gap"] is None
            else (f"{one['oracle_epoch_uf1']:.3f}{_between(one, f'{ORACLE}_uf1')}", f"{one['gap']:+.3f}")
        )
        made.add_row(
            one["row"],
            one["features"],
            one["au"],
            _tested(one),
            f"{one['uf1']:.3f}{spread}{_between(one, 'uf1')}",
            f"{one['uar']:.3f}{_between(one, 'uar')}",
            "-"
            if one["uar_per_person"] is None
            else f"{one['uar_per_person']:.3f} ±{one['uar_per_person_sd']:.3f}"
            f"{_between(one, 'uar_per_person')}",
            f"{one['war']:.3f}{_between(one, 'war')}",
            *oracle,
        )
    return made


def _between(line: Mapping[str, Any], name: str) -> str:
    low, high = line[f"{name}_low"], line[f"{name}_high"]
    return "" if low is None else intervals.narrow({"interval": {name: (low, high)}}, name)


def _all(lines: Sequence[Mapping[str, Any]], what: str) -> str:
    """The value of all rows; or the values, where they differ."""
    return " or ".join(dict.fromkeys(str(one[what]) for one in lines))


def _tested(line: Mapping[str, Any]) -> str:
    """The row's own coverage; the classes of which clips are missing by name."""
    classes = [key.removeprefix("tested_") for key in line if key.startswith("tested_")]
    parts = [(name, line[f"tested_{name}"], line[f"of_{name}"]) for name in classes]
    short = [f"{name} {tested} of {of}" for name, tested, of in parts if tested < of]
    return "\n".join([f"{line['tested']} of {line['of']}", *short])
