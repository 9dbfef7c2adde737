"""An experiment's table for a reader: Markdown, LaTeX with booktabs, and what there is to know under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.experiments.file import METRICS, Table
from orchestrator.experiments.run import Done
from orchestrator.results import intervals
from orchestrator.results.comparison import CAUTION, ORACLE
from orchestrator.results.page.formats import piped, tex, tex_line
from orchestrator.statistics.people import SCORES

MISSING = "–"


Column = tuple[str, Callable[[Mapping[str, Any]], str]]  # heading, a row's text


def cells(table: Table, made: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """(headings, rows of texts) of what a reader looks at. made: as ``table.rows`` gives them."""
    columns = _columns(table, made)
    return [head for head, _ in columns], [[of(row) for _, of in columns] for row in made]


def _columns(table: Table, made: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Each published number stands behind ours of the same name; those that ours lack come last."""
    published = list(dict.fromkeys(name for row in made for name in row if name.startswith("published_")))
    placed: set[str] = set()

    def theirs(name: str) -> list[Column]:
        key = f"published_{name}"
        if key not in published:
            return []
        placed.update((key, f"{key}_sd"))
        return [(f"{_short(name)} published", lambda row: _printed(row, key))]

    def number(name: str) -> Column:
        return (_short(name), lambda row: text(row.get(name)))

    columns: list[Column] = [("row", _name)]
    if len({row["corpora"] or row["paper_corpora"] for row in made}) > 1:
        columns.append(("corpora", lambda row: str(row["corpora"] or row["paper_corpora"])))
    columns += [("AUs", lambda row: str(row.get("au") or MISSING)), number("clips"), *theirs("clips")]
    columns += [number("parameters"), *theirs("parameters")]
    for name in SCORES:
        if name != "war" or "published_war" in published or table.worse:
            for key in (name, f"{ORACLE}_{name}"):
                columns.append((_short(key), lambda row, key=key: _score(row, key)))  # type: ignore[misc]
            columns += theirs(name)
    if "published_fold_uf1" in published:
        columns += [number("fold_uf1"), ("mean of fold UF1", lambda row: _spread(row, "fold_uf1_mean"))]
        columns += theirs("fold_uf1")
    if "published_fold_uf1_sd" in published:
        columns += [number("fold_uf1_sd"), *theirs("fold_uf1_sd")]
    if "per_person" in table.shows:
        columns += [("UAR a person", lambda row: _spread(row, "uar_per_person")), *theirs("uar_per_person")]
    for name in _starting("f1_", made) if "per_class" in table.shows else ():
        columns += [number(name), *theirs(name)]
    for name in _starting("output_", made) if "outputs" in table.shows else ():
        columns.append((_short(name), lambda row, name=name: _spread(row, name)))  # type: ignore[misc]
    if "seeds" in table.shows:
        columns += [number(f"{name}_p_over_seeds") for name in ("war", "uf1")]
    for key in published:
        if key not in placed:
            columns += theirs(key.removeprefix("published_"))
    return columns


def notes(table: Table, name: str, made: Sequence[Mapping[str, Any]], done: Sequence[Done]) -> list[str]:
    """What a reader of the table has to know, a sentence or two each."""
    said = [f"{name}, version {table.version} ({table.digest}). Published numbers: {table.source}."]
    said += [table.about] if table.about else []
    if instead := list(dict.fromkeys(f"{r['corpora']} for {r['paper_corpora']}" for r, d in
                                     zip(made, done, strict=True) if d.line.instead)):  # fmt: skip
        said.append(
            f"Ours are of other corpora than the paper's ({'; '.join(instead)}): they do not compare with "
            "the published numbers."
        )
    if any(one.summary for one in done):
        said += [intervals.SAID, f"{ORACLE} chooses each fold's epoch on the test person: it is no result."]
        said.append(CAUTION)
        if looks := max(one.looks for one in done):
            said.append(f"Looks at these people in this workspace: {looks}.")
        rules = list(dict.fromkeys(one.rule for one in done if one.rule))
        said.append(f"UF1, UAR, WAR by the rule {', '.join(rules)}, means over seeds, ± over seeds.")
    if any("SUBJECT-DEPENDENT" in str(row["protocol"]) for row in made):
        said.append("Test people also train here, as published: it measures known people.")
    if "seeds" in table.shows:
        said.append(
            "p over seeds: paired t against the first row of the same corpora, as the paper has it. It says "
            "nothing of other people."
        )
    names = {key.removeprefix("published_") for row in made for key in row if key.startswith("published_")}
    said += [f"{_short(key)} published: {METRICS[key]}." for key in METRICS if key in names - set(SCORES)]
    for remark in dict.fromkeys(str(row["au_remark"]) for row in made if row.get("au_remark")):
        said.append(f"AUs {remark}: {', '.join(_name(r) for r in made if r.get('au_remark') == remark)}.")
    states: dict[str, list[str]] = {}
    for row in made:
        if row["state"] != "done":
            states.setdefault(row["state"], []).append(_name(row))
    return said + [f"{', '.join(dict.fromkeys(rows_))}: {why}." for why, rows_ in states.items()]


def markdown(title: str, heads: Sequence[str], body: Sequence[Sequence[str]], said: Sequence[str]) -> str:
    """A page."""
    lines = [f"# {title}", ""]
    if body:
        lines += [piped(heads), piped(["---", *["---:"] * (len(heads) - 1)]), *map(piped, body), ""]
    return "\n".join([*lines, *(f"- {one}" for one in said)]) + "\n"


def latex(title: str, heads: Sequence[str], body: Sequence[Sequence[str]], said: Sequence[str]) -> str:
    """A table for booktabs, with what is to be known in its caption."""
    shape = "l" + "r" * (len(heads) - 1)
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{tex(' '.join([title + '.', *said]))}}}",
             rf"\begin{{tabular}}{{{shape}}}", r"\toprule", tex_line(heads), r"\midrule",
             *map(tex_line, body),
             r"\bottomrule", r"\end{tabular}", r"\end{table}"]  # fmt: skip
    return "% needs \\usepackage{booktabs}\n" + "\n".join(lines) + "\n"


def _name(row: Mapping[str, Any]) -> str:
    name = f"{row['group']}: {row['row']}" if row["group"] else str(row["row"])
    return f"{name}, {row['axis']} {row['amount']:g}" if "axis" in row else name


def _short(name: str) -> str:
    """A column's heading: uf1 is UF1, f1_surprise F1 surprise."""
    words = (
        name.removeprefix("output_")
        .replace("uar_per_person", "UAR a person")
        .replace("fold_uf1_sd", "Std-UF1")
        .split("_")
    )
    return " ".join(word.upper() if word in (*SCORES, "f1") else word for word in words)


def _starting(prefix: str, made: Sequence[Mapping[str, Any]]) -> list[str]:
    found = (name for row in made for name in row if name.startswith(prefix))
    return list(dict.fromkeys(name for name in found if not name.endswith("_sd")))


def text(value: Any) -> str:
    """A cell: a number with three digits after the point, or four in all; – for none."""
    if value is None or value == "":
        return MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (float(value).is_integer() and abs(value) > 1):
        return f"{int(value):,}"
    return f"{value:.4g}" if abs(value) > 1 else f"{value:.3f}"


def _score(row: Mapping[str, Any], name: str) -> str:
    if row.get(name) is None:
        return MISSING
    text = f"{row[name]:.3f}"
    if row.get(f"{name}_sd") is not None:
        text += f" ± {row[f'{name}_sd']:.3f}"
    return f"{text}{_between(row, name)}"


def _between(row: Mapping[str, Any], name: str) -> str:
    ends = row.get(f"{name}_low"), row.get(f"{name}_high")
    return "" if None in ends else intervals.said({"interval": {name: ends}}, name, 2)


def _printed(row: Mapping[str, Any], key: str) -> str:
    """A published number with the digits that it was printed with, and its deviation if there is one."""
    value, sd = row.get(key), row.get(f"{key}_sd")
    shown = value
    if isinstance(value, int | float):  # 2e+06 parameters are 2,000,000
        shown = f"{int(value):,}" if float(value).is_integer() else f"{value:g}"
    return MISSING if shown in (None, "") else f"{shown}" if sd is None else f"{shown} ± {sd:g}"


def _spread(row: Mapping[str, Any], name: str) -> str:
    value, sd = row.get(name), row.get(f"{name}_sd")
    return text(value) if sd is None else f"{text(value)} ± {text(sd)}{_between(row, name)}"
