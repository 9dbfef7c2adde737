"""Pictures of an experiment, as matplotlib figures without pyplot: bars of the rows, curves along an axis,
weights of frames. Confusion matrices are results/pictures.py's."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from orchestrator.results.pictures import BLIND, INK, NOT_BLIND, ORACLE
from orchestrator.statistics.people import SCORES
from preprocessing.terminal import drawn

UNITS = {
    "keyframes": "frames by which onset and apex are off",
    "noise": "standard deviation of noise added, grey levels",
    "frame_rate": "every n-th frame left",
    "compression": "JPEG quality",
    "head_motion": "sway of the head added, face pixels",
}


def curves(rows: Sequence[Mapping[str, Any]], axis: str, title: str) -> Figure:
    """UF1 of each row along the axis with its 95 % interval over people, and chance. rows: of table.csv, with
    a score; those of one model are one curve, a panel each."""
    names = list(dict.fromkeys(row["row"] for row in rows))
    across = min(3, len(names))
    down = -(-len(names) // across)
    figure = Figure(figsize=(max(5.6, 1.2 + 2.9 * across), 1.6 + 2.3 * down), dpi=130, layout="constrained")
    panels = np.atleast_1d(figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)).ravel()
    for panel, name in zip(panels, names, strict=False):
        own = sorted((row for row in rows if row["row"] == name), key=lambda row: row["amount"])
        at = np.array([row["amount"] for row in own], float)
        score = np.array([row["uf1"] for row in own])
        ends = np.array([[row.get(f"uf1_{end}", row["uf1"]) for row in own] for end in ("low", "high")])
        oracle = [row.get("oracle_epoch_uf1") for row in own]
        panel.fill_between(at, *ends, color=NOT_BLIND, alpha=0.35, linewidth=0)
        panel.plot(at, score, "o-", color=BLIND, markersize=4, linewidth=1.4)
        if all(value is not None for value in oracle):
            panel.plot(at, oracle, "--", color=ORACLE, linewidth=1.0)
        panel.axhline(1 / own[0]["n_classes"], color=INK, linestyle=":", linewidth=0.9)
        panel.set_title(drawn(name), fontsize=9)
        panel.set_ylim(0, 1)
        panel.set_xticks(at, [f"{one:g}" for one in at])
        panel.grid(alpha=0.2)
        panel.spines[["top", "right"]].set_visible(False)
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    for panel in panels[max(0, len(names) - across) : len(names)]:
        panel.set_xlabel(UNITS[axis], fontsize=7)
        panel.tick_params(labelbottom=True)
    figure.supylabel("UF1", fontsize=9)
    _head(figure, title)
    handles = [
        panels[0].plot(
            [], [], "o-", color=BLIND, markersize=4, label="honest, with 95 % interval over people"
        )[0],
        panels[0].plot([], [], "--", color=ORACLE, label="oracle_epoch: no result")[0],
        panels[0].plot([], [], ":", color=INK, label="chance")[0],
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=6.5)
    return figure


def bars(rows: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """UF1, UAR and WAR of each row with their intervals; a cross is the published number."""
    figure = Figure(figsize=(7.6, 1.5 + 0.55 * len(rows)), dpi=130, layout="constrained")
    axes = figure.subplots()
    shades = [colormaps["viridis"](share) for share in (0.15, 0.5, 0.8)]
    for place, row in enumerate(rows):
        for at, (name, colour) in enumerate(zip(SCORES, shades, strict=True)):
            y = place + (at - 1) * 0.26
            axes.barh(y, row[name], height=0.24, color=colour, label=name.upper() if not place else None)
            low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
            if low is not None and high is not None:
                axes.hlines(y, low, high, color=INK, linewidth=1)
            if (told := row.get(f"published_{name}")) is not None:
                label = None if place or at else "published"
                axes.plot(told, y, "x", color=ORACLE, markersize=6, label=label)
    axes.set_yticks(
        range(len(rows)), [drawn(f"{row['group']} {row['row']}".strip()) for row in rows], fontsize=8
    )
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    _head(figure, title)
    return figure


def weights(rows: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """Weights of a clip's frames. rows: as untrained.coefficients gives them."""
    figure = Figure(figsize=(6.4, 3.4), dpi=130, layout="constrained")
    axes = figure.subplots()
    frames = [row["frame"] for row in rows]
    for name, colour in (("mesti", BLIND), ("dynamic_image", ORACLE)):
        axes.plot(frames, [row[name] for row in rows], "o-", color=colour, markersize=3, label=name)
    apex = next(row["frame"] for row in rows if row["apex"])
    axes.axvline(apex, color=INK, linestyle=":", linewidth=1, label="apex")
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xlabel("frame, 1 = onset")
    axes.set_ylabel("weight, magnitudes sum to 1")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    _head(figure, title)
    return figure


def _head(figure: Figure, text: str) -> None:
    figure.suptitle(textwrap.fill(drawn(text), int(figure.get_figwidth() * 14)), fontsize=9)
