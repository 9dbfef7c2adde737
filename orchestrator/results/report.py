"""A finished sweep as a table, CSV files and pictures.

Input   a sweep's folder ``WORKSPACE/sweeps/<name>/`` with the two files that ``write`` puts there:
        summary.json     the sweep's summary, scores of every rule under "selection";
        predictions.csv  every chosen test prediction: rule, seed, clip_id, subject, truth, predicted, trial,
                         epoch, p_<class>.
Output  made anew from these two, in the same folder:
        loso_results.csv one row a rule, seed and subject: clips, correct, accuracy;
        summary.csv      one row a rule: uf1, uar, war with their deviation over seeds, F1 and recall of each
                         class;
        parts.csv        where the test clips are of several corpora or splits: one row a rule and part, of
                         the same pooled run;
        confusion_<rule>.png, honest_vs_oracle.png, subjects.png.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from rich import box
from rich.table import Table

from orchestrator.protocols import protocol
from orchestrator.selection.rules import DEFAULT, RULES
from preprocessing.errors import BadInput
from preprocessing.places import write_atomically


class ReportError(BadInput):
    """The sweep has not finished, or its files do not read. Names the path and the next step."""


def with_scores(summary: Mapping[str, Any], scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The summary with ``selection``: each rule's scores without the single predictions. This is the JSON
    that a sweep gives."""
    return {
        **summary,
        "selection": {rule: {k: v for k, v in s.items() if k != "predictions"} for rule, s in scores.items()},
    }


def write(folder: Path, summary: Mapping[str, Any], scores: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """Write everything of the module's docstring. scores: rule -> what selection.score returns. Returns the
    files' paths.

    Each file is there whole or not at all. Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(with_scores(summary, scores), indent=2, allow_nan=False)
    write_atomically(folder / "summary.json", lambda path: path.write_text(text + "\n"))
    rows = prediction_rows(scores, summary["classes"], summary.get("same_person", {}))
    _write_csv(folder / "predictions.csv", rows)
    return [folder / "summary.json", folder / "predictions.csv", *render(folder)]


def prediction_rows(
    scores: Mapping[str, Mapping[str, Any]],
    classes: Sequence[str],
    same: Mapping[str, str] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """One dict a rule, seed and clip, in the columns of predictions.csv; truth and predicted are class names.
    same: id -> the id that stands for the person, of those that are joined."""

    def subject(clip: str) -> str:
        who = "/".join(clip.split("/")[:2])  # a clip id is corpus/person/name
        return same.get(who, who)

    return [
        {
            "rule": rule,
            "seed": row["seed"],
            "clip_id": row["clip_id"],
            "subject": subject(row["clip_id"]),
            "truth": classes[row["truth"]],
            "predicted": classes[row["predicted"]],
            "trial": row["trial"],
            "epoch": row["epoch"],
            **{f"p_{name}": round(p, 6) for name, p in zip(classes, row["probs"], strict=True)},
        }
        for rule, score in scores.items()
        for row in score["predictions"]
    ]


def read(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """(summary, predictions) of a sweep's folder. Raises ReportError when one is missing or does not read."""
    try:
        summary = json.loads((folder / "summary.json").read_text())
        text = dict.fromkeys(("rule", "clip_id", "subject", "truth", "predicted"), str)
        predictions = pd.read_csv(folder / "predictions.csv", dtype=text, keep_default_na=False)
    except FileNotFoundError as error:
        raise ReportError(
            f"{error.filename} is missing: the sweep has not finished; run it again with --resume"
        ) from error
    except (ValueError, UnicodeDecodeError) as error:
        raise ReportError(
            f"the files in {folder} do not read ({error}); run the sweep again with --resume"
        ) from error
    return summary, predictions


def render(folder: Path) -> list[Path]:
    """CSV files and pictures from summary.json and predictions.csv. Returns their paths."""
    from orchestrator.results import pictures  # Matplotlib, at a sweep's end only

    summary, predictions = read(folder)
    selection, classes = summary["selection"], summary["classes"]
    people = people_of(predictions)
    _write_csv(folder / "loso_results.csv", people.to_dict("records"))
    _write_csv(folder / "summary.csv", [summary_row(rule, score) for rule, score in selection.items()])
    if parts := [
        part_row(rule, name, part)
        for rule, score in selection.items()
        for name, part in score["parts"].items()
    ]:
        _write_csv(folder / "parts.csv", parts)

    about = title(summary)
    figures = {
        f"confusion_{rule}.png": pictures.confusion(
            score["confusion"], classes, f"{rule}: UF1 {score['uf1']:.3f}. {about}"
        )
        for rule, score in selection.items()
    }
    figures["honest_vs_oracle.png"] = pictures.honest_vs_oracle(
        selection, {rule: RULES[rule].honest for rule in selection}, about
    )
    if rule := next((r for r in (DEFAULT, *RULES) if r in selection and RULES[r].honest), None):
        by = people.groupby(["rule", "subject"])[["clips", "correct"]].sum()
        accuracy: dict[Any, float] = (by["correct"] / by["clips"]).to_dict()
        clips: dict[Any, int] = by["clips"].to_dict()
        seeds = len(selection[rule]["seeds"])
        rows = [
            (who, clips[key, who] // seeds, share, accuracy.get(("oracle_epoch", who)))
            for (key, who), share in accuracy.items()
            if key == rule
        ]
        figures["subjects.png"] = pictures.subjects(rows, rule, "oracle_epoch", about)
    for name, figure in figures.items():
        write_atomically(folder / name, lambda path, figure=figure: figure.savefig(path, format="png"))
    return [
        folder / name
        for name in ("loso_results.csv", "summary.csv", *(["parts.csv"] if parts else []), *figures)
    ]


def people_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, seed and subject: clips, correct, accuracy. predictions: as ``read`` gives them."""
    right = predictions.assign(correct=(predictions["truth"] == predictions["predicted"]).astype(int))
    people = right.groupby(["rule", "seed", "subject"], sort=False, as_index=False).agg(
        clips=("correct", "size"), correct=("correct", "sum")
    )
    people["accuracy"] = (people["correct"] / people["clips"]).round(6)
    return people


def _write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    write_atomically(path, lambda temporary: pd.DataFrame(list(rows)).to_csv(temporary, index=False))


def summary_row(rule: str, score: Mapping[str, Any]) -> dict[str, Any]:
    """One row of summary.csv."""
    row: dict[str, Any] = {"rule": rule, "kind": "honest" if RULES[rule].honest else "oracle"}
    for name in ("uf1", "uar", "war"):
        row |= {name: score[name], f"{name}_sd": score["sd"][name]}
    for kind in ("f1", "recall"):
        row |= {f"{kind}_{name}": each[kind] for name, each in score["per_class"].items()}
    return row | {"clips": score["n_clips"], "seeds": len(score["seeds"])}


def part_row(rule: str, name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """One row of parts.csv."""
    scores = {key: part[key] for key in ("uf1", "uar", "war")}
    return {
        "rule": rule,
        "part": name,
        **scores,
        "clips": part["n_clips"],
        "absent": " ".join(part["absent"]),
    }


def title(summary: Mapping[str, Any]) -> str:
    """What a number of this sweep is about, in one line: model, corpus, features, action units, classes,
    protocol, size."""
    return (
        f"{summary['model']} on {summary['corpus']} ({summary['feature_set']}), AUs: {summary['au']}, "
        f"{len(summary['classes'])} classes, {protocol_label(summary['protocol'])}, {summary['clips']} clips "
        f"of {summary['subjects']} subjects"
    )


def protocol_label(name: str) -> str:
    """The protocol's name, and a warning with it where people are on both sides."""
    return (
        f"{name} (SUBJECT-DEPENDENT: people on both sides)" if protocol(name)[0].subject_dependent else name
    )


def table(summary: Mapping[str, Any]) -> Table:
    """The leaderboard of rules for a terminal. summary: as returned by ``with_scores``."""
    made = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 0),
        caption=_caption(summary),
        caption_justify="left",
    )
    made.add_column("rule", no_wrap=True, min_width=max(map(len, RULES)))
    made.add_column("chosen on", no_wrap=True, min_width=max(len(rule.sees) for rule in RULES.values()))
    for name in ("UF1", "UAR", "WAR", *(f"F1\n{name}" for name in summary["classes"])):
        made.add_column(name, justify="right", no_wrap=True, min_width=6)
    for rule, score in summary["selection"].items():
        values = [_number(score[name], score["sd"][name]) for name in ("uf1", "uar", "war")]
        values += [_number(score["per_class"][name]["f1"], None) for name in summary["classes"]]
        sees = RULES[rule].sees if RULES[rule].honest else f"[red]{RULES[rule].sees}[/]"
        if rule == "last_epoch" and len(summary["configuration"]) == 1:
            sees = "nothing chosen"
        made.add_row(rule, sees, *values, style="bold" if rule == summary.get("rule", DEFAULT) else "")
    return made


def parts_table(summary: Mapping[str, Any], rule: str) -> Table | None:
    """Scores of each corpus, split or pair under one rule, for a terminal; None where there is one part
    only."""
    parts = summary["selection"][rule]["parts"]
    if not parts:
        return None
    made = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        title=f"Parts of the pooled run, {rule}",
        title_justify="left",
    )
    for name, side in (
        ("part", "left"),
        ("clips", "right"),
        ("UF1", "right"),
        ("UAR", "right"),
        ("WAR", "right"),
        ("no clip of", "left"),
    ):
        made.add_column(name, justify=side)  # type: ignore[arg-type]
    for name, part in parts.items():
        made.add_row(
            name,
            str(part["n_clips"]),
            *(f"{part[key]:.3f}" for key in ("uf1", "uar", "war")),
            ", ".join(part["absent"]),
        )
    return made


def _caption(summary: Mapping[str, Any]) -> str:
    scores = summary["selection"].values()
    lines = [
        title(summary),
        "Oracle rules have seen the held-out people: they show inflation and are no result.",
    ]
    if summary["au"] == "annotated":
        lines.append(
            "The held-out person's AUs are annotations, which a new video does not have; see --au predicted."
        )
    if protocol(summary["protocol"])[0].subject_dependent:
        lines.append(
            "The test people also train: this measures known people, and says nothing of a person never seen."
        )
    if absent := sorted({name for score in scores for name in score["absent"]}):
        lines.append(f"No clip of class {', '.join(absent)}: it counts as 0 in UF1 and UAR.")
    if seeds := max((len(score["seeds"]) for score in scores if score["sd"]["uf1"] is not None), default=0):
        lines.append(f"Means over {seeds} seeds, ± one standard deviation.")
    return "\n".join(lines)


def _number(mean: float, deviation: float | None) -> str:
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f}\n±{deviation:.3f}"
