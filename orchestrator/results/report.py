"""A finished sweep as a table, CSV files and pictures.

Input   a sweep's folder ``WORKSPACE/sweeps/<name>/`` with the two files that ``write`` puts there:
        summary.json     the sweep's summary, scores of every rule under "selection";
        predictions.csv  every chosen test prediction: rule, seed, clip_id, subject, truth, predicted, trial,
                         epoch, p_<class>.
Output  made anew from these two, in the same folder:
        loso_results.csv one row a rule, seed and subject: clips, correct, accuracy, and uar, the mean recall
                         of the classes that the person shows;
        summary.csv      one row a rule: its kind, uf1, uar, war with their deviation over seeds,
                         uar_per_person with its deviation over people, F1 and recall of each class, and how
                         many clips of each class were tested, of how many;
        parts.csv        where the test clips are of several corpora or splits: one row a rule and part, of
                         the same pooled run;
                         in all three, au and au_remark: which action units went in (action_units.py);
        confusion_<rule>.png, honest_vs_oracle.png, subjects.png.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from orchestrator.protocols import protocol
from orchestrator.results import coverage
from orchestrator.results.action_units import au_columns, au_of
from orchestrator.results.headline import looks_said
from orchestrator.results.parts import part_row
from orchestrator.selection.metrics import uar_of_people
from orchestrator.selection.rules import RULES, UNNAMED, kind_of
from preprocessing.cells import escaped, plain
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
    write_csv(folder / "predictions.csv", prediction_rows(scores, summary["classes"]))
    return [folder / "summary.json", folder / "predictions.csv", *render(folder)]


def prediction_rows(scores: Mapping[str, Mapping[str, Any]], classes: Sequence[str]) -> list[dict[str, Any]]:
    """One dict a rule, seed and clip, in the columns of predictions.csv; truth and predicted are class
    names."""
    return [
        {
            "rule": rule,
            "seed": row["seed"],
            "clip_id": row["clip_id"],
            "subject": row["subject"],
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
        predictions = predictions.assign(
            **{name: predictions[name].map(plain) for name in text if name in predictions}
        )
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
    people, aus = people_of(predictions), au_columns(summary)
    write_csv(folder / "loso_results.csv", people.assign(**aus).to_dict("records"))
    write_csv(
        folder / "summary.csv",
        [summary_row(rule, score, kind_of(rule, summary)) | aus for rule, score in selection.items()],
    )
    if parts := [
        part_row(rule, name, part) | aus
        for rule, score in selection.items()
        for name, part in score["parts"].items()
    ]:
        write_csv(folder / "parts.csv", parts)

    about = title(summary)
    figures = {
        f"confusion_{rule}.png": pictures.confusion(
            score["confusion"], classes, f"{rule}: UF1 {score['uf1']:.3f}. {about}"
        )
        for rule, score in selection.items()
    }
    figures["honest_vs_oracle.png"] = pictures.honest_vs_oracle(
        selection, {rule: kind_of(rule, summary) for rule in selection}, about
    )
    asked = summary.get("rule", UNNAMED)
    if rule := next((r for r in (asked, UNNAMED, *RULES) if r in selection and not RULES[r].oracle), None):
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
    """One row a rule, seed and subject: clips, correct, accuracy, uar (metrics.uar_of_people). predictions:
    as ``read`` gives them."""
    right = predictions.assign(correct=(predictions["truth"] == predictions["predicted"]).astype(int))
    people = right.groupby(["rule", "seed", "subject"], sort=False, as_index=False).agg(
        clips=("correct", "size"), correct=("correct", "sum")
    )
    people["accuracy"] = (people["correct"] / people["clips"]).round(6)
    uar = {
        (rule, seed, person): value
        for (rule, seed), own in predictions.groupby(["rule", "seed"], sort=False)
        for person, value in uar_of_people(own["truth"], own["predicted"], own["subject"]).items()
    }
    keys = zip(people["rule"], people["seed"], people["subject"], strict=True)
    people["uar"] = [round(uar[key], 6) for key in keys]
    return people


def write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Rows as a CSV file, whole or not at all, of which no cell is a formula to a spreadsheet
    (preprocessing/cells.py). Raises OSError."""
    table = pd.DataFrame([{name: escaped(value) for name, value in row.items()} for row in rows])
    # a line end of old Macs is one to a reader of CSV too, but Python's writer quotes its own kind only
    odd = any("\r" in value for row in rows for value in row.values() if isinstance(value, str))
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL
    write_atomically(path, lambda temporary: table.to_csv(temporary, index=False, quoting=quoting))


def summary_row(rule: str, score: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """One row of summary.csv. kind: as selection.rules.kind_of says."""
    row: dict[str, Any] = {"rule": rule, "kind": kind}
    for name in ("uf1", "uar", "war"):
        row |= {name: score[name], f"{name}_sd": score["sd"][name]}
    if people := score.get("uar_per_person"):  # summaries of older programs have none
        row |= {"uar_per_person": people["mean"], "uar_per_person_sd": people["sd"]}
    for kind in ("f1", "recall"):
        row |= {f"{kind}_{name}": each[kind] for name, each in score["per_class"].items()}
    row |= coverage.columns(score.get("coverage", {}))
    return row | {"clips": score["n_clips"], "seeds": len(score["seeds"])}


def title(summary: Mapping[str, Any]) -> str:
    """What a number of this sweep is about, in one line: model, corpus, features with the settings of their
    extraction that are not the usual ones, action units, classes, protocol, size."""
    features = f"{summary['feature_set']} {settings_label(summary.get('extraction', {}))}".rstrip()
    return (
        f"{summary['model']} on {summary['corpus']} ({features}), AUs: {au_of(summary)}, "
        f"{len(summary['classes'])} classes, {protocol_label(summary['protocol'])}, {summary['clips']} clips "
        f"of {summary['subjects']} subjects"
    )


def settings_label(settings: Mapping[str, Any]) -> str:
    """Settings of an extraction, as ``keep=0.5 equalise=True``."""
    return " ".join(f"{name}={value}" for name, value in settings.items())


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
    made.add_column("kind", no_wrap=True, min_width=len("not blind"))
    made.add_column("chosen on", no_wrap=True, min_width=max(len(rule.sees) for rule in RULES.values()))
    for name in ("UF1", "UAR", "WAR", *(f"F1\n{name}" for name in summary["classes"])):
        made.add_column(name, justify="right", no_wrap=True, min_width=6)
    for rule, score in summary["selection"].items():
        values = [_number(score[name], score["sd"][name]) for name in ("uf1", "uar", "war")]
        values += [_number(score["per_class"][name]["f1"], None) for name in summary["classes"]]
        kind = kind_of(rule, summary)
        sees = Text(RULES[rule].sees, style="red" if kind == "oracle" else "")
        if rule == "last_epoch" and _nothing_chosen(summary):
            sees = Text("nothing chosen")
        made.add_row(rule, kind, sees, *values, style="bold" if rule == summary.get("rule", UNNAMED) else "")
    return made


def _nothing_chosen(summary: Mapping[str, Any]) -> bool:
    """Of last_epoch: there is one trial, and patience could not end a fold of it by its validation loss."""
    if len(summary["configuration"]) > 1:
        return False
    recipe = next(iter(summary["configuration"].values())).get("recipe", {})
    patience = recipe.get("patience", 0)
    return not (summary.get("inner_folds", 0) and 0 < patience < recipe.get("epochs", 0))


def _caption(summary: Mapping[str, Any]) -> str:
    scores = summary["selection"].values()
    lines = [
        title(summary),
        "blind: the held-out person has no say in its own fold. not blind: it judged models of other folds, "
        "which decide too. oracle: its own test labels decide; that shows inflation and is no result.",
    ]
    if summary["au"] == "annotated":
        lines.append("A new video has no annotated AUs: --au predicted and none say what remains.")
    if protocol(summary["protocol"])[0].subject_dependent:
        lines.append(
            "The test people also train: this measures known people, and says nothing of a person never seen."
        )
    told: dict[str, list[str]] = {}
    for rule, score in summary["selection"].items():
        if covered := score.get("coverage"):
            told.setdefault(coverage.said(covered), []).append(rule)
    for text, rules in told.items():
        under = "" if len(told) == 1 else f" under {', '.join(rules)}"
        lines.append(f"Tested: {text}{under}.")
    rows = summary.get("trials", [])
    if ends := [epoch for row in rows for epoch in row.get("last_epochs", [])]:
        ended, of = sum(row["ended_early"] for row in rows), sum(row["folds"] for row in rows)
        lines.append(
            f"Patience ended {ended} of {of} folds at epochs {min(ends)} to {max(ends)}, by their own "
            "validation loss."
        )
    if looks := looks_said(summary):
        lines.append(f"{looks[0].upper()}{looks[1:]}.")
    rule = summary.get("rule", UNNAMED)
    if people := summary["selection"].get(rule, {}).get("uar_per_person"):
        lines.append(
            f"{rule}, UAR a person: {people['mean']:.3f} ± {people['sd']:.3f} over people, each by the "
            "classes shown."
        )
    if absent := sorted({name for score in scores for name in score["absent"]}):
        lines.append(f"No clip of class {', '.join(absent)}: it counts as 0 in UF1 and UAR.")
    if seeds := max((len(score["seeds"]) for score in scores if score["sd"]["uf1"] is not None), default=0):
        lines.append(f"Means over {seeds} seeds, ± one standard deviation.")
    return "\n".join(lines)


def _number(mean: float, deviation: float | None) -> str:
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f}\n±{deviation:.3f}"
