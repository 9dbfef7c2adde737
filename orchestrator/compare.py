"""Several sweeps of one kind as one table: ``python -m orchestrator.compare stag,meganet -- --trials 1
--seeds 2``.

Rows    models, or with --ablations the rows of one model's ablation table (search_spaces/<model>.py,
        ``ABLATIONS``). What follows ``--`` goes to every row's sweep, which is an ordinary one with a name of
        its own: it can be reported, resumed, looked at.
Output  the table on the terminal and, in ``WORKSPACE/comparisons/<name>/``, ``rows.json`` (what was asked
        for) and ``comparison.csv``: for each row the score under the rule that the sweeps were asked for,
        beside what choosing the epoch on the test person would have shown.

Run again with the same name, it resumes: finished rows are read, not trained. A row whose sweep fails is said
and left open. The rows are alternatives, not results to choose from: the best of many has been chosen on test
people.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from mer_models import MODELS
from orchestrator import sweep
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import safe_name
from orchestrator.console.terminal import terminal
from orchestrator.results import report
from preprocessing.places import write_atomically
from search_spaces import SPACES

COMPARISONS = "comparisons"  # folder under --workspace
CAUTION = "Alternatives, not a choice: the best of several rows has been chosen on test people."


@dataclass(frozen=True)
class Row:
    """One line of the table. settings: flat configuration keys, and "au" and "features", which belong to the
    study."""

    name: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, common: Sequence[str]) -> list[str]:
        """Of its sweep's command line. What all rows share comes first: of a key given twice, the row's own
        value counts."""
        study = {key: value for key, value in self.settings.items() if key in ("au", "features")}
        keys = [f"{key}={json.dumps(value)}" for key, value in self.settings.items() if key not in study]
        return [
            self.model, *common, *(part for key, value in study.items() for part in (f"--{key}", str(value))),
            *(part for key in keys for part in ("--set", key)),
        ]  # fmt: skip


def rows(models: Sequence[str], ablations: bool) -> tuple[Row, ...]:
    """One row a model, or the ablation rows of the only one. Raises ConfigError for an unknown name, or none
    to ablate."""
    for model in models:
        if model not in MODELS:
            raise ConfigError(nearest(model, MODELS, "model"))
    if not ablations:
        return tuple(Row(model, model) for model in models)
    if len(models) != 1:
        raise ConfigError(f"--ablations takes one model, got {len(models)}: {', '.join(models)}")
    table = SPACES[models[0]].ABLATIONS
    if len(table) < 2:
        raise ConfigError(f"{models[0]} has no ablation table; those that have one: {', '.join(ablated())}")
    return tuple(Row(name, models[0], settings) for name, settings in table.items())


def ablated() -> tuple[str, ...]:
    """Models with an ablation table."""
    return tuple(name for name, space in SPACES.items() if len(space.ABLATIONS) > 1)


def run(name: str, wanted: Sequence[Row], common: Sequence[str], workspace: Path) -> int:
    """Sweep row by row, the table after each. Returns 0, or 1 when some row has no result."""
    console, failed = terminal(), []
    target = workspace / COMPARISONS / name
    asked = target / "rows.json"
    held = json.loads(asked.read_text()) if asked.is_file() else {}
    for row in wanted:
        if held.setdefault(row.name, row.arguments(common)) != row.arguments(common):
            raise ConfigError(
                f"row {row.name!r} of comparison {name!r} was made by {shlex.join(held[row.name])}, and is "
                "now "
                f"{shlex.join(row.arguments(common))}; choose another --name: folds that are equal are found "
                "there too"
            )
    target.mkdir(parents=True, exist_ok=True)
    write_atomically(asked, lambda path: path.write_text(json.dumps(held, indent=2) + "\n"))
    folders = {
        row: workspace / report.SWEEPS / safe_name(f"{name}-{re.sub(r'[^A-Za-z0-9]+', '_', row)}")
        for row in held
    }
    for row in wanted:
        folder = folders[row.name]
        if not (folder / "summary.json").is_file():
            resume = ["--resume"] if (folder / "sweep.json").is_file() else []
            arguments = [
                *row.arguments(common),
                "--workspace",
                str(workspace),
                "--name",
                folder.name,
                *resume,
            ]
            console.rule(escape(row.name))
            console.print(
                escape(shlex.join(["python", "-m", "orchestrator.sweep", *arguments])),
                highlight=False,
                soft_wrap=True,
            )
            status = sweep.app(args=arguments, standalone_mode=False)
            if status not in (0, 3):  # 3: complete, but MLflow could not take it
                failed.append(row.name)
        # Rows of earlier runs of the same name too, in the order in which they were first asked for.
        found = [
            line(name, report.read(path)[0])
            for name, path in folders.items()
            if (path / "summary.json").is_file()
        ]
        if found:
            write_atomically(
                target / "comparison.csv",
                lambda path, found=found: pd.DataFrame(found).to_csv(path, index=False),
            )
            console.print(table(found))
    if failed:
        console.print(
            f"[red]no complete result for {escape(', '.join(failed))}[/red]; run the same command again to "
            "go on"
        )
    return 1 if failed else 0


def line(name: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table, from a sweep's summary."""
    rule, scores = summary["rule"], summary["selection"]
    own, oracle = scores[rule], scores.get("oracle_epoch")
    return {
        "row": name,
        "model": summary["model"],
        "features": summary["feature_set"].rsplit("-", 1)[0],
        "au": summary["au"],
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


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(context_settings={"ignore_unknown_options": True})
def main(
    models: Annotated[str, typer.Argument(help="names with commas between; all = every model")],
    common: Annotated[list[str] | None, typer.Argument(help="after --: options of every row's sweep")] = None,
    name: Annotated[
        str, typer.Option(help="of the comparison; the same name goes on with it")
    ] = "comparison",
    ablations: Annotated[
        bool, typer.Option("--ablations", help="the rows of the model's ablation table")
    ] = False,
    workspace: Annotated[
        Path, typer.Option(help="folder for features, fold results, sweeps and MLflow")
    ] = Path("workspace"),
) -> None:
    """Models, or one model's ablations, side by side under one protocol."""
    try:
        wanted = rows(tuple(MODELS) if models == "all" else tuple(models.split(",")), ablations)
        status = run(safe_name(name), wanted, common or [], workspace)
    except (ConfigError, report.ReportError, OSError) as error:
        terminal().print(
            f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False, soft_wrap=True
        )
        raise typer.Exit(2) from error
    raise typer.Exit(status)


if __name__ == "__main__":
    app()
