"""What is wrong with a log of predictions, and which rule gives a number that was published of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.results.logs import LogError, answered
from orchestrator.selection import metrics
from orchestrator.statistics.intervals import intervals
from orchestrator.statistics.people import SCORES, counts, scored

SHOWN = 7  # clips that a finding names
NOT_REPRODUCIBLE = "not_reproducible"


def audited(
    log: pd.DataFrame, official: pd.DataFrame | None, published: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Scores and findings of a log (results/logs.py).

    official   the list of clips and their true classes in the same form, or None: then the log's own words
               are the classes, and only what it contradicts itself in is found.
    published  uf1, uar or war -> the number as it was printed: "0.7353", ".7353" or "73.53".
    Returns {"uf1", "uar", "war": {"value", "low", "high"}, "corpora": {name: the same and "clips", "people"},
    "clips", "people", "classes", "published": {name: {"printed", "rule", "value"}}, "findings": [{"code",
    "text"}]}. low and high are None for one person. A clip counts once a seed, by its first row, with the
    truth that the log gives it; truths that differ are a finding; a row without a truth or a prediction is
    one, and counts nowhere. Raises LogError for a predicted word that is no class, and where no row counts.
    """
    findings: list[dict[str, str]] = []
    log = _answered(log, findings)
    log, classes = _classes(log, official, findings)
    again = log[log.duplicated(["seed", "key"], keep=False)]
    own = log.drop_duplicates(["seed", "key"])
    if len(again):
        code = "twice"
        _find(findings, code, f"{_clips(again)} predicted more than once; the first row of each counts")
    if official is not None:
        _against(own, official, classes, findings)
    held = _counts(own, classes)
    corpora = {
        name: _scores(_counts(part, classes)) | {"clips": part["key"].nunique()}
        | {"people": part["person"].nunique()}
        for name, part in own.groupby("corpus") if name
    }  # fmt: skip
    made: dict[str, Any] = _scores(held)
    absent = [name for name, n in zip(classes, held.sum((0, 1, 3)), strict=True) if not n]
    if absent:
        _find(findings, "absent", f"no clip of class {', '.join(absent)}: it counts as 0 in UF1 and UAR")
    rules = _rules(log, own, official, classes, held)
    told = {
        name: _published(name, printed, made[name]["value"], rules[name], findings)
        for name, printed in (published or {}).items()
    }
    return made | {
        "corpora": corpora,
        "clips": own["key"].nunique(),
        "people": own["person"].nunique(),
        "classes": classes,
        "published": told,
        "findings": findings,
    }


def said(score: Mapping[str, float | None]) -> str:
    """'0.7186 [0.655, 0.778]', of a score with its value, low and high; without ends of one person."""
    ends = "" if score["low"] is None else f" [{score['low']:.3f}, {score['high']:.3f}]"
    return f"{score['value']:.4f}{ends}"


def _find(findings: list[dict[str, str]], code: str, text: str) -> None:
    findings.append({"code": code, "text": text})


def _clips(rows: pd.DataFrame) -> str:
    """'2 clips (casme2/sub01/a, samm/006/b)'."""
    named = (rows["corpus"] + "/" + rows["subject"] + "/" + rows["clip"]).str.removeprefix("/")
    names = list(dict.fromkeys(named))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} clip{'s' * (len(names) != 1)} ({', '.join(names[:SHOWN])}{more})"


def _answered(log: pd.DataFrame, findings: list[dict[str, str]]) -> pd.DataFrame:
    there = answered(log)
    if not there.any():
        raise LogError("no row has both a truth and a prediction; say which columns they are: --columns")
    if lost := int((~there).sum()):
        rows = f"{lost} row{'s' * (lost != 1)} without a truth or a prediction, of {_clips(log[~there])}"
        _find(findings, "empty", f"{rows}: scored nowhere, so that the score is of the others alone")
    return log[there]


def _classes(
    log: pd.DataFrame, official: pd.DataFrame | None, findings: list[dict[str, str]]
) -> tuple[pd.DataFrame, list[str]]:
    words = log[["truth", "predicted"]].apply(lambda column: column.str.lower())
    if official is None:
        true, called = set(words["truth"]), set(words["predicted"])
        if not true & called:
            text = f"no prediction ({', '.join(sorted(called)[:SHOWN])}) is a true class of any clip "
            text += f"({', '.join(sorted(true)[:SHOWN])}): is it named otherwise, or a column the wrong one?"
            _find(findings, "no_class_shared", text)
        return log.assign(**words), sorted(true | called)
    if (unknown := official[official["truth"].eq("")]).size:
        raise LogError(f"{_clips(unknown)} of the list have no true class; fill it in, or take them out")
    classes = sorted(set(official["truth"]))
    if set(words["truth"]) | set(words["predicted"]) <= {str(i) for i in range(len(classes))}:
        words = words.apply(lambda column: column.map(lambda number: classes[int(number)]))
        names = ", ".join(f"{i} {name}" for i, name in enumerate(classes))
        _find(findings, "numbers", f"classes are numbers, read as {names}")
    for column in ("truth", "predicted"):
        if odd := sorted(set(words[column]) - set(classes)):
            raise LogError(f"{column} holds {odd[0]!r}, which is no class of the list: {', '.join(classes)}")
    return log.assign(**words), classes


def _against(
    own: pd.DataFrame, official: pd.DataFrame, classes: list[str], findings: list[dict[str, str]]
) -> None:
    """Clips of the log against those of the list."""
    truth = _truth(own, official)
    keys = _keys(own, official)
    names = _keys(official, own)
    missing, beyond = official[~names.isin(keys)], own[~keys.isin(names)]
    if len(missing):
        _find(findings, "missing", f"{_clips(missing)} of the list's {len(official)} are missing")
    if len(beyond):
        _find(findings, "beyond", f"{_clips(beyond)} are not in the list")
    differ = own[truth.notna() & (truth != own["truth"])]
    if len(differ):
        one = differ.iloc[0]
        text = f"the true class of {_clips(differ)} differs from the list's: {one['clip']} is {one['truth']} "
        right = _scores(_counts(own.assign(truth=truth.fillna(own["truth"])), classes))
        scores = ", ".join(f"{name.upper()} {said(right[name])}" for name in SCORES)
        text += f"in the log and {truth[differ.index[0]]} in the list; with the list's truths: {scores}"
        _find(findings, "truth_differs", text)
    seeds = own.groupby("seed")["key"].nunique()
    if seeds.nunique() > 1:
        text = f"seeds have other numbers of clips: {', '.join(f'{k}: {n}' for k, n in seeds.items())}"
        _find(findings, "seeds_differ", text)


def _keys(frame: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Without the corpus, where one of both does not say it."""
    both = frame["corpus"].ne("").all() and other["corpus"].ne("").all()
    return frame["key"] if both else frame["key"].str.split("/", n=1).str[1]


def _truth(own: pd.DataFrame, official: pd.DataFrame) -> pd.Series:
    """The list's class of each row; missing where it is not in the list."""
    return _keys(own, official).map(dict(zip(_keys(official, own), official["truth"], strict=True)))


def _counts(rows: pd.DataFrame, classes: Sequence[str], swap: bool = False) -> NDArray[Any]:
    number = {name: i for i, name in enumerate(classes)}
    truth, called = (rows[name].map(number).to_numpy() for name in ("truth", "predicted"))
    if swap:
        truth, called = called, truth
    return counts(rows["person"].to_numpy(), rows["seed"].to_numpy(), truth, called, len(classes))


def _scores(held: NDArray[Any]) -> dict[str, dict[str, float | None]]:
    whole, ends = scored(held.sum(0)), intervals(held)
    return {
        name: dict(
            zip(("value", "low", "high"), (float(whole[name]), *ends.get(name, (None, None))), strict=True)
        )
        for name in SCORES
    }


def _rules(
    log: pd.DataFrame,
    own: pd.DataFrame,
    official: pd.DataFrame | None,
    classes: Sequence[str],
    held: NDArray[Any],
) -> dict[str, list[tuple[str, str, float]]]:
    """Score -> (code, in words, value) of every wrong way to make it, likely ones first."""
    made: dict[str, list[tuple[str, str, float]]] = {name: [] for name in SCORES}

    def add(code: str, words: str, values: Mapping[str, Any]) -> None:
        for name in values.keys() & made.keys():
            made[name].append((code, words, float(values[name])))

    whole = scored(held.sum(0))
    swapped = scored(_counts(own, classes, swap=True).sum(0))
    add("swapped", "truth and prediction are swapped: it is the mean precision", {"uar": swapped["uar"]})
    persons = scored(held)
    add("folds_averaged", "it is averaged over people", {name: persons[name].mean() for name in SCORES})
    shown = _of_shown(held)
    add("folds_averaged", "it is averaged over people, each by the classes that are there", shown)
    corpora = [scored(_counts(part, classes).sum(0)) for _, part in own.groupby("corpus")]
    if len(corpora) > 1:
        means = {name: np.mean([one[name] for one in corpora]) for name in SCORES}
        add("corpora_averaged", "it is averaged over corpora", means)
    add("absent_dropped", "classes without a clip are left out of the mean", _of_shown(held.sum(0)[None]))
    micro = whole["war"]
    add("micro", "it is micro-averaged, which is the accuracy", {"uf1": micro, "uar": micro})
    sizes = held.sum((0, 1, 3))
    weighted = {"uf1": np.average(whole["f1"], weights=sizes)}
    add("weighted", "classes are weighted by their clips", weighted)
    if len(log) > len(own):
        add(
            "twice_counted",
            "every row counts, clips that stand twice too",
            scored(_counts(log, classes).sum(0)),
        )
    if official is not None:
        truth = _truth(own, official)
        right = own.assign(truth=truth.fillna(own["truth"]))
        add("official_truth", "the list's truths are taken", scored(_counts(right, classes).sum(0)))
    for name, part in own.groupby("corpus"):
        add("one_corpus", f"it is of {name} alone", scored(_counts(part, classes).sum(0)))
    for name in SCORES:
        others = [(other, float(whole[other])) for other in SCORES if other != name]
        made[name] += [("other_score", f"it is the {other.upper()}", value) for other, value in others]
    return made


def _of_shown(held: NDArray[Any]) -> dict[str, float]:
    """Means over people of UF1 over classes that a person shows or is called, and UAR over those shown. held:
    (P, S, C, C)."""
    each = metrics.scores(held)
    shows = held.sum(-1) > 0
    there = shows | (held.sum(-2) > 0)
    f1 = (each["f1"] * there).sum(-1) / np.maximum(there.sum(-1), 1)
    recall = (each["recall"] * shows).sum(-1) / np.maximum(shows.sum(-1), 1)
    return {"uf1": float(f1.mean()), "uar": float(recall.mean())}


def _published(
    name: str,
    printed: str,
    value: float,
    rules: Sequence[tuple[str, str, float]],
    findings: list[dict[str, str]],
) -> dict[str, Any]:
    """How a printed number comes out, as a finding where it does not by the rule of MEGC 2019."""
    if _is(printed, value):
        return {"printed": printed, "rule": "pooled", "value": value}
    for code, words, other in rules:
        if _is(printed, other):
            text = f"published {name.upper()} {printed} comes out only if {words}; pooled it is {value:.4f}"
            _find(findings, code, text.replace("only if it is", "only where it is"))
            return {"printed": printed, "rule": code, "value": other}
    text = (
        f"published {name.upper()} {printed} is not reproducible from the log: no rule gives it; pooled it "
    )
    _find(findings, NOT_REPRODUCIBLE, f"{text}is {value:.4f}")
    return {"printed": printed, "rule": None, "value": None}


def _is(printed: str, value: float) -> bool:
    """Whether a number, rounded or cut to the decimals that were printed, is that; above 1 it is a
    percentage. Raises LogError."""
    try:
        number = float(printed.rstrip(" %"))
    except ValueError as error:
        raise LogError(f"published {printed!r} is no number; write as uf1=.7353") from error
    decimals = len(printed.rstrip(" %").partition(".")[2])
    found = value * 100 if number > 1 or "%" in printed else value
    unit = 10.0**-decimals
    return -unit / 2 - 1e-9 <= found - number < unit
