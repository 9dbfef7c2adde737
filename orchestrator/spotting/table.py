"""The table of a corpus of long videos, and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.common.errors import ConfigError
from orchestrator.spotting import megc
from orchestrator.spotting.loso import Row
from orchestrator.spotting.metrics import KINDS
from orchestrator.spotting.people import Score
from orchestrator.workspace import sealed
from preprocessing.cells import escaped
from preprocessing.places import write_atomically

SUMMARY = "summary.json"

# column -> key of Row.scores
COLUMNS = {
    "F1": "all f1",
    "micro F1": "micro f1",
    "micro recall": "micro recall",
    "micro precision": "micro precision",
    "macro F1": "macro f1",
    "macro recall": "macro recall",
    "macro precision": "macro precision",
    "recognition F1": "recognition f1",
    "STRS": "strs",
}


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One row a spotter and rule: numbers, with _low and _high of their intervals over people."""
    made = []
    for row in rows:
        thresholds = sorted(row.thresholds.values())
        line: dict[str, Any] = {
            "spotter": row.spotter,
            "rule": row.rule,
            "threshold": thresholds[len(thresholds) // 2],
            "threshold_low": thresholds[0],
            "threshold_high": thresholds[-1],
            "people": len(thresholds),
        }
        for name, key in COLUMNS.items():
            if key in row.scores:
                column, score = name.lower().replace(" ", "_"), row.scores[key]
                line[column] = score.value
                if score.interval:
                    line[f"{column}_low"], line[f"{column}_high"] = score.interval
        made.append(line | {"without_class": row.unclassed})
    return pd.DataFrame(made)


def people(rows: Sequence[Row]) -> pd.DataFrame:
    """One row a spotter, rule and person: threshold, what was fitted without her, counts."""
    made = []
    for row in rows:
        for place, person in enumerate(sorted(row.found)):
            counts = {
                f"{kind}_{what}": int(row.held.counts[place, i, j])
                for i, kind in enumerate(KINDS)
                for j, what in enumerate(("tp", "fp", "fn"))
            }
            made.append(
                {
                    "spotter": row.spotter,
                    "rule": row.rule,
                    "person": escaped(person),
                    "threshold": row.thresholds[person],
                    "fitted": row.digests[person],
                }
                | counts
            )
    return pd.DataFrame(made)


def markdown(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """The table for a reader, and below it what it is of."""
    columns = {name: key for name, key in COLUMNS.items() if key in rows[0].scores}
    lines = [f"| spotter | rule | threshold | {' | '.join(columns)} |", "|---" * (3 + len(columns)) + "|"]
    for row in rows:
        values = sorted(row.thresholds.values())
        said = f"{values[0]:g}" if values[0] == values[-1] else f"{values[0]:g} to {values[-1]:g}"
        cells = [_cell(row.scores[key]) for key in columns.values()]
        lines.append(f"| {row.spotter} | {row.rule} | {said} | {' | '.join(cells)} |")
    lines += [
        "",
        f"{about['people']} people, each held out once; {about['videos']} videos, {about['micro']} micro- "
        f"and {about['macro']} macro-expressions of {about['corpus']}. IoU of at least 1/2, pooled over "
        "videos; in brackets the 95 % interval over people.",
        "nested: the threshold, and what a spotter learns, come from the other people. usual: the threshold "
        "as it stands. oracle: the one threshold that is best for the tested people; nobody has it before "
        "the truth is known.",
    ]
    if about["recogniser"]:
        without = max(row.unclassed for row in rows)
        lines.append(
            f"Recognition by {about['recogniser']}, of each person's videos by the model that never saw her. "
            f"Spotted micro-expressions without a class: at most {without} in a row. Recognition F1 is the "
            "mean over all classes, of what was spotted rightly; STRS is micro F1 times recognition F1."
        )
    lines += [f"- {note}" for note in about["notes"]]
    return "\n".join(lines) + "\n"


def refuse_another(folder: Path, about: Mapping[str, Any]) -> None:
    """Raises ConfigError where the folder holds a table of something else than this; one that was not
    finished, or is of the same, may be written again."""
    try:
        held = sealed.read_json(folder / SUMMARY, "choose another --name, or delete the folder")
    except FileNotFoundError:
        return
    if other := [key for key in about if held.get(key) != about[key]]:
        raise ConfigError(
            f"{folder} holds the table of other {' and '.join(other)}; choose another --name, or delete it"
        )


def write(folder: Path, rows: Sequence[Row], about: Mapping[str, Any]) -> None:
    """table.csv, table.md, people.csv, a MEGC result file for each row, and summary.json last. Raises
    OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in (("table.csv", frame(rows)), ("people.csv", people(rows))):
        text = made.to_csv(index=False)
        write_atomically(folder / name, lambda path, text=text: path.write_text(text, encoding="utf-8"))
    shown = markdown(rows, about)
    write_atomically(folder / "table.md", lambda path: path.write_text(shown, encoding="utf-8"))
    for row in rows:
        everything = [one for found in row.found.values() for one in found]
        megc.write(folder / f"{row.spotter}-{row.rule}.csv", everything, first=about["first"])
    made = json.loads(frame(rows).to_json(orient="records"))
    sealed.write_json(folder / SUMMARY, dict(about) | {"rows": made})


def _cell(score: Score) -> str:
    if score.interval is None:
        return f"{score.value:.3f}"
    low, high = score.interval
    return f"{score.value:.3f} [{low:.3f}, {high:.3f}]"
