"""Scores of chosen test predictions, pooled over folds and joined to the truth by clip id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.selection import metrics, per_person
from orchestrator.selection.records import Records, SelectionError, TrialRecord
from orchestrator.selection.rules.rule import Choice, Choices, Truth, true_class


def score(
    choices: Choices,
    trials: Sequence[TrialRecord] | Records,
    test_truth: Truth,
    classes: Sequence[str],
    part_of: Callable[[str, str], str] = lambda fold, clip: "",
    *,
    averages: bool = False,
    subject_of: Mapping[str, str] = MappingProxyType({}),
    classes_of: Callable[[str], Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Scores of the chosen test predictions, pooled over folds and joined to the truth by clip id. Where
    several models of a fold count, the prediction is the mean of their probabilities.

    part_of  function of (fold, clip id): the part of the table (corpus, split, pair of corpora) that a
             prediction belongs to.
    averages predictions are means over seeds too: one row a clip, under the first seed, with its trial and
             epoch.
    subject_of  clip id -> person, where that is not the person in the clip id.
    classes_of  function of clip id: the classes over which its part is scored; None: all.

    Returns metrics.evaluate's keys, where uf1, uar, war and per-class scores are means over seeds and the
    confusion matrix is their sum; "uar_per_person" ({"mean", "sd"} of metrics.uar_of_people over people, the
    deviation that of these very people, ddof 0; both means over seeds); likewise "recall_per_person" (class
    -> {"mean", "sd", "people"}, over those who show it) and "fold_uf1" ({"mean", "sd", "each": fold -> the
    UF1 of its test clips alone}, metrics.uf1_of_folds); and "seeds", "n_clips", "sd" ({"uf1",
    "uar", "war"}: sample standard deviation over seeds, None for one seed), "per_seed" (list of {"seed",
    "uf1", "uar", "war"}) and "predictions" (one dict a clip and seed: clip_id, subject, fold, seed, truth,
    predicted, probs, trial, epoch), sorted by seed and clip id; and "parts": {} or, where there are several,
    part -> the means "uf1", "uar", "war" of its own predictions of the same run, over its "classes", "f1" and
    "recall" (class -> mean over seeds), "n_clips" and "absent".
    Raises SelectionError where clips are not all tested equally often: some would count more than others.
    """
    records = Records.of_trials(trials)
    rows: list[dict[str, Any]] = []
    for (fold, seed), choice in choices.items():
        result = records.of[choice.trial][fold, seed]
        probabilities = _probabilities(records, fold, seed, choice)
        finite = np.isfinite(probabilities).all(axis=1)
        for clip, probs, usable in zip(result.test, probabilities.tolist(), finite.tolist(), strict=True):
            if not usable:
                raise SelectionError(
                    f"trial {choice.trial}, fold {fold!r}, clip {clip!r}: no finite probabilities; the "
                    "training diverged, "
                    "lower recipe.lr"
                )
            rows.append(
                {
                    "clip_id": clip,
                    "subject": subject_of.get(clip, person_of(clip)),
                    "fold": fold,
                    "seed": seed,
                    "truth": int(true_class(test_truth, clip)),
                    "probs": probs,
                    "trial": choice.trial,
                    "epoch": int(result.epochs[choice.epoch_index]),
                }
            )
    if averages:
        rows = _over_seeds(rows)
    for row in rows:
        row["predicted"] = row["probs"].index(max(row["probs"]))
    rows.sort(key=lambda row: (row["seed"], row["clip_id"], row["fold"]))
    times = Counter((row["seed"], row["clip_id"]) for row in rows)
    if len(set(times.values())) > 1:
        (_, more), (_, fewer) = max(times, key=lambda k: times[k]), min(times, key=lambda k: times[k])
        raise SelectionError(
            f"under one seed clip {more!r} is tested {max(times.values())} times and {fewer!r} "
            f"{min(times.values())} times; "
            "scores would count it more"
        )
    seeds = sorted({row["seed"] for row in rows})
    each = _per_seed(rows, seeds, classes)
    means = ("uf1", "uar", "war")
    of_part: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of_part.setdefault(part_of(row["fold"], row["clip_id"]), []).append(row)
    parts = {}
    for part, held in sorted(of_part.items()) if len(of_part) > 1 else ():
        parts[part] = _part(held, seeds, classes, classes_of(held[0]["clip_id"]) if classes_of else classes)
    return {
        **{name: float(np.mean([e[name] for e in each])) for name in means},
        "sd": {
            name: float(np.std([e[name] for e in each], ddof=1)) if len(each) > 1 else None for name in means
        },
        "per_class": {
            c: {
                k: float(np.mean([e["per_class"][c][k] for e in each])) for k in ("f1", "recall", "precision")
            }
            | {"support": each[0]["per_class"][c]["support"]}
            for c in classes
        },
        "uar_per_person": _over_people(rows),
        "recall_per_person": _recall_over_people(rows, classes),
        "fold_uf1": _over_folds(rows, seeds, len(classes)),
        "confusion": np.sum([e["confusion"] for e in each], axis=0).tolist(),
        "absent": each[0]["absent"],
        "seeds": seeds,
        "n_clips": len({row["clip_id"] for row in rows}),
        "per_seed": [
            {"seed": s, **{name: e[name] for name in means}} for s, e in zip(seeds, each, strict=True)
        ],
        "parts": parts,
        "predictions": rows,
    }


def _probabilities(records: Records, fold: str, seed: int, choice: Choice) -> NDArray[Any]:
    """(t, C), of the test clips in the order of the fold's first model."""
    if not choice.others:
        probs: NDArray[Any] = records.of[choice.trial][fold, seed].test_probs[choice.epoch_index]
        return probs
    models = records.committee(choice.trial, (fold, seed))
    clips = models[0].test
    each = []
    for model, row in zip(models, choice.rows, strict=True):
        at = {clip: place for place, clip in enumerate(model.test)}
        each.append(model.test_probs[row][[at[clip] for clip in clips]])
    mean: NDArray[Any] = np.mean(each, axis=0, dtype=np.float64)
    return mean


def _over_seeds(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a clip of a fold: that of its first seed, with the mean of all seeds' probabilities."""
    of: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["seed"]):
        of.setdefault((row["fold"], row["clip_id"]), []).append(row)
    return [
        each[0] | {"probs": np.mean([row["probs"] for row in each], axis=0).tolist()} for each in of.values()
    ]


def person_of(clip_id: str) -> str:
    """The person of a clip; a clip id is corpus/person/name."""
    return "/".join(clip_id.split("/")[:2])


def _over_people(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Mean and deviation over people of each person's UAR, both averaged over seeds."""
    columns = ([row[key] for row in rows] for key in ("subject", "seed", "truth", "predicted"))
    return per_person.mean_and_sd(per_person.uar(*columns)[1])


def _recall_over_people(
    rows: Sequence[dict[str, Any]], classes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Of each class mean and deviation, over the people who show it, of their recall, averaged over seeds."""
    made = {}
    for number, name in enumerate(classes):
        own = [row for row in rows if row["truth"] == number]
        people = {row["subject"] for row in own}
        told = _over_people(own) if own else {"mean": 0.0, "sd": 0.0}
        made[name] = told | {"people": len(people)}
    return made


def _over_folds(rows: Sequence[dict[str, Any]], seeds: Sequence[int], n_classes: int) -> dict[str, Any]:
    each = []
    for seed in seeds:
        own = [row for row in rows if row["seed"] == seed]
        truth, called, folds = ([row[key] for row in own] for key in ("truth", "predicted", "fold"))
        each.append(metrics.uf1_of_folds(truth, called, folds, n_classes))
    return {
        **per_person.mean_and_sd([list(held.values()) for held in each]),
        "each": {fold: float(np.mean([held[fold] for held in each])) for fold in sorted(each[0])},
    }


def _part(
    rows: Sequence[dict[str, Any]], seeds: Sequence[int], classes: Sequence[str], counted: Sequence[str]
) -> dict[str, Any]:
    """Scores of one part, means over the classes ``counted``. No clip of the part has another."""
    own = _per_seed(rows, seeds, classes)
    f1, recall = (
        {name: float(np.mean([e["per_class"][name][kind] for e in own])) for name in counted}
        for kind in ("f1", "recall")
    )
    return {
        "uf1": float(np.mean(list(f1.values()))),
        "uar": float(np.mean(list(recall.values()))),
        "war": float(np.mean([e["war"] for e in own])),
        "f1": f1,
        "recall": recall,
        "classes": list(counted),
        "n_clips": len({row["clip_id"] for row in rows}),
        "absent": [name for name in own[0]["absent"] if name in counted],
    }


def _per_seed(
    rows: Sequence[dict[str, Any]], seeds: Sequence[int], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """metrics.evaluate of each seed's rows."""
    own = [[row for row in rows if row["seed"] == seed] for seed in seeds]
    return [
        metrics.evaluate([row["truth"] for row in r], [row["predicted"] for row in r], classes) for r in own
    ]
