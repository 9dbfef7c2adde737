"""A finished sweep as a table, CSV files and pictures.

Input   a sweep's folder ``WORKSPACE/sweeps/<name>/`` with the two files that ``write`` puts there:
        summary.json     the sweep's summary, scores of every rule under "selection"; and two digests, its
                         own and under "files" that of predictions.csv, which are verified when they are read;
        predictions.csv  every chosen test prediction: rule, seed, clip_id, subject, truth, predicted, trial,
                         epoch, p_<class>.
Output  made anew from these two, in the same folder:
        loso_results.csv one row a rule, seed and subject: clips, correct, accuracy, and uar, the mean recall
                         of the classes that the person shows;
        summary.csv      one row a rule: its kind, uf1, uar, war with their deviation over seeds and the ends
                         of their 95 % interval over people (intervals.py),
                         chance (chance.py), uar_per_person and recall_per_person_<class> with their deviation
                         over people, fold_uf1 with that over folds, all with the ends of their intervals, F1
                         and recall of each class, and how many clips of each class were tested, of how many;
        parts.csv        where the test clips are of several corpora or splits: one row a rule and part, of
                         the same pooled run;
                         in all three, au and au_remark: which action units went in (action_units.py);
        confusion_<rule>.png, honest_vs_oracle.png, subjects.png.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from orchestrator.common import commands
from orchestrator.protocols import protocol
from orchestrator.results import beside, coverage, intervals
from orchestrator.results.action_units import au_columns, au_of
from orchestrator.results.headline import looks_said
from orchestrator.results.parts import part_row
from orchestrator.results.rows import people_of, prediction_rows, summary_row
from orchestrator.selection.rules import RULES, UNNAMED, kind_of
from orchestrator.workspace import sealed
from preprocessing.cells import escaped, plain
from preprocessing.errors import BadInput

SUMMARY, PREDICTIONS = "summary.json", "predictions.csv"
FILES = "files"  # key of summary.json: file name -> SHA-256
# what a summary of any program says, and a row of predictions
SAYS = ("model", "feature_set", "au", "classes", "protocol", "clips", "selection")
COLUMNS = ("rule", "seed", "clip_id", "subject", "truth", "predicted")
AGAIN = "its fold results are kept"


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

    Each file is there whole or not at all; an earlier summary goes first and the new one comes last, so that
    the two files never are of two states. Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = prediction_rows(scores, summary["classes"])
    data = _csv(rows)
    if (folder / SUMMARY).is_file():
        (folder / SUMMARY).unlink()
    sealed.write(folder / PREDICTIONS, lambda path: path.write_bytes(data))
    sealed.write_json(
        folder / SUMMARY, with_scores(summary, scores) | {FILES: {PREDICTIONS: sealed.sha256(data)}}
    )
    return [folder / SUMMARY, folder / PREDICTIONS, *render(folder)]


def read(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """(summary, predictions) of a sweep's folder.

    Raises ReportError when one is missing, or is not as it was written: that one is then set aside as
    ``.damaged``.
    """
    again = commands.resume(folder)
    try:
        return _read(folder)
    except FileNotFoundError as error:
        raise ReportError(
            f"{error.filename} is missing: the sweep has not finished, or somebody has deleted it; go on "
            f"with it, {AGAIN}: {again}"
        ) from error
    except sealed.Damaged as error:
        aside = sealed.set_aside(error.path).name
        raise ReportError(
            f"{error.path} is damaged ({error.why}) and now called {aside}; make it again, {AGAIN}: {again}"
        ) from error


def earlier(folder: Path) -> tuple[dict[str, Any], str]:
    """(summary of the sweep's earlier run, or {}; what to say where it was damaged). For who makes it
    again."""
    try:
        return _read(folder)[0], ""
    except FileNotFoundError as error:
        # a summary may never have been there; it is written last, and so the others have been
        gone = Path(error.filename) != folder / SUMMARY
        return {}, f"{error.filename} was gone; it is made again" if gone else ""
    except sealed.Damaged as error:
        aside = sealed.set_aside(error.path).name
        return {}, f"{error.path} is damaged ({error.why}) and now called {aside}; it is made again"


def _read(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    summary = sealed.read_json(folder / SUMMARY, AGAIN)
    if lacks := [name for name in SAYS if name not in summary]:
        raise sealed.Damaged(folder / SUMMARY, f"it lacks {lacks[0]!r}", AGAIN)
    data = sealed.content(folder / PREDICTIONS, AGAIN)
    whole = summary.pop(FILES, {}).get(PREDICTIONS)
    if whole is None or whole == sealed.sha256(data):
        predictions = _predictions(folder / PREDICTIONS, data, summary)
        for rule, score in summary["selection"].items():
            own = predictions[predictions["rule"] == rule]
            summary["selection"][rule] = intervals.completed(score, own, summary["classes"])
        return summary, predictions
    again = sealed.read_json(folder / SUMMARY, AGAIN)
    if again.get(FILES, {}).get(PREDICTIONS) != whole:
        return _read(folder)  # the sweep has written both meanwhile
    raise sealed.Damaged(folder / PREDICTIONS, "it is not the one that was written with summary.json", AGAIN)


def _predictions(file: Path, data: bytes, summary: Mapping[str, Any]) -> pd.DataFrame:
    text = dict.fromkeys(("rule", "clip_id", "subject", "truth", "predicted"), str)
    try:
        frame = pd.read_csv(io.BytesIO(data), dtype=text, keep_default_na=False)
    except ValueError as error:
        raise sealed.Damaged(file, f"it does not read: {error}", AGAIN) from error
    if lacks := [name for name in COLUMNS if name not in frame]:
        raise sealed.Damaged(file, f"it lacks the column {lacks[0]!r}", AGAIN)
    rows = frame["rule"].value_counts()
    for rule, score in summary["selection"].items():  # all that can be verified where there is no digest
        if "confusion" in score and rows.get(rule, 0) != sum(map(sum, score["confusion"])):
            raise sealed.Damaged(file, f"it lacks predictions of {rule}", AGAIN)
    return frame.assign(**{name: frame[name].map(plain) for name in text})


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
            score["confusion"],
            classes,
            f"{rule}: UF1 {score['uf1']:.3f}{intervals.said(score, 'uf1')}. {about}",
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
        sealed.write(folder / name, lambda path, figure=figure: figure.savefig(path, format="png"))  # type: ignore[misc]
    return [
        folder / name
        for name in ("loso_results.csv", "summary.csv", *(["parts.csv"] if parts else []), *figures)
    ]


def write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Rows as a CSV file, whole or not at all, of which no cell is a formula to a spreadsheet
    (preprocessing/cells.py). Raises OSError."""
    data = _csv(rows)
    sealed.write(path, lambda temporary: temporary.write_bytes(data))


def _csv(rows: Sequence[Mapping[Any, Any]]) -> bytes:
    # tens of thousands of rows say the same few thousand texts
    cells = {v: escaped(v) for v in {v for row in rows for v in row.values() if isinstance(v, str)}}
    told = [{name: cells[v] if isinstance(v, str) else v for name, v in row.items()} for row in rows]
    table = pd.DataFrame(told)
    # a line end of old Macs is one to a reader of CSV too, but Python's writer quotes its own kind only
    odd = any("\r" in text for text in cells)
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if odd else csv.QUOTE_MINIMAL
    return table.to_csv(index=False, quoting=quoting).encode()


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
        values = [
            _number(score[name], score["sd"][name]) + intervals.narrow(score, name)
            for name in ("uf1", "uar", "war")
        ]
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
            f"{rule}, UAR a person: {intervals.mean_said(people, 'people')}, each by the classes shown."
        )
    lines += beside.lines(summary["selection"], rule)
    if any(score.get("interval") for score in scores):
        lines.append(intervals.SAID)
    if absent := sorted({name for score in scores for name in score["absent"]}):
        lines.append(f"No clip of class {', '.join(absent)}: it counts as 0 in UF1 and UAR.")
    if seeds := max((len(score["seeds"]) for score in scores if score["sd"]["uf1"] is not None), default=0):
        lines.append(f"Means over {seeds} seeds, ± one standard deviation.")
    return "\n".join(lines)


def _number(mean: float, deviation: float | None) -> str:
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f}\n±{deviation:.3f}"
