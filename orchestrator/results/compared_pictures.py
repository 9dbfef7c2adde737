"""Pictures of a comparison, as matplotlib figures: the matrix of differences, and ranks over corpora."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.figure import Figure

from orchestrator.results.compared import Compared
from orchestrator.results.pictures import BLIND, INK
from orchestrator.results.ranks import Ranks
from orchestrator.results.verdict import SIZE, number, p_said
from preprocessing.terminal import drawn


def matrix(made: Compared) -> Figure:
    """UF1, row minus column: blue where the row is better, red where it is worse; pale where Holm's p is
    above .05."""
    names = [drawn(name) for name in made.scores["side"]]
    at = {name: place for place, name in enumerate(made.scores["side"])}
    n = len(names)
    gaps, text, sure = np.zeros((n, n)), {}, np.zeros((n, n), bool)
    for row in made.differences[made.differences["score"] == "uf1"].to_dict("records"):
        for one, other, sign in ((row["one"], row["other"], 1), (row["other"], row["one"], -1)):
            place = at[one], at[other]
            gaps[place], sure[place] = sign * row["difference"], row["p_holm"] <= SIZE
            low, high = sorted((sign * row["low"], sign * row["high"]))
            text[place] = f"{number(gaps[place])}\n[{number(low)}, {number(high)}]\np {p_said(row['p_holm'])}"
    longest = max(map(len, names))
    figure = Figure(figsize=(2.6 + 0.07 * longest + 1.25 * n, 1.9 + 0.95 * n), dpi=130, layout="constrained")
    axes = figure.subplots()
    most = max(float(np.abs(gaps).max()), 0.05)
    # pale where nothing is shown, so that the eye does not take a wide interval for a large difference
    shades = axes.imshow(
        gaps, cmap="RdBu", vmin=-most, vmax=most, aspect="auto", alpha=np.where(sure, 1.0, 0.25)
    )
    for (down, across), words in text.items():
        dark = sure[down, across] and abs(gaps[down, across]) > 0.6 * most
        axes.text(across, down, words, ha="center", va="center", fontsize=8, color="white" if dark else INK)
    axes.set_xticks(range(n), names, rotation=30 if n > 2 else 0, ha="right" if n > 2 else "center")
    axes.set_yticks(range(n), names)
    clips, people = (made.scores[name].iloc[0] for name in ("clips", "people"))
    title = f"UF1, row minus column, on {clips} clips of {people} people [95 % over people]"
    corrected = "p: paired permutation" + (", Holm's" if n > 2 else "") + "; full colour: at most .05"
    figure.suptitle(textwrap.fill(f"{title}; {corrected}", int(figure.get_figwidth() * 14)), fontsize=9)
    figure.colorbar(shades, ax=axes, shrink=0.8)
    return figure


def ranks(held: Ranks) -> Figure:
    """Mean ranks on one axis; a bar joins those that the critical difference does not tell apart."""
    order = sorted(held.mean.items(), key=lambda item: item[1])
    groups = _alike([rank for _, rank in order], held.critical)
    figure = Figure(
        figsize=(7.2, 1.5 + 0.32 * len(order) + 0.18 * len(groups)), dpi=130, layout="constrained"
    )
    axes = figure.subplots()
    places = np.arange(len(order))
    values = [rank for _, rank in order]
    axes.hlines(places, 1, values, color=BLIND, alpha=0.35, linewidth=1.2)
    axes.scatter(values, places, color=BLIND, zorder=3)
    for rank, place in zip(values, places, strict=True):
        axes.text(rank + 0.04, place - 0.12, f"{rank:.2f}", fontsize=8, color=INK, va="bottom")
    for place_, (first, last) in enumerate(groups):
        axes.hlines(len(order) + 0.6 * place_, values[first], values[last], color=INK, linewidth=4)
    axes.set_yticks(places, [drawn(name) for name, _ in order])
    axes.set_ylim(len(order) + 0.6 * len(groups), -0.8)
    axes.set_xlim(0.9, len(order) + 0.4)
    axes.set_xlabel("mean rank by UF1, 1 is the best")
    axes.spines[["top", "right"]].set_visible(False)
    title = (
        f"{held.corpora} corpora; critical difference {held.critical:.2f} (Nemenyi, .05): black bars join "
        "what it does not tell apart"
    )
    figure.suptitle(textwrap.fill(title, int(figure.get_figwidth() * 14)), fontsize=9)
    return figure


def _alike(values: list[float], critical: float) -> list[tuple[int, int]]:
    """(first, last) of the longest runs of sorted values that lie within ``critical``."""
    runs = []
    for first, value in enumerate(values):
        last = max(at for at, other in enumerate(values) if other - value <= critical)
        if last > first:
            runs.append((first, last))
    return [run for run, before in zip(runs, [(-1, -1), *runs], strict=False) if run[1] > before[1]]
