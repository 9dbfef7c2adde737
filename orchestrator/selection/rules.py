"""What may be looked at to choose a configuration and an epoch: named rules over saved records.

Input   trials: what every fold of every configuration left behind (jobs.FoldResult). A record holds the
        labels of the fold's validation people and predictions for its test person; it holds no test label.
Output  for each (fold, seed): the trial and the epoch whose test predictions count. ``score`` then joins the
        truth by clip id.

Honest rules get the records alone. Oracle rules also get the test truth: they say how far published ways of
choosing inflate a score, and are never a default. Every seed is a replicate of the whole experiment, so each
rule chooses anew for each seed.

nested             per fold: the trial and epoch with the best UF1 on that fold's own validation people. Ties:
                   lower validation loss, then the earlier trial, then the earlier epoch.
pooled_validation  one trial and one epoch for all folds: the best UF1 of the validation predictions of all
                   folds, pooled. Caveat: a held-out person is a validation person of other folds, so the
                   choice is not strictly blind to that person, only to the models that are tested on them.
last_epoch         no epoch is chosen: each job counts at its last epoch. Trial: as in nested, judged at the
                   last epoch; with one trial nothing is chosen and no validation people are needed.
oracle_epoch       trial as in nested (with one trial: that one); epoch by the accuracy on the held-out
                   person, the later one of equals, which is what HTNet's and other published loops do.
oracle_trial       the one trial with the best pooled test UF1; epoch as in nested, without validation people
                   the last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestrator.selection import metrics
from orchestrator.selection.records import (
    Key,
    Records,
    SelectionError,
    TrialRecord,
    best,
    incomplete,
    pooled_ranks,
    pooled_validation_uf1,
    validation_ranks,
)

__all__ = [
    "DEFAULT",
    "RULES",
    "Choice",
    "SelectionError",
    "TrialRecord",
    "available",
    "choose",
    "incomplete",
    "pooled_validation_uf1",
    "score",
]

Truth = Mapping[str, int]  # clip id -> class index


@dataclass(frozen=True)
class Choice:
    """trial: index of the trial. epoch_index: row of the result's per-epoch records (not the epoch's
    number)."""

    trial: int
    epoch_index: int


Choices = dict[Key, Choice]


def _nested(records: Records, _: Truth) -> Choices:
    records.need_validation("nested")
    choices = {}
    for key in records.keys:
        options = []
        for index, results in records.of.items():
            if key in results:
                ranks = validation_ranks(results[key])
                epoch = best(ranks)
                options.append((ranks[epoch], -index, Choice(index, epoch)))
        choices[key] = max(options, key=lambda option: option[:2])[2]
    return choices


def _pooled_validation(records: Records, _: Truth) -> Choices:
    records.need_validation("pooled_validation")
    choices: Choices = {}
    for seed in records.seeds:
        keys = [key for key in records.keys if key[1] == seed]
        options = []
        for index in records.need_complete("pooled_validation"):
            ranks, row_of = pooled_ranks(records.of[index][key] for key in keys)[1:]
            at = best(ranks)
            options.append(
                (
                    (ranks[at], -index),
                    {k: Choice(index, int(r[at])) for k, r in zip(keys, row_of, strict=True)},
                )
            )
        choices |= max(options, key=lambda option: option[0])[1]
    return choices


def _last_epoch(records: Records, _: Truth) -> Choices:
    if not records.single:
        records.need_validation("last_epoch with several trials")
    choices = {}
    for key in records.keys:
        held = {index: results[key] for index, results in records.of.items() if key in results}
        best = (
            max(held, key=lambda i: (validation_ranks(held[i])[-1], -i))
            if len(held) > 1
            else next(iter(held))
        )
        choices[key] = Choice(best, len(held[best].epochs) - 1)
    return choices


def _oracle_epoch(records: Records, truth: Truth) -> Choices:
    honest = (_nested if records.validated else _last_epoch)(records, {})
    choices = {}
    for key, choice in honest.items():
        result = records.of[choice.trial][key]
        labels = np.array([_true_class(truth, clip) for clip in result.test])
        correct = (result.test_probs.argmax(axis=2) == labels).sum(axis=1)
        choices[key] = Choice(choice.trial, int(np.flatnonzero(correct == correct.max())[-1]))
    return choices


def _oracle_trial(records: Records, truth: Truth) -> Choices:
    choices: Choices = {}
    for seed in records.seeds:
        keys = [key for key in records.keys if key[1] == seed]
        options = []
        for index in records.need_complete("oracle_trial"):
            results = {key: records.of[index][key] for key in keys}
            chosen = {
                k: Choice(index, best(validation_ranks(r)) if records.validated else len(r.epochs) - 1)
                for k, r in results.items()
            }
            called = np.concatenate(
                [r.test_probs[chosen[k].epoch_index].argmax(axis=1) for k, r in results.items()]
            )
            labels = [_true_class(truth, clip) for r in results.values() for clip in r.test]
            n_classes = results[keys[0]].test_probs.shape[2]
            options.append(((metrics.uf1(labels, called, n_classes), -index), chosen))
        choices |= max(options, key=lambda option: option[0])[1]
    return choices


@dataclass(frozen=True)
class Rule:
    """honest: gets no test truth. sees: whose labels decide, for tables. pick: records (and truth) ->
    choices."""

    honest: bool
    sees: str
    pick: Callable[[Records, Truth], Choices]


RULES: dict[str, Rule] = {
    "nested": Rule(True, "own validation", _nested),
    "pooled_validation": Rule(True, "all validation", _pooled_validation),
    "last_epoch": Rule(True, "own validation", _last_epoch),
    "oracle_epoch": Rule(False, "test person", _oracle_epoch),
    "oracle_trial": Rule(False, "test people", _oracle_trial),
}
DEFAULT = "nested"


def available(trials: Sequence[TrialRecord]) -> list[str]:
    """The rules that these records allow, in the order of RULES. Without validation people, one trial still
    allows last_epoch and oracle_epoch; oracle_trial asks for one complete trial, as pooled_validation
    does."""
    records = Records(trials)
    judged, single = records.validated, records.single
    allowed = {
        "nested": judged,
        "pooled_validation": judged and bool(records.complete),
        "last_epoch": judged or single,
        "oracle_epoch": judged or single,
        "oracle_trial": bool(records.complete),
    }
    return [name for name in RULES if allowed[name]]


def choose(rule: str, trials: Sequence[TrialRecord], test_truth: Truth | None = None) -> Choices:
    """The choice for every (fold, seed) that any trial has.

    test_truth  clip id -> class; required by oracle rules, and refused by honest ones so that no caller can
                hand it over.
    Raises SelectionError when the records do not allow the rule.
    """
    if rule not in RULES:
        raise SelectionError(f"unknown selection rule {rule!r}; known: {', '.join(RULES)}")
    if RULES[rule].honest and test_truth is not None:
        raise SelectionError(f"{rule} is an honest rule and must not get test labels")
    if not RULES[rule].honest and test_truth is None:
        raise SelectionError(f"{rule} is an oracle rule and needs the test labels")
    return RULES[rule].pick(Records(trials), test_truth or {})


def _true_class(truth: Truth, clip: str) -> int:
    if clip not in truth:
        raise SelectionError(
            f"no true class for test clip {clip!r}; the records and the feature set do not belong together"
        )
    return truth[clip]


def score(
    choices: Choices,
    trials: Sequence[TrialRecord],
    test_truth: Truth,
    classes: Sequence[str],
    part_of: Callable[[str, str], str] = lambda fold, clip: "",
) -> dict[str, Any]:
    """Scores of the chosen test predictions, pooled over folds and joined to the truth by clip id.

    part_of  function of (fold, clip id): the part of the table (corpus, split, pair of corpora) that a
             prediction belongs to.

    Returns metrics.evaluate's keys, where uf1, uar, war and per-class scores are means over seeds and the
    confusion matrix is their sum; and "seeds", "n_clips", "sd" ({"uf1", "uar", "war"}: sample standard
    deviation over seeds, None for one seed), "per_seed" (list of {"seed", "uf1", "uar", "war"}) and
    "predictions" (one dict a clip and seed: clip_id, fold, seed, truth, predicted, probs, trial, epoch),
    sorted by seed and clip id; and "parts": {} or, where there are several, part -> the means "uf1", "uar",
    "war" of its own predictions of the same run, "n_clips" and "absent". Raises SelectionError where clips
    are not all tested equally often: some would count more than others.
    """
    records = Records(trials)
    rows: list[dict[str, Any]] = []
    for (fold, seed), choice in choices.items():
        result = records.of[choice.trial][fold, seed]
        for clip, probs in zip(result.test, result.test_probs[choice.epoch_index], strict=True):
            if not np.isfinite(probs).all():
                raise SelectionError(
                    f"trial {choice.trial}, fold {fold!r}, clip {clip!r}: no finite probabilities; the "
                    "training diverged, "
                    "lower recipe.lr"
                )
            rows.append(
                {
                    "clip_id": clip,
                    "fold": fold,
                    "seed": seed,
                    "truth": int(_true_class(test_truth, clip)),
                    "predicted": int(probs.argmax()),
                    "probs": [float(p) for p in probs],
                    "trial": choice.trial,
                    "epoch": int(result.epochs[choice.epoch_index]),
                }
            )
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
        own = _per_seed(held, seeds, classes)
        parts[part] = {name: float(np.mean([e[name] for e in own])) for name in means} | {
            "n_clips": len({row["clip_id"] for row in held}), "absent": own[0]["absent"],
        }  # fmt: skip
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


def _per_seed(
    rows: Sequence[dict[str, Any]], seeds: Sequence[int], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """metrics.evaluate of each seed's rows."""
    own = [[row for row in rows if row["seed"] == seed] for seed in seeds]
    return [
        metrics.evaluate([row["truth"] for row in r], [row["predicted"] for row in r], classes) for r in own
    ]
