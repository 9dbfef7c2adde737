"""A table of the page, and the same rows as LaTeX (booktabs), CSV and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.results.report import write_csv
from orchestrator.workspace import sealed

Cell = str | int | float | None
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "±": r"$\pm$",
    **{sign: rf"\{sign}" for sign in "&%$#_{}"},
}
_MARKDOWN = {sign: f"\\{sign}" for sign in "\\|`*_[]"} | {"<": "&lt;", ">": "&gt;"}
# control characters, and what turns or hides the text beside it
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class Rows:
    """name: of its files. rows: a tuple of cells each, one a column; numbers are 0..1 or whole. note: below
    it. shown: rows that the page shows; the files have all."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    note: str = ""
    shown: int = 100

    @property
    def hidden(self) -> int:
        return max(0, len(self.rows) - self.shown)

    def numeric(self, column: int) -> bool:
        """Whether a column holds numbers, which stand to the right."""
        return all(not isinstance(row[column], str) for row in self.rows)


def text(cell: Cell) -> str:
    """A cell as it is read: three decimals, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def latex(table: Rows) -> str:
    """A booktabs tabular; every text is escaped."""
    sides = "".join("r" if table.numeric(i) else "l" for i in range(len(table.columns)))
    lines = [tex_line(table.columns), r"\midrule", *(tex_line(map(text, row)) for row in table.rows)]
    note = [f"% {_one_line(table.note)}"] if table.note else []
    return "\n".join(
        [
            f"% {_one_line(table.title)}; \\usepackage{{booktabs}}",
            *note,
            rf"\begin{{tabular}}{{{sides}}}",
            r"\toprule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def tex(value: str) -> str:
    """A text as LaTeX prints it."""
    return "".join(_LATEX.get(sign, sign) for sign in _one_line(value))


def tex_line(cells: Iterable[str]) -> str:
    """A row of a tabular; every text is escaped."""
    line = " & ".join(map(tex, cells))
    # behind the end of the line before it, [ or * would be its argument
    return ("{}" if line.startswith(("[", "*")) else "") + line + r" \\"


def piped(cells: Iterable[str]) -> str:
    """A row of a pipe table: text that may be Markdown, but for the bars."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def markdown(table: Rows) -> str:
    """A pipe table; every text is escaped."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    def escaped(cell: Cell) -> str:
        return "".join(_MARKDOWN.get(sign, sign) for sign in _one_line(text(cell)))

    sides = ["---:" if table.numeric(i) else "---" for i in range(len(table.columns))]
    rows = [line([escaped(cell) for cell in row]) for row in table.rows]
    head = [f"**{escaped(table.title)}**", "", line([escaped(one) for one in table.columns]), line(sides)]
    return "\n".join([*head, *rows, *(["", escaped(table.note)] if table.note else []), ""])


def _one_line(value: str) -> str:
    return _UNSEEN.sub(" ", value)


def write(folder: Path, tables: Sequence[Rows]) -> list[Path]:
    """NAME.tex, NAME.csv and NAME.md of each, into ``folder``. Returns the paths. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for table in tables:
        for suffix, of in ((".tex", latex), (".md", markdown)):
            path = folder / f"{table.name}{suffix}"
            data = of(table).encode()
            sealed.write(path, lambda temporary, data=data: temporary.write_bytes(data))  # type: ignore[misc]
            made.append(path)
        path = folder / f"{table.name}.csv"
        write_csv(path, [dict(zip(table.columns, row, strict=True)) for row in table.rows])
        made.append(path)
    return made
