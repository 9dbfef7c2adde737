"""The tables of the page, from a sweep's summary, its predictions and its details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.results import coverage
from orchestrator.results.action_units import au_of
from orchestrator.results.intervals import mean_said, said
from orchestrator.results.page.formats import Cell, Rows, text
from orchestrator.results.rows import people_of
from orchestrator.results.trials import RANKS
from orchestrator.selection.rules import RULES, UNNAMED, kind_of
from orchestrator.statistics.people import SCORES
from orchestrator.workspace import sealed

ORACLE = "oracle_epoch"
# what two sweeps have in common that differ by their action units alone
SAME = ("model", "corpus", "feature_set", "classes", "protocol", "inner_folds", "extraction")


def shown_rule(summary: Mapping[str, Any]) -> str:
    """The rule that was asked for, as far as the sweep has it; else its first one that is no oracle."""
    held = summary["selection"]
    wanted = (summary.get("rule", UNNAMED), UNNAMED, *(r for r in RULES if not RULES[r].oracle), *held)
    rule: str = next(rule for rule in wanted if rule in held)
    return rule


def gap(summary: Mapping[str, Any]) -> float | None:
    """UF1 of the oracle of the epoch less that of ``nested``, which chooses among the same single models (of
    the rule that is shown, where the sweep has no nested one); None without the oracle."""
    held = summary["selection"]
    honest = UNNAMED if UNNAMED in held else shown_rule(summary)
    return held[ORACLE]["uf1"] - held[honest]["uf1"] if ORACLE in held else None


def scored(score: Mapping[str, Any], name: str) -> str:
    """'0.681 [0.601, 0.750]', with '± 0.010' before the interval where there are seeds."""
    deviation = score.get("sd", {}).get(name)
    spread = "" if deviation is None else f" ± {deviation:.3f}"
    return f"{score[name]:.3f}{spread}{said(score, name)}"


def rules(summary: Mapping[str, Any]) -> Rows:
    rows = [
        (
            rule,
            kind_of(rule, summary),
            RULES[rule].sees,
            *(scored(score, name) for name in SCORES),
            score["n_clips"],
        )
        for rule, score in summary["selection"].items()
    ]
    return Rows(
        "rules",
        "Every rule, on the same training runs",
        ("rule", "kind", "chosen on", "UF1", "UAR", "WAR", "clips"),
        rows,
        "blind: the held-out person has no say in its own fold. oracle: its own test labels decide; that "
        "shows inflation and is no result. In brackets: 95 % interval over people.",
    )


def classes(summary: Mapping[str, Any], rule: str) -> Rows:
    score = summary["selection"][rule]
    covered = score.get("coverage", {})
    rows: list[tuple[Cell, ...]] = []
    for name, one in score["per_class"].items():
        clips = covered.get(name, {})
        rows.append(
            (name, one["f1"], one["recall"], one.get("precision"), clips.get("tested"), clips.get("of"))
        )
    columns = ("class", "F1", "recall", "precision", "clips tested", "of")
    return Rows("classes", f"Class by class, {rule}", columns, rows)


def people(summary: Mapping[str, Any], predictions: pd.DataFrame, rule: str) -> Rows:
    """Mean over seeds; the hardest person first."""
    held = people_of(predictions[predictions["rule"] == rule])
    mean = held.groupby("subject", sort=False)[["clips", "correct", "accuracy", "uar"]].mean()
    mean = mean.sort_values(["uar", "accuracy", "clips"], ascending=[True, True, False], kind="stable")
    rows = [
        (str(who), int(one["clips"]), float(one["accuracy"]), float(one["uar"]))
        for who, one in mean.iterrows()
    ]
    note = "UAR over the classes that the person shows. Hardest first; means over seeds. "
    if told := summary["selection"][rule].get("uar_per_person"):
        note += f"All together {mean_said(told, 'people')}. "
    note += "One person has no interval: it says what other people would give, and is drawn from people."
    return Rows("people", f"Person by person, {rule}", ("person", "clips", "accuracy", "UAR"), rows, note)


def parts(summary: Mapping[str, Any], rule: str) -> Rows:
    rows = [
        (name, *(scored(part, key) for key in SCORES), part["n_clips"], ", ".join(part["absent"]))
        for name, part in summary["selection"][rule]["parts"].items()
    ]
    columns = ("part", "UF1", "UAR", "WAR", "clips", "no clip of")
    return Rows("parts", f"Corpus by corpus, of the pooled run, {rule}", columns, rows)


def trials(summary: Mapping[str, Any]) -> Rows:
    made = [
        (
            row["trial"],
            row["state"],
            row["validation_uf1"],
            row["chosen"],
            f"{row['folds']} of {row['of']}",
            round(row["seconds"] / 3600, 3),
            ", ".join(
                f"{key.split('.', 1)[-1]}={value:.3g}"
                if isinstance(value, float)
                else f"{key.split('.', 1)[-1]}={value}"
                for key, value in row.get("settings", {}).items()
            ),
        )
        for row in sorted(
            summary.get("trials", []),
            key=lambda row: (row["state"] != "complete", -(row["validation_uf1"] or 0.0), row["trial"]),
        )
    ]
    return Rows(
        "trials",
        "Trials, best first by what their validation people say",
        ("trial", "state", "validation UF1", "folds that chose it", "folds", "hours", "settings"),
        made,
        "Trial 0 is the published configuration. No test score of a trial is shown: a trial that can be "
        f"sorted by it will be chosen by it. {RANKS}",
    )


def importance(shares: Mapping[str, float]) -> Rows:
    rows = [(name, float(share)) for name, share in shares.items()]
    note = "fANOVA of Optuna, of the complete trials' pooled validation UF1: shares of its variance."
    return Rows("importance", "Which hyperparameters mattered", ("hyperparameter", "share"), rows, note)


def hard(details: Mapping[str, Any], predictions: pd.DataFrame) -> Rows:
    """Clips that configurations call wrong, the most frequent first."""
    wrong = details["wrong"]
    truth = dict(zip(predictions["clip_id"], predictions["truth"], strict=True))
    rows = [(clip, truth.get(clip, ""), n, of) for clip, n, of in wrong["named"]]
    note = (
        f"{wrong['always']} of {wrong['clips']} clips are called wrong by each of {wrong['runs']} runs "
        f"(trials x seeds), {wrong['never']} by none. Each run judges at the epoch that its own validation "
        "people chose."
    )
    left = wrong["clips"] - wrong["never"] - len(rows)
    note += f" {left} clips that are wrong less often are left out." if left else ""
    return Rows("hard_clips", "Clips that are called wrong", ("clip", "class", "wrong", "of"), rows, note, 50)


def quarantine(summary: Mapping[str, Any]) -> Rows:
    rows = sorted((str(clip), str(why)) for clip, why in summary.get("left_out", {}).items())
    note = "Clips of the corpus that no model saw." if rows else "Every clip of the corpus was used."
    return Rows("quarantine", "Left out", ("clip", "why"), rows, note)


def action_units(folder: Path, summary: Mapping[str, Any]) -> Rows:
    """The newest sweep of each AU mode in the workspace that differs by it alone, this one among them."""
    own = summary.get("rule", UNNAMED)
    newest: dict[str, tuple[float, Mapping[str, Any]]] = {}
    for file in folder.parent.glob("*/summary.json"):
        try:
            other = sealed.read_json(file, "")
        except (FileNotFoundError, sealed.Damaged):
            continue  # that sweep's own report says so
        if any(other.get(key) != summary.get(key) for key in SAME) or own not in other.get("selection", {}):
            continue
        when = file.stat().st_mtime
        if other["au"] not in newest or newest[other["au"]][0] < when:
            newest[other["au"]] = (when, other)
    newest[summary["au"]] = (0.0, summary)
    rows = [
        (
            au_of(one),
            *(scored(one["selection"][own], name) for name in ("uf1", "uar")),
            len(one["configuration"]),
            one.get("seeds", 1),
            one["name"],
        )
        for _, (_, one) in sorted(newest.items(), key=lambda item: item[0])
        if own in one["selection"]
    ]
    return Rows(
        "action_units",
        f"Action units side by side, {own}",
        ("action units", "UF1", "UAR", "trials", "seeds", "sweep"),
        rows,
        "Sweeps of this workspace that differ in nothing else but trials and seeds.",
    )


def cost(summary: Mapping[str, Any]) -> Rows:
    timing = summary["timing"]
    named = (
        ("hours from begin to end", "wall_s"),
        ("hours of training, all folds together", "fold_s"),
        ("hours of feature extraction", "extract_s"),
    )
    rows: list[tuple[Cell, ...]] = [(what, timing[key] / 3600) for what, key in named if key in timing]
    counts = (
        ("folds trained", "folds_run"),
        ("folds reused from the store", "folds_reused"),
        ("folds saved by racing", "folds_saved"),
    )
    rows += [(what, int(timing[key])) for what, key in counts if key in timing]
    tried = Counter(row["state"] for row in summary.get("trials", []))
    rows += [(f"trials, {state}", n) for state, n in sorted(tried.items())]
    note = "Of the last run of the sweep: a sweep that was continued has trained its other folds before."
    return Rows("cost", "What it cost", ("what", "how much"), rows, note)


def all_of(
    folder: Path,
    summary: Mapping[str, Any],
    predictions: pd.DataFrame,
    details: Mapping[str, Any],
    shares: Mapping[str, float],
) -> dict[str, Rows]:
    """Every table that has rows, by its name; the quarantine also without."""
    rule = shown_rule(summary)
    made: Sequence[Rows] = (
        rules(summary),
        classes(summary, rule),
        people(summary, predictions, rule),
        parts(summary, rule),
        trials(summary),
        importance(shares),
        *((hard(details, predictions),) if "wrong" in details else ()),
        quarantine(summary),
        action_units(folder, summary),
        cost(summary),
    )
    return {one.name: one for one in made if one.rows or one.name == "quarantine"}


def confusion(summary: Mapping[str, Any], rule: str) -> list[tuple[str, list[tuple[int, str, float]]]]:
    """(true class, [(count, share of the true class in words, the share in 0..1) a predicted class])."""
    score = summary["selection"][rule]
    made = []
    for name, counts in zip(summary["classes"], score["confusion"], strict=True):
        all_ = max(1, sum(counts))
        made.append((name, [(n, f"{n / all_:.0%}", n / all_) for n in counts]))
    return made


def facts(summary: Mapping[str, Any], details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What it takes to make the same numbers again, as (what, value)."""
    codes = sorted({row["code"] for row in summary.get("trials", []) if row.get("code")})
    looks = summary.get("looks", {})
    held: list[tuple[str, Any]] = [
        ("feature set", summary["feature_set"]),
        ("seeds", _seeds(summary.get("seeds", 1))),
        ("code of the folds", ", ".join(codes)),
        ("arithmetic", summary.get("arithmetic", "")),
        ("plugins", ", ".join(summary.get("plugins", []))),
        ("looks at these people", f"{looks['sweep']} by this sweep" if looks.get("sweep") else ""),
        *details.get("versions", {}).items(),
    ]
    return [(what, text(value)) for what, value in held if value not in ("", None)]


def seeds_said(summary: Mapping[str, Any], rule: str) -> str:
    """What ± is, and that counts are of all seeds; "" for one seed."""
    score = summary["selection"][rule]
    if score.get("sd", {}).get("uf1") is None:
        return ""
    count = len(score["seeds"])
    return f"Means over {count} seeds, ± one standard deviation; counts of clips are of all {count} together."


def _seeds(count: int) -> str:
    return "1 (replicate 0)" if count == 1 else f"{count} (replicates 0 to {count - 1})"


def coverage_said(summary: Mapping[str, Any], rule: str) -> str:
    """'Tested: 17 of 20 clips (...)', or ""."""
    covered = summary["selection"][rule].get("coverage")
    return f"Tested: {coverage.said(covered)}." if covered else ""
