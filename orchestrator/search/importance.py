"""Which hyperparameters moved the validation score: Optuna's importance (fANOVA) and its parallel
coordinates, of a sweep's finished trials. Neither sees a test score."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import optuna
from optuna.distributions import BaseDistribution as Range
from optuna.distributions import CategoricalDistribution as Words

WIDE = 20.0  # values of one sign that differ by this factor and more lie on a logarithmic axis
SHOWN = 8  # parameters of the parallel coordinates: the most important ones
TARGET = "validation UF1"
COLOURS = (150, 160, 170), (209, 73, 91)  # of the worst and the best trial


def importance(trials: Sequence[Mapping[str, Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """(parameter -> share of the variance of the validation UF1 that it explains, the parallel coordinates of
    the most important ones as a Plotly figure {"data", "layout"}).

    trials: rows as results/trials.py makes them; those count that are complete and have a validation UF1.
    ({}, {}) where there is nothing to say: fewer than two such trials, all of one score, or nothing varies.
    Names and words in the figure are escaped for HTML, as Plotly reads them.
    """
    rows = [row for row in trials if row["state"] == "complete" and row.get("validation_uf1") is not None]
    ranges = _ranges([row.get("settings", {}) for row in rows])
    if len({row["validation_uf1"] for row in rows}) < 2 or not ranges:
        return {}, {}
    study = _study(rows, ranges, str)
    try:
        shares = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0), params=sorted(ranges)
        )
    except RuntimeError:  # the trees of so few trials split nothing
        return {}, {}
    shown = [name for name in shares if name in ranges][:SHOWN]
    figure = optuna.visualization.plot_parallel_coordinate(
        _study(rows, ranges, escape), [escape(name) for name in shown], target_name=TARGET
    )
    return shares, _coloured(json.loads(figure.to_json()))


def _coloured(figure: dict[str, Any]) -> dict[str, Any]:
    """Optuna's lines from white to dark blue are lost on a white page and on a dark one: grey to red is seen
    on both. The first axis is the score, in 0..1."""
    for trace in figure["data"]:
        if "line" in trace:
            best = min(1.0, max(0.0, trace["y"][0]))
            mixed = (
                round(low + best * (high - low)) for low, high in zip(COLOURS[0], COLOURS[1], strict=True)
            )
            trace["line"]["color"] = f"rgb{tuple(mixed)}"
            trace["opacity"] = 0.8
        if "colorscale" in trace.get("marker", {}):
            trace["marker"]["colorscale"] = [[i, f"rgb{end}"] for i, end in enumerate(COLOURS)]
    layout = {key: value for key, value in figure["layout"].items() if key not in ("template", "title")}
    return {"data": figure["data"], "layout": layout}


def _ranges(settings: Sequence[Mapping[str, Any]]) -> dict[str, Range]:
    """Of each parameter that all trials have, and that varies."""
    common = set.intersection(*(set(one) for one in settings)) if settings else set()
    made: dict[str, Range] = {}
    for name in sorted(common):
        values = [one[name] for one in settings]
        if len(set(map(str, values))) < 2:
            continue
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
            made[name] = Words(sorted(set(map(str, values))))
            continue
        low, high = min(values), max(values)
        wide = low > 0 and high / low >= WIDE
        if all(isinstance(value, int) for value in values):
            made[name] = optuna.distributions.IntDistribution(low, high, log=wide)
        else:
            made[name] = optuna.distributions.FloatDistribution(low, high, log=wide)
    return made


def _study(
    rows: Sequence[Mapping[str, Any]], ranges: Mapping[str, Range], text: Callable[[str], str]
) -> optuna.Study:
    """The trials as a study in memory. text: what names and words become."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    held: dict[str, Range] = {
        text(name): Words([text(str(word)) for word in one.choices]) if isinstance(one, Words) else one
        for name, one in ranges.items()
    }
    for row in rows:
        params = {
            text(name): text(str(row["settings"][name])) if isinstance(one, Words) else row["settings"][name]
            for name, one in ranges.items()
        }
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=held, value=row["validation_uf1"])
        )
    return study
