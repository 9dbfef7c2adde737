"""What a sweep would take, of who has not got its clips: folds from the numbers that the corpora publish,
seconds from what each model was measured to take. Nothing is read and nothing trains."""

from __future__ import annotations

import os

from orchestrator.protocols import protocol
from orchestrator.selection.rules import RULES
from orchestrator.study.configuration import recipe
from orchestrator.sweeps.estimate import Estimate, hours
from orchestrator.sweeps.experiment import Experiment
from preprocessing.datasets import DATASETS
from preprocessing.render import RenderConfig

# Milliseconds of one clip in one epoch on one CPU core, for pictures of 112 px: `python -m benchmarks.models`
# (docs/results.md). The time of a model that is not here is not known.
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
RENDERED = ("synthetic", "manifest")  # corpora of clips that are rendered here, where nobody brings others


def foretold(experiment: Experiment, rendered: RenderConfig, cores: int = 0) -> Estimate:
    """Of one model. rendered: how the synthetic corpus is made. cores: 0 = this machine's."""
    at_once = cores or os.cpu_count() or 1
    people, clips = _people_and_clips(experiment, rendered)
    rule, k = protocol(experiment.protocol)
    a_trial = rule.told(people, len(experiment.corpora), k)
    models = experiment.inner_folds if RULES[experiment.selection].committee else 1
    folds = None if a_trial is None else a_trial * experiment.seeds * experiment.trials * models
    seconds = None if clips is None else _seconds(experiment, clips)
    return Estimate(
        model=experiment.models[0],
        corpus="+".join(one.name for one in experiment.corpora),
        clips=clips,
        people=people,
        trials=experiment.trials,
        folds_a_trial=a_trial,
        seeds=experiment.seeds,
        models=models,
        folds=folds,
        seconds_a_fold=seconds,
        measured="by what benchmarks.models measured",
        at_once=at_once,
        fold_hours=None if folds is None or seconds is None else hours(seconds, folds, at_once),
    )


def _people_and_clips(experiment: Experiment, rendered: RenderConfig) -> tuple[int | None, int | None]:
    """Of all corpora together, by their published counts; None where one publishes none."""
    people = clips = 0
    for corpus in experiment.corpora:
        told = DATASETS[corpus.name].PUBLISHED
        if corpus.name in RENDERED:
            told = {
                "subjects": rendered.subjects,
                "clips": rendered.subjects * rendered.clips_per_subject,
            }
        if "subjects" not in told:
            return None, None
        people, clips = people + told["subjects"], clips + told["clips"]
    return people, clips


def _seconds(experiment: Experiment, clips: int) -> float | None:
    """Of one fold on one core; None of a model that was not measured."""
    model = experiment.models[0]
    if model not in MS:
        return None
    asked = recipe(model, experiment.settings)
    side = asked["image_size"] or experiment.extraction.image_size or USUAL
    size = 1.0 if model in NO_PICTURE else (side / MEASURED) ** 2
    trained = clips * (1 - 1 / experiment.inner_folds if experiment.inner_folds else 1)
    seconds: float = asked["epochs"] * trained * MS[model] * size / 1000
    return seconds
