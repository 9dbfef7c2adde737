"""Pictures of a study's result, as matplotlib figures: confusion matrix, what each rule scores, accuracy by
subject.

Made without pyplot, so that no window system and no global state is touched. Save with
``figure.savefig(path)``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from orchestrator.results.intervals import said
from preprocessing.terminal import drawn

BLIND, NOT_BLIND, ORACLE, INK = "#1b6ca8", "#8fb8d8", "#d1495b", "#22262b"
NAMED = 80  # people, a line each: 17 inches
LONGEST = 32  # characters of a name
KINDS = {  # as selection.rules.kind_of gives them -> colour, and what they mean
    "blind": (BLIND, "blind: the held-out person has no say"),
    "not blind": (NOT_BLIND, "not blind: it judges other folds' models"),
    "oracle": (ORACLE, "oracle: its test labels decide"),
}


def _head(figure: Figure, text: str) -> None:
    """The title, broken into lines that fit the figure's width at 9 points."""
    figure.suptitle(textwrap.fill(drawn(text), int(figure.get_figwidth() * 14)), fontsize=9)


def _short(name: str) -> str:
    """Of a class or a person, beside an axis: a longer one would leave no room for the axes."""
    return drawn(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str], title: str) -> Figure:
    """Counts in the cells, shade by share of the true class (row). matrix: (C, C), rows = truth."""
    counts = np.asarray(matrix)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(1.6, 0.1 * max(len(_short(name)) for name in classes)) + 0.75 * len(classes)
    figure = Figure(figsize=(side + 1.2, side), dpi=130, layout="constrained")
    axes = figure.subplots()
    shades = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(counts):
        dark = share[row, column] > 0.55
        text = f"{value}\n{share[row, column]:.0%}"
        axes.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if dark else INK)
    classes = [_short(name) for name in classes]
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    _head(figure, title)
    figure.colorbar(shades, ax=axes, label="share of the true class", shrink=0.8)
    return figure


def honest_vs_oracle(
    selection: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, str], title: str
) -> Figure:
    """UF1 of every rule as a bar, a colour for each kind of rule; a whisker of one sample deviation where
    there are seeds."""
    rules = list(selection)
    values = [selection[rule]["uf1"] for rule in rules]
    spread = [selection[rule]["sd"]["uf1"] or 0.0 for rule in rules]
    figure = Figure(figsize=(7.2, 1.5 + 0.42 * len(rules)), dpi=130, layout="constrained")
    axes = figure.subplots()
    colours = [KINDS[kinds[rule]][0] for rule in rules]
    places = np.arange(len(rules))
    axes.barh(places, values, color=colours, height=0.62)
    if any(spread):
        axes.errorbar(values, places, xerr=spread, fmt="none", ecolor=INK, capsize=3, linewidth=1)
    for place, value, width in zip(places, values, spread, strict=True):
        held = said(selection[rules[place]], "uf1")
        axes.text(value + width + 0.012, place, f"{value:.3f}{held}", va="center", fontsize=9, color=INK)
    axes.set_yticks(places, rules)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.3)
    axes.set_xlabel("UF1 (pooled over all folds)")
    _head(figure, title)
    axes.spines[["top", "right"]].set_visible(False)
    for colour, name in KINDS.values():
        axes.bar(0, 0, color=colour, label=name)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=7)
    return figure


def subjects(
    rows: Sequence[tuple[str, int, float, float | None]], rule: str, oracle: str, title: str
) -> Figure:
    """Accuracy of every held-out person. rows: (subject, clips, accuracy under rule, accuracy under oracle or
    None).

    A line leads to what the oracle rule reports for the same person. Up to NAMED people are named, and their
    dots grow with the number of clips; more are told in order, on one page, without names.
    """
    named = len(rows) <= NAMED
    # of people without a name, equals go by what the oracle says of them
    rows = sorted(rows, key=lambda row: (row[2], row[0] if named else (row[3] or 0.0, row[0])))
    height = 1.8 + 0.19 * len(rows) if named else 8.0
    figure = Figure(figsize=(7.2, max(3.0, height)), dpi=130, layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(rows))
    accuracy = np.array([row[2] for row in rows])
    size: Any = 14 + 4 * np.array([row[1] for row in rows]) if named else 5
    lifted = np.array([row[2] if row[3] is None else row[3] for row in rows])
    axes.hlines(
        places,
        np.minimum(accuracy, lifted),
        np.maximum(accuracy, lifted),
        color=ORACLE,
        linewidth=1.2 if named else 0.5,
        alpha=0.6 if named else 0.25,
        zorder=1,
    )
    if any(row[3] is not None for row in rows):
        axes.scatter(
            lifted,
            places,
            s=size,
            facecolors="white",
            edgecolors=ORACLE,
            linewidths=1.2 if named else 0.6,
            label=oracle,
            zorder=2,
        )
    axes.scatter(accuracy, places, s=size, color=BLIND, label=rule, zorder=3)
    pooled = float(np.average(accuracy, weights=[row[1] for row in rows]))
    axes.axvline(pooled, color=INK, linestyle=":", linewidth=1, label=f"all clips, {rule}: {pooled:.3f}")
    if named:
        axes.set_yticks(places, [f"{_short(row[0])}  ({row[1]})" for row in rows], fontsize=7)
        axes.set_ylabel("subject (clips)")
    else:
        axes.set_ylabel(f"{len(rows)} subjects, least accurate first (names: loso_results.csv)")
    axes.set_ylim(-0.8, len(rows) - 0.2)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xlabel("accuracy of the held-out person")
    _head(figure, title)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure
