"""The reliability figure of a bundle: how often a class that was called with a probability was right."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

RIGHT, LINE, INK = "#1b6ca8", "#d1495b", "#22262b"


def reliability(calibration: Mapping[str, Any]) -> bytes:
    """PNG of what calibration.fitted gives: a bar a bin, as wide as the bin and as high as the share that is
    right; a mark at the bin's mean probability, where the bar would end if it were as sure as it is right;
    below, how many clips a bin has."""
    figure = Figure(figsize=(4.6, 5.0), dpi=130, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for row in calibration["reliability"]:
        width = row["to"] - row["from"]
        upper.bar(row["from"], row["right"], width, align="edge", color=RIGHT, edgecolor="white")
        upper.plot([row["from"], row["to"]], [row["probability"]] * 2, color=LINE, linewidth=2)
        lower.bar(row["from"], row["clips"], width, align="edge", color=INK, edgecolor="white")
        middle = row["from"] + width / 2
        lower.annotate(str(int(row["clips"])), (middle, row["clips"]), ha="center", va="bottom", fontsize=7)
    upper.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle="--")
    upper.plot([], [], color=LINE, linewidth=2, label="mean probability")
    upper.bar(0, 0, color=RIGHT, label="share right")
    upper.legend(loc="upper left", fontsize=8, frameon=False)
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="share right")
    lower.set(xlabel="probability of the class that is called", ylabel="clips")
    lower.margins(y=0.25)
    figure.suptitle(
        f"Expected calibration error {calibration['ece']:.3f} ({calibration['ece_before']:.3f} before)\n"
        f"{calibration['clips']} clips of {calibration['people']} validation people",
        fontsize=9,
    )
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
    held = io.BytesIO()
    figure.savefig(held, format="png", metadata={"Software": None})
    return held.getvalue()
