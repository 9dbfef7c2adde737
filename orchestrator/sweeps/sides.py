"""What a word of ``compare`` means: a sweep, a comparison, an experiment, or a log; and what is read then.

    NAME          a sweep of the workspace, a comparison, an experiment (stag/table5, or a folder below it),
                  or a CSV file that is there, if it is only one of them
    sweep:NAME    and comparison:NAME, experiment:NAME, log:FILE say which
    NAME@RULE     its predictions under another selection rule than the one that was asked for

Another kind of thing that has predictions joins by one line of KINDS.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from mer_models import MODELS
from orchestrator.common import commands
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.results import logs, report
from orchestrator.results.sides import Side, of_log, of_sweep
from orchestrator.sweeps import kept
from orchestrator.sweeps.comparison import COMPARISONS, Comparison
from orchestrator.sweeps.execution import Execution
from orchestrator.workspace import looks, sealed
from orchestrator.workspace.sweep_folder import SWEEPS, folder_of
from preprocessing.datasets.reading import read

EXPERIMENTS = "experiments"  # folder under the workspace: what experiments.output writes
TABLE, ASKED = "table.csv", "asked.json"  # of these, and what was asked with the SHA-256 of the table
Columns = Mapping[str, Mapping[str, str]]  # file, or "" for all -> ours -> the file's


@dataclass(frozen=True)
class Kind:
    """there: of (name, workspace). known: names in a workspace, for a word that is none. read: of (name,
    rule, workspace, columns)."""

    there: Callable[[str, Path], bool]
    known: Callable[[Path], list[str]]
    read: Callable[[str, str, Path, Columns], list[Side]]


def sweep_side(name: str, rule: str, workspace: Path, shown: str = "") -> Side:
    """Of a finished sweep. Raises ConfigError, ReportError."""
    folder = folder_of(name, workspace)
    summary, predictions = report.read(folder)
    side = of_sweep(shown or name, summary, predictions, rule)
    known = int(summary.get("looks", {}).get("sweep", 0))
    counted, damage = looks.counted(folder, known), looks.lost(folder, known)
    notes = (f"{damage}.",) if damage else ()
    return replace(side, about={**side.about, "looks": counted["workspace"]}, notes=notes)


def _sweep(name: str, rule: str, workspace: Path, _: Columns) -> list[Side]:
    return [sweep_side(name, rule, workspace, f"{name}@{rule}" if rule else "")]


def _comparison(name: str, rule: str, workspace: Path, _: Columns) -> list[Side]:
    """Its rows that have finished."""
    held = Comparison(name, Execution(workspace=workspace))
    rows = sorted((held.folder / "rows").glob("*.toml"), key=lambda one: one.stat().st_mtime_ns)
    made = []
    for row in (path.stem for path in rows):
        own = held.sweep_name(row)
        if (workspace / SWEEPS / own / report.SUMMARY).exists():
            made.append(sweep_side(own, rule, workspace, f"{name}/{row}" + (f"@{rule}" if rule else "")))
    if not made:
        raise ConfigError(f"no row of comparison {name!r} has finished; run it again to go on")
    return made


def _experiment(name: str, rule: str, workspace: Path, _: Columns) -> list[Side]:
    """Rows of its table that have a result, each sweep once; of a row of a part of it the part's clips."""
    tables = _tables(name, workspace)
    if not tables:
        raise ConfigError(nearest(name, _experiments(workspace), "experiment"))
    if len(tables) > 1:
        raise ConfigError(
            f"{name} was asked for in {len(tables)} ways; name one of "
            f"{', '.join(path.parent.relative_to(workspace / EXPERIMENTS).as_posix() for path in tables)}"
        )
    again = f"it is written again by: {commands.command('experiment', name, workspace=workspace)}"
    data = sealed.content(tables[0], again)
    asked = tables[0].with_name(ASKED)
    # no digest: an older program wrote it
    listed = sealed.read_json(asked, again).get(TABLE) if asked.exists() else None
    if listed not in (None, sealed.sha256(data)):
        raise sealed.Damaged(tables[0], f"its SHA-256 is not the one in {ASKED}", again)
    try:
        rows = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False).to_dict("records")
        named = [(row["sweep"], row.get("part", ""), _shown(row)) for row in rows]
    except (ValueError, KeyError) as error:
        raise sealed.Damaged(tables[0], f"it is no table of an experiment: {error}", again) from error
    made: dict[tuple[str, str], Side] = {}
    for own, part, shown in named:
        if not own or (own, part) in made:
            continue
        side = sweep_side(own, rule, workspace, shown + (f"@{rule}" if rule else ""))
        if part:
            side = replace(side, rows=_of_part(side.rows, part, folder_of(own, workspace)), of=None)
        made[own, part] = side
    if not made:
        raise ConfigError(f"no row of experiment {name!r} has finished; run it again to go on")
    return list(made.values())


def _shown(row: Mapping[Any, str]) -> str:
    level = f" {row['axis']} {float(row['amount']):g}" if row.get("axis") else ""
    return f"{row['group']} {row['row']}{level}".strip()


def _of_part(rows: pd.DataFrame, part: str, folder: Path) -> pd.DataFrame:
    """Of a pair of corpora ("samm to casme2") the clips of its target; of a split those that are in it by
    the labels of the sweep's corpora: predictions do not say it. Raises CorpusError where these are gone."""
    if target := part.partition(" to ")[2]:
        return rows[rows["corpus"] == target]
    experiment, _ = kept.held(folder)
    clips = [clip for one in experiment.corpora for clip in read(one.name, Path(one.root))]
    return rows[rows["clip_id"].isin({clip.clip_id for clip in clips if clip.split == part})]


def _tables(name: str, workspace: Path) -> list[Path]:
    """TABLE of what was asked under that name."""
    folder = workspace / EXPERIMENTS / name
    return sorted(path for pattern in (TABLE, f"*/{TABLE}") for path in folder.glob(pattern))


def _experiments(workspace: Path) -> list[str]:
    tables = (workspace / EXPERIMENTS).glob(f"**/{TABLE}")
    return sorted({one.parent.parent.relative_to(workspace / EXPERIMENTS).as_posix() for one in tables})


def _log(name: str, rule: str, _: Path, columns: Columns) -> list[Side]:
    if rule:
        raise ConfigError(f"{name}@{rule}: a log has no rules; leave @{rule} out")
    file = Path(name)
    return [of_log(file, {**columns.get("", {}), **columns.get(name, {})})]


def _in(folder: str) -> Callable[[Path], list[str]]:
    return lambda workspace: sorted(path.name for path in (workspace / folder).glob("*") if path.is_dir())


KINDS = {
    "sweep": Kind(lambda name, workspace: name in _in(SWEEPS)(workspace), _in(SWEEPS), _sweep),
    "comparison": Kind(
        lambda name, workspace: (workspace / COMPARISONS / name / "rows").is_dir() and "/" not in name,
        _in(COMPARISONS),
        _comparison,
    ),
    "experiment": Kind(lambda name, workspace: bool(_tables(name, workspace)), _experiments, _experiment),
    "log": Kind(lambda name, _: _is_file(name), lambda _: [], _log),
}


def _is_file(name: str) -> bool:
    """Or a pipe, which whoever reads it refuses."""
    return os.path.exists(name) and not os.path.isdir(name)


def kinds_of(word: str, workspace: Path) -> list[str]:
    """What the word is the name of, of KINDS."""
    name = _split(word)[1]
    return [kind for kind, one in KINDS.items() if one.there(name, workspace)]


def sides(words: Sequence[str], workspace: Path, columns: Columns) -> list[Side]:
    """Of all words, in their order. Raises ConfigError for a word that is nothing, or two things; ReportError
    for a sweep that has not finished; LogError, OSError."""
    made = [side for word in words for side in _read(word, workspace, columns)]
    _all_used(columns, words)
    return made


def _all_used(columns: Columns, words: Sequence[str]) -> None:
    """Raises ConfigError where columns are given for a file that is not compared."""
    files = {_split(word)[1] for word in words} | {""}
    if odd := [name for name in columns if name not in files]:
        raise ConfigError(f"--columns {odd[0]}: is none of what is compared: {', '.join(words)}")


def _read(word: str, workspace: Path, columns: Columns) -> list[Side]:
    kind, name, rule = _split(word)
    found = [kind] if kind else kinds_of(word, workspace)
    if len(found) > 1:
        which = " or ".join(f"{one}:{name}" for one in found)
        raise ConfigError(f"{name!r} is a {' and a '.join(found)}: write {which}")
    if not found:
        known = [one for held in KINDS.values() for one in held.known(workspace)]
        train = (
            f"; {name} is a model: to train models and compare them, write them with a comma between"
            if name in MODELS
            else ""
        )
        raise ConfigError(
            f"{nearest(name, known, 'sweep, comparison, experiment or CSV file')} (in {workspace}){train}"
        )
    return KINDS[found[0]].read(name, rule, workspace, columns)


def _split(word: str) -> tuple[str, str, str]:
    """ "sweep:a@nested" -> ("sweep", "a", "nested"); the file itself where one of that name is there."""
    kind, colon, rest = word.partition(":")
    if not colon or kind not in KINDS:
        kind, rest = "", word
    name, at, rule = rest.rpartition("@")
    if not at or _is_file(rest):
        name, rule = rest, ""
    return kind, name, rule


def columns_said(texts: Sequence[str]) -> Columns:
    """["truth=label", "b.csv:truth=gt,subject=who"] -> Columns. Raises ConfigError."""
    made: dict[str, dict[str, str]] = {}
    for text in texts:
        file, colon, pairs = text.rpartition(":")
        for pair in (pairs if colon else text).split(","):
            ours, equals, theirs = (word.strip() for word in pair.partition("="))
            if not equals or not theirs or ours not in logs.NAMES:
                raise ConfigError(
                    f"--columns {pair!r}: write OURS=THEIRS, with one of {', '.join(logs.NAMES)} on the "
                    "left; before a colon the file that it is for, if not for all"
                )
            made.setdefault(file, {})[ours] = theirs
    return made
