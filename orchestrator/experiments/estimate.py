"""How many folds an experiment has, and about how many hours they take, before anything is run and without
the corpus. Of a corpus that is at hand, orchestrator.estimate measures a fold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.experiments.corpora import PAIRS
from orchestrator.experiments.file import Table
from orchestrator.experiments.lines import Line
from orchestrator.protocols import protocol
from orchestrator.selection.rules import RULES
from orchestrator.study.configuration import recipe
from orchestrator.sweeps.experiment import Experiment
from preprocessing.datasets import DATASETS
from preprocessing.render import RenderConfig

# Milliseconds of one clip in one epoch on one CPU core, for pictures of 112 px: `python -m benchmarks.models`
# (docs/results.md). A model that is not here has no estimate.
MS = {
    "efficientnet_b0": 108,
    "facesleuth": 438,
    "full_face_flow": 43,
    "mdmo": 0.01,
    "meganet": 189,
    "micro_attention": 61,
    "off_apexnet": 0.8,
    "resnet18": 117,
    "resnet50": 349,
    "rgb_baseline": 22,
    "roi_cnn": 46,
    "roi_graph": 54,
    "roi_hybrid": 366,
    "roi_temporal": 224,
    "stag": 1.9,
    "ststnet": 0.13,
    "vgg19": 1217,
}
NO_PICTURE = ("mdmo", "off_apexnet", "stag", "ststnet")  # measured at the size that they have
MEASURED, USUAL = 112, 224  # pixels
SYNTHETIC = RenderConfig()


def as_synthetic(table: Table) -> list[Line]:
    """The lines of a table as if on the synthetic corpus, of which nothing is rendered yet."""
    made = []
    levels = [f"{axis}-{amount}" for axis, amounts in table.worse.items() for amount in amounts] or [""]
    for row in table.rows:
        if row.needs:
            continue
        fields = table.of(row) | {"classes": "3"}
        if fields.get("protocol") == "fixed_split":
            fields["protocol"] = "group_holdout"
        others = [("manifest", "other")] if fields.get("protocol") in PAIRS else []
        for level in levels:
            experiment = Experiment(corpora=[("synthetic", level), *others], seeds=table.seeds, **fields)
            made.append(Line(row, experiment))
    return made


@dataclass(frozen=True)
class Estimate:
    """folds: None where a corpus' people are not known. hours: on this machine's cores, None likewise, or
    where a model was not measured."""

    folds: int | None
    hours: float | None

    def __str__(self) -> str:
        folds = "?" if self.folds is None else f"{self.folds:,}"
        if self.hours is None:
            return f"{folds} folds, time not known"
        return f"{folds} folds, about {_short(self.hours)} of CPU"


def _short(hours: float) -> str:
    return f"{max(1, round(hours * 60))} min" if hours < 1.5 else f"{hours:,.0f} h"


def of(lines: Iterable[Line], cores: int = 0) -> Estimate:
    """Of all different experiments among the lines: equal ones are run once. cores: 0 = this machine's."""
    different = {line.experiment.to_toml(): line.experiment for line in lines if line.experiment}
    folds, hours = 0, 0.0
    known = timed = True
    for experiment in different.values():
        own = folds_of(experiment)
        spent = None if own is None else _core_hours(experiment, own)
        known, timed = known and own is not None, timed and spent is not None
        folds, hours = folds + (own or 0), hours + (spent or 0.0)
    cores = cores or os.cpu_count() or 1
    return Estimate(folds if known else None, hours / cores if known and timed else None)


def people_and_clips(experiment: Experiment) -> tuple[int, int] | None:
    """Of all corpora together, by their published counts; None where one publishes none."""
    people = clips = 0
    for corpus in experiment.corpora:
        told = DATASETS[corpus.name].PUBLISHED
        if corpus.name in ("synthetic", "manifest"):
            told = {
                "subjects": SYNTHETIC.subjects,
                "clips": SYNTHETIC.subjects * SYNTHETIC.clips_per_subject,
            }
        if "subjects" not in told:
            return None
        people, clips = people + told["subjects"], clips + told["clips"]
    return people, clips


def folds_of(experiment: Experiment) -> int | None:
    """Models that are trained: folds, times seeds, trials and members of a committee."""
    k = protocol(experiment.protocol)[1]
    name = experiment.protocol.partition("-")[0]
    if name in ("loso", "megc2019"):
        known = people_and_clips(experiment)
        if known is None:
            return None
        folds = known[0]
    elif name in PAIRS:
        folds = len(experiment.corpora)
    else:
        folds = k if name in ("group_kfold", "stratified_kfold") else 1
    members = experiment.inner_folds if RULES[experiment.selection].committee else 1
    return folds * experiment.seeds * experiment.trials * members


def _core_hours(experiment: Experiment, folds: int) -> float | None:
    model, known = experiment.models[0], people_and_clips(experiment)
    if model not in MS or known is None:
        return None
    asked = recipe(model, experiment.settings)
    side = asked["image_size"] or experiment.extraction.image_size or USUAL
    size = 1.0 if model in NO_PICTURE else (side / MEASURED) ** 2
    trained = known[1] * (1 - 1 / experiment.inner_folds if experiment.inner_folds else 1)
    hours: float = folds * asked["epochs"] * trained * MS[model] * size / 3.6e6
    return hours
