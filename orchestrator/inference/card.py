"""The model card of a bundle: what it is, what its score is of, and what it must not be used for.
Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.inference.bundle import About
from orchestrator.inference.bundle_files import FIGURE
from orchestrator.selection.rules import kind_of
from preprocessing.datasets import DATASETS

ORACLE = "oracle_epoch"  # stands beside the honest score
SCORE_OF = {
    "refit": "This model is the sweep's chosen configuration trained on all people, so nobody is left "
    "who could "
    "test it. The score is that of models trained the same way without the person that each was tested on.",
    "folds": "This model is the mean of the models of all folds, each at the trial and epoch that the rule "
    "chose for its fold. The score is of each fold's own models, on the people that they were trained "
    "without. The mean of all has been tested on nobody: every person has trained most of them.",
}
NOT_FOR = (
    "to tell what a person feels, thinks or intends: it names classes that coders gave to short facial "
    "motions "
    "in a laboratory",
    "to decide about people (hiring, policing, borders, credit, school, health), or to watch them "
    "without their "
    "consent",
    "as a lie detector: no such use has been tested here, and none follows from these corpora",
    "on other cameras, frame rates, ages, skin tones or settings than those of the corpora, without a "
    "test there",
)


def card(about: About, summary: Mapping[str, Any], interval: Mapping[str, Sequence[float]]) -> str:
    """summary: of the sweep (summary.json), {} where it is not known. interval: score ("uf1", "uar", "war")
    -> its ends under the sweep's rule, 95 % over people; {} where they are not known."""
    lines = [f"# {about.model}: {', '.join(about.classes)}", "", *_of_model(about), ""]
    if summary:
        lines += ["## Score", "", *_score(about, summary, interval), ""]
    lines += ["## Data", "", *_data(about), ""]
    lines += ["## How sure it is", "", *_calibration(about), ""]
    lines += ["## What it must not be used for", "", *(f"- {text}" for text in NOT_FOR)]
    return "\n".join(lines) + "\n"


def _of_model(about: About) -> list[str]:
    kind = {"refit": "trained on all people", "folds": "models of all folds"}[about.of]
    trials = {one.trial for one in about.models}
    if about.of == "folds" and len(trials) > 1:
        kind += f", which chose {len(trials)} trials among them"
    action_units = {
        "none": "It uses no action units.",
        "predicted": "It estimates the action units that it uses by a head of its own.",
        "annotated": "It needs the annotated action units of each clip, which nobody has for a new video.",
    }[about.au]
    spec = about.spec or {}
    made = ", ".join(f"{name} {value}" for name, value in sorted(spec.get("parameters", {}).items()))
    return [
        f"Kind: {about.of} ({kind}), {len(about.models)} model(s). Input: {about.features}"
        + (f", {spec['unit']} ({made})" if spec else ", whose specification an older program did not keep")
        + ".",
        "",
        action_units,
        *_of_onnx(about),
    ]


def _of_onnx(about: About) -> list[str]:
    if about.onnx is None:
        return []
    return [
        "",
        f"model.onnx is the same as a graph of opset {about.onnx['opset']:g} for one clip at a time, from "
        "the input as stored to probabilities that are not calibrated; onnxruntime gave those of this bundle "
        f"within {about.onnx['parity']:g}.",
    ]


def _score(about: About, summary: Mapping[str, Any], interval: Mapping[str, Sequence[float]]) -> list[str]:
    rule = about.sweep.get("rule") or summary.get("rule", "")
    score = summary["selection"].get(rule)
    if score is None:
        return [f"The sweep {summary.get('name', '')} has no score under {rule}."]
    told = ", ".join(
        f"{name.upper()} {score[name]:.3f}{_between(interval, name)}" for name in ("uf1", "uar", "war")
    )
    lines = [
        f"Sweep {summary.get('name', '')}, protocol {summary['protocol']}, {summary['clips']} clips of "
        f"{summary.get('subjects', '?')} people, rule {rule} ({kind_of(rule, summary)}): {told}."
        + (" In brackets: 95 % intervals over people." if interval else ""),
    ]
    if oracle := summary["selection"].get(ORACLE):
        lines.append(
            f"Choosing the epoch on the tested person, which nobody can do for a new video, would have "
            f"shown UF1 "
            f"{oracle['uf1']:.3f}{_between(oracle.get('interval', {}), 'uf1')} ({ORACLE})."
        )
    if summary.get("au_remark"):
        lines.append(f"Mind: {summary['au_remark']}.")
    return [*lines, "", SCORE_OF[about.of]]


def _between(interval: Mapping[str, Sequence[float]], name: str) -> str:
    return " [{:.3f}, {:.3f}]".format(*interval[name]) if name in interval else ""


def _data(about: About) -> list[str]:
    lines = []
    for name in about.sweep.get("corpora", []):
        known = DATASETS[name].PUBLISHED if name in DATASETS else {}
        source = f": {known['source']}" if known else ""
        lines.append(f"- {name}{source}")
    return [
        *lines,
        "",
        "A corpus of faces is given under its owners' agreement, and what is trained on it falls under "
        "the same "
        "terms; most forbid commercial use and passing it on. Read those of each corpus above before "
        "you give "
        "this file to anybody. `synthetic` is rendered by this program and has no such terms."
        if lines
        else "The corpora are not known.",
        "",
        "No frame and no feature of any person is in this file; its example is made of random numbers.",
    ]


def _calibration(about: About) -> list[str]:
    made = about.calibration
    if made is None:
        return ["Its probabilities are not calibrated: take them for an order, not for frequencies."]
    rows = [
        f"| {row['from']:.1f} to {row['to']:.1f} | {row['clips']} | {row['probability']:.3f} | "
        f"{row['right']:.3f} |"
        for row in made["reliability"]
    ]
    return [
        f"Temperature {made['temperature']:.3f}, fitted on {made['clips']} clips of {made['people']} "
        f"validation "
        f"people, by models that have not seen them. Expected calibration error {made['ece']:.3f}, before "
        f"{made['ece_before']:.3f}.",
        "",
        f"![Share right by probability]({FIGURE})",
        "",
        "| probability of the class called | clips | mean probability | share right |",
        "|---|---|---|---|",
        *rows,
    ]
