"""A comparison for a terminal and as files:

scores.csv, differences.csv, corpora.csv   the frames of results/compared.py; corpora.csv where there are
                                           several
matrix.md       the sentences, scores and the matrix of differences as Markdown
matrix.png      the matrix of differences in UF1, with p
ranks.png       mean ranks over corpora, where there are at least five
report.html     all of it as one page that loads nothing
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from orchestrator.results import intervals
from orchestrator.results.compared import Compared
from orchestrator.results.page import formats, plain
from orchestrator.results.page.formats import piped
from orchestrator.results.parts import titled
from orchestrator.results.report import write_csv
from orchestrator.results.verdict import SIZE, number, p_said
from orchestrator.statistics.people import SCORES
from orchestrator.workspace import sealed

MATRIX, PAGE = "matrix.md", "report.html"
SAID = (
    "p: paired permutation, person by person, two-sided. chance: the mean score where truths are dealt anew "
    "within each corpus, people together."
)


def tables(made: Compared) -> Iterator[Table]:
    """For a terminal."""
    clips, people = (made.scores[name].iloc[0] for name in ("clips", "people"))
    head, body = _scores(made)
    body = [
        [cell.replace(" [", "\n[").replace(" ±", "\n±").replace(", p", "\np") for cell in row] for row in body
    ]
    spread = [at for at, name in enumerate(head) if name.startswith(("F1 ", "±"))]
    main = [at for at in range(len(head)) if at not in spread]
    for title, columns, caption in (
        (f"Scores on the {clips} common clips of {people} people", main, intervals.SAID),
        ("F1 of each class; spread of UF1 over people, and over seeds", [0, *spread], None),
    ):
        yield _table(
            title, [head[at] for at in columns], [[row[at] for at in columns] for row in body], caption
        )
    head, body = _differences(made)
    yield _table("Differences (first minus second)", head, body, SAID)
    if len(made.corpora):
        head, body = _corpora(made)
        yield _table(
            "Corpus by corpus, UF1", head, body, "Stouffer's p joins the corpora's own, by their people."
        )
    if made.ranks:
        yield _table(*_ranks(made))


def write(folder: Path, made: Compared) -> list[Path]:
    """The files' paths. Raises OSError."""
    from orchestrator.results import compared_pictures  # Matplotlib

    folder.mkdir(parents=True, exist_ok=True)
    frames = {"scores": made.scores, "differences": made.differences, "corpora": made.corpora}
    for name, frame in frames.items():
        if len(frame):
            write_csv(folder / f"{name}.csv", frame.to_dict("records"))
    sealed.write(folder / MATRIX, lambda path: path.write_text(markdown(made), encoding="utf-8"))
    figures = {"matrix.png": compared_pictures.matrix(made)}
    if made.ranks:
        figures["ranks.png"] = compared_pictures.ranks(made.ranks)
    for name, figure in figures.items():
        sealed.write(folder / name, lambda path, figure=figure: figure.savefig(path, format="png"))  # type: ignore[misc]
    csvs = [f"{name}.csv" for name, frame in frames.items() if len(frame)]
    plain.write(
        folder / PAGE,
        " against ".join(made.scores["side"]),
        made.sentences,
        list(_sections(made)),
        {name.removesuffix(".png"): folder / name for name in figures},
        made.notes,
    )
    return [folder / name for name in (*csvs, MATRIX, *figures, PAGE)]


def _sections(made: Compared) -> Iterator[formats.Rows]:
    clips, people = (made.scores[name].iloc[0] for name in ("clips", "people"))
    told = [
        ("scores", f"Scores on the {clips} common clips of {people} people", _scores(made), intervals.SAID)
    ]
    told += [("matrix", "UF1, row minus column", _matrix(made), SAID)]
    told += [("differences", "Differences (first minus second)", _differences(made), "")]
    if len(made.corpora):
        told += [("corpora", "Corpus by corpus, UF1", _corpora(made), "")]
    if made.ranks:
        title, head, body, caption = _ranks(made)
        told += [("ranks", title, (head, body), caption)]
    for name, title, (head, body), note in told:
        yield formats.Rows(name, title, tuple(head), [tuple(row) for row in body], note)


def markdown(made: Compared) -> str:
    """Sentences, scores, the matrix of differences, all pairs."""
    clips, people = (made.scores[name].iloc[0] for name in ("clips", "people"))
    parts = [
        *made.sentences,
        *made.notes,
        f"Scores on the {clips} common clips of {people} people. {intervals.SAID}",
        _pipes(*_scores(made)),
        f"UF1, row minus column. {SAID}",
        _pipes(*_matrix(made)),
        _pipes(*_differences(made)),
    ]
    if len(made.corpora):
        parts += ["Corpus by corpus, UF1.", _pipes(*_corpora(made))]
    if made.ranks:
        title, head, body, caption = _ranks(made)
        parts += [f"{title}. {caption}", _pipes(head, body)]
    return "\n\n".join(parts) + "\n"


Rows = tuple[list[str], list[list[str]]]


def _table(title: str, head: Sequence[str], body: Sequence[Sequence[str]], caption: str | None) -> Table:
    made = titled(title)
    made.caption, made.caption_justify = caption, "left"
    for at, name in enumerate(head):
        made.add_column(name, justify="right" if at else "left", no_wrap=not at)
    for row in body:
        made.add_row(*map(Text, row))
    return made


def _pipes(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return "\n".join(map(piped, [head, ["---"] * len(head), *body]))


def _scores(made: Compared) -> Rows:
    classes = list(made.classes)
    body = []
    for row in made.scores.to_dict("records"):
        tested = f"{row['tested']}" if _none(row["of"]) else f"{row['tested']} of {row['of']:.0f}"
        seeds = "-" if _none(row["uf1_sd_seeds"]) else f"{row['uf1_sd_seeds']:.3f}"
        body.append(
            [
                _named(row),
                tested,
                *(
                    f"{row[name]:.3f} [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"
                    for name in SCORES
                ),
                f"{row['uar_per_person']:.3f} ± {row['uar_per_person_sd']:.3f} "
                f"[{row['uar_per_person_low']:.2f}, {row['uar_per_person_high']:.2f}]",
                *(f"{row[f'f1_{name}']:.3f}" for name in classes),
                f"{row['uf1_se_people']:.3f}",
                seeds,
                f"{row['chance_uf1']:.3f}, p {p_said(row['p_chance_uf1'])}",
            ]
        )
    head = [
        "side",
        "clips tested",
        *(name.upper() for name in SCORES),
        "UAR a person",
        *(f"F1 {name}" for name in classes),
    ]
    return [*head, "± people", "± seeds", "chance UF1"], body


def _named(row: Mapping[Any, Any]) -> str:
    rule = row.get("rule")
    return row["side"] if _none(rule) else f"{row['side']} ({rule}, {row['kind']})"


def _differences(made: Compared) -> Rows:
    several, seeds = "p_stouffer" in made.differences, "p_t_over_seeds" in made.differences
    many = len(made.scores) > 2
    head = ["pair", "score", "difference", "p", *(["Holm's p"] if many else []), "effect a person"]
    head += ["Stouffer's p"] if several else []
    head += ["t over seeds, p", "Wilcoxon over seeds, p"] if seeds else []
    head += [f"people for {number(made.gain, 2)}"]
    body = []
    for row in made.differences.to_dict("records"):
        if row["score"] not in SCORES:
            continue
        cells = [f"{row['one']} - {row['other']}", row["score"].upper(), _gap(row), _p(row["p"])]
        cells += [_p(row["p_holm"])] if many else []
        cells += [f"{row['effect']:+.2f}"]
        cells += [_p(row["p_stouffer"])] if several else []
        cells += [_p(row["p_t_over_seeds"]), _p(row["p_wilcoxon_over_seeds"])] if seeds else []
        needed = row["people_for_gain"]
        body.append([*cells, "-" if _none(needed) else f"{needed:.0f}"])
    return head, body


def _corpora(made: Compared) -> Rows:
    body = [
        [f"{row['one']} - {row['other']}", row["corpus"], str(row["people"]), _gap(row), _p(row["p"])]
        for row in made.corpora.to_dict("records")
        if row["score"] == "uf1"
    ]
    return ["pair", "corpus", "people", "difference", "p"], body


def _matrix(made: Compared) -> Rows:
    names = made.scores["side"].tolist()
    cell = cells(made.differences)
    body = [[row, *(cell.get((row, column), "") for column in names)] for row in names]
    return ["UF1", *names], body


def cells(differences: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(row, column) -> text of the matrix' cell: row minus column, and p; * where Holm's is at most .05."""
    made = {}
    for row in differences[differences["score"] == "uf1"].to_dict("records"):
        star = "*" if row["p_holm"] <= SIZE else ""
        said = f"p {p_said(row['p_holm'])}{star}"
        low, high, gap = row["low"], row["high"], row["difference"]
        made[row["one"], row["other"]] = f"{number(gap)} [{number(low)}, {number(high)}], {said}"
        made[row["other"], row["one"]] = f"{number(-gap)} [{number(-high)}, {number(-low)}], {said}"
    return made


def _ranks(made: Compared) -> tuple[str, list[str], list[list[str]], str]:
    held = made.ranks
    if held is None:
        raise ValueError("no ranks: fewer than five corpora")
    body = [[name, f"{rank:.2f}"] for name, rank in sorted(held.mean.items(), key=lambda item: item[1])]
    friedman = "" if held.p is None else f" Friedman's p {p_said(held.p)}."
    caption = f"Ranks that differ by more than {held.critical:.2f} (Nemenyi) differ at .05.{friedman}"
    return f"Mean ranks by UF1 over {held.corpora} corpora", ["side", "mean rank"], body, caption


def _gap(row: Mapping[Any, Any]) -> str:
    return f"{number(row['difference'])} [{number(row['low'])}, {number(row['high'])}]"


def _p(value: float) -> str:
    return "-" if _none(value) else p_said(value).removeprefix("= ")


def _none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
