"""The folder of an experiment: WORKSPACE/experiments/PAPER/TABLE/<what was asked>/.

table.csv, table.md, table.tex   of all lines; made anew after each;
people.csv                       line, seed and person: clips, correct, accuracy, uar;
outputs.csv                      line, fold and seed: what the model reports;
*.png                            pictures that the file asks for;
report.html                      all of it as one page that loads nothing, with the pictures;
asked.json                       version, digest, corpora and seeds: a folder holds one thing asked; and the
                                 SHA-256 of table.csv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.experiments import page, table
from orchestrator.experiments.corpora import Brought
from orchestrator.experiments.file import Table
from orchestrator.experiments.run import Done
from orchestrator.experiments.sizes import WHOLE
from orchestrator.experiments.untrained import coefficients, counts
from orchestrator.results import pictures, report
from orchestrator.results.page import formats, plain
from orchestrator.results.rows import people_of
from orchestrator.search.events import Listener
from orchestrator.study.jobs import digest
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.sides import ASKED, EXPERIMENTS, TABLE
from orchestrator.workspace import sealed


@dataclass(frozen=True)
class Output:
    """Where the files of one thing asked lie. Equal questions have one folder, a changed file has another."""

    name: str
    table: Table
    brought: Brought
    seeds: int
    only: tuple[str, ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """What decides the table's numbers, beside the code."""
        return {
            "experiment": self.name,
            "version": self.table.version,
            "digest": self.table.digest,
            "corpora": [[one.name, one.root] for one in self.brought.corpora],
            "seeds": self.seeds,
            "size": self.brought.size.said(),
            "rows": list(self.only),
        }

    @property
    def folder(self) -> Path:
        size = self.brought.size
        kind = "_".join(self.brought.names) or "published" if size is WHOLE else size.name
        last = f"v{self.table.version}-{kind}-{digest(self.asked, 8)}"
        # a file of one's own may lie anywhere; its table lies here
        name = Path(self.name).stem if self.name.endswith(".toml") else self.name
        return self.brought.workspace / EXPERIMENTS / name / last

    @property
    def title(self) -> str:
        remark = self.brought.size.remark
        return f"{self.table.title} ({remark})" if remark else self.table.title

    def write(self, done: Sequence[Done]) -> list[dict[str, Any]]:
        """All files but pictures. Returns the rows of table.csv. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if "counts" in self.table.shows:
            made = counts(self.table, self.brought)
            return self._page(made, *_all(made))
        if "coefficients" in self.table.shows:
            made = coefficients()
            return self._page(made, *_all(made))
        made = table.rows(self.table, done)
        if "per_person" in self.table.shows:
            self._csv("people.csv", _people(done))
        if "outputs" in self.table.shows:
            self._csv("outputs.csv", _outputs(done))
        return self._page(made, *page.cells(self.table, made), done)

    def _page(
        self, made: list[dict[str, Any]], heads: list[str], body: list[list[str]], done: Sequence[Done] = ()
    ) -> list[dict[str, Any]]:
        said = page.notes(self.table, self.name, made if done else [], done)
        if self.brought.size.details:
            said.insert(0, self.brought.size.details)
        if made:
            self._csv(TABLE, made)
        listed = {TABLE: sealed.sha256((self.folder / TABLE).read_bytes())} if made else {}
        sealed.write_json(self.folder / ASKED, self.asked | listed)
        for name, text in (
            ("table.md", page.markdown(self.title, heads, body, said)),
            ("table.tex", page.latex(self.title, heads, body, said)),
        ):
            sealed.write(self.folder / name, lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]
        drawn = {one.stem.replace("_", " "): one for one in sorted(self.folder.glob("*.png"))}
        rows = [formats.Rows("table", "", tuple(heads), [tuple(row) for row in body])] if body else []
        plain.write(self.folder / "report.html", self.title, [], rows, drawn, said)
        return made

    def _csv(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            report.write_csv(self.folder / name, rows)

    def draw(
        self, made: Sequence[Mapping[str, Any]], done: Sequence[Done], execution: Execution, tell: Listener
    ) -> list[Path]:
        """The pictures that the file asks for, of the lines that have a result. made: as ``write`` gives
        them. execution: under which the lines were run. Returns their paths. Raises OSError, and as
        explained.explained."""
        from orchestrator.experiments import figures  # Matplotlib, at the end only

        drawn: dict[str, Any] = {}
        if "coefficients" in self.table.shows:
            drawn["weights.png"] = figures.weights(made, self.title)
        whole = [
            {**row, "n_classes": len(one.summary["classes"])}
            for row, one in zip(made, done, strict=False)
            if one.summary
        ]
        if whole and "bars" in self.table.shows:
            drawn["bars.png"] = figures.bars(whole, self.title)
        for axis in self.table.worse if whole and "curve" in self.table.shows else ():
            own = [row for row in whole if row["axis"] == axis]
            drawn[f"curve_{axis}.png"] = figures.curves(own, axis, self.title)
        if "confusion" in self.table.shows:
            for at, one in enumerate(done, 1):
                score = one.score()
                if one.summary and "confusion" in score:
                    drawn[f"confusion_{at:02d}.png"] = pictures.confusion(
                        score["confusion"],
                        one.summary["classes"],
                        f"{' '.join(filter(None, (one.line.row.group, one.line.name)))}: "
                        f"{report.title(one.summary)}",
                    )
        if whole and self.table.pictures:
            from orchestrator.experiments.explained import explained  # Captum

            drawn |= explained(self.table.pictures, done, execution, tell, self.brought.size.explained)
        for name, figure in drawn.items():
            sealed.write(
                self.folder / name,
                lambda path, figure=figure: figure.savefig(path, format="png"),  # type: ignore[misc]
            )
        if drawn:
            self.write(done)  # the page shows them
        return [self.folder / name for name in drawn]


def _all(made: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    heads = list(made[0])
    return [head.replace("_", " ") for head in heads], [
        [page.text(row[name]) for name in heads] for row in made
    ]


def _people(done: Sequence[Done]) -> list[dict[str, Any]]:
    return [
        {"row": one.line.name, "group": one.line.row.group}
        | {str(key): value for key, value in person.items()}
        for one in done
        if one.predictions is not None
        for person in people_of(one.predictions[one.predictions["rule"] == one.rule]).to_dict("records")
    ]


def _outputs(done: Sequence[Done]) -> list[dict[str, Any]]:
    return [
        {"row": one.line.name, "group": one.line.row.group, "output": name, **fold}
        for one in done
        if one.summary
        for name, of in one.summary.get("outputs", {}).get(one.rule, {}).items()
        for fold in of["folds"]
    ]
