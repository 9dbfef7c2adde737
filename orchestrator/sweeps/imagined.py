"""A table of clips that have no features yet: their labels, and random numbers of the features' shape. For
what depends on numbers and sizes of clips alone: how many folds there are, and how long one takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from orchestrator.common.errors import ConfigError
from orchestrator.study import identity
from orchestrator.study.labels import classify
from orchestrator.study.table import ClipTable, merged
from orchestrator.sweeps import corpora
from orchestrator.sweeps.experiment import Experiment
from preprocessing.action_units import vector
from preprocessing.plan import Plan
from preprocessing.schema import AU_VOCABULARY, Clip, FeatureSpec


def imagined(
    corpus: str,
    clips: Sequence[Clip],
    spec: FeatureSpec,
    scheme: str,
    au: str,
    *,
    uses_aus: bool,
    meant: Mapping[str, str] | None = None,
) -> ClipTable:
    """As study.table.load, of the clips that a label says can be used; its ``spec`` is None and its content
    that of no other table. Raises ConfigError where no clip has a class."""
    labelling = classify(corpus, [clip.emotion for clip in clips], scheme, meant)
    found = {
        clip.clip_id: (clip, index)
        for clip, index in zip(clips, labelling.index, strict=True)
        if index is not None and not clip.problem
    }
    if not found:
        raise ConfigError(
            f"no clip of {corpus} has a class of scheme {scheme!r}; mer check {corpus} --root FOLDER says why"
        )
    ids = tuple(sorted(found))
    kept = [found[one][0] for one in ids]
    rng = np.random.default_rng(0)
    shape = (len(ids), *spec.shape)
    pixels = spec.dtype == "uint8"
    x = rng.integers(0, 256, shape, np.uint8) if pixels else rng.standard_normal(shape, np.float32)
    aus = None
    if uses_aus and au != "none" and any(clip.aus_known for clip in kept):
        unknown = (-1,) * len(AU_VOCABULARY)
        rows = [vector(clip.aus, AU_VOCABULARY) if clip.aus_known else unknown for clip in kept]
        aus = np.array(rows, np.float32)
    return ClipTable(
        corpus=corpus,
        features=spec.version,
        kind=spec.kind,
        channels=spec.channels,
        classes=labelling.classes,
        clip_ids=ids,
        subjects=tuple(clip.subject for clip in kept),
        splits=tuple(clip.split for clip in kept),
        y=np.array([found[one][1] for one in ids], np.int64),
        x=x.astype(spec.dtype, copy=False),
        aus=aus,
        au="none" if aus is None else "annotated" if au == "annotated" else "predicted",
        content="imagined",
        left_out={},
    )


def possible(experiment: Experiment, plans: Sequence[Plan]) -> None:
    """Raises before anything is extracted for what no feature mends: ProtocolError for too few people,
    ConfigError for a scheme that knows no label. experiment: of one model, with its features named."""
    if not any(plan.missing() for plan in plans):
        return  # the sweep looks at the features themselves at once
    study = experiment.study()
    tables = [
        imagined(
            plan.corpus,
            [clip for shard in plan.shards for clip in shard],
            replace(plan.specs[experiment.features], shape=(1,)),  # folds ask for no more
            corpora.scheme(experiment, plan.corpus),
            experiment.au,
            uses_aus=False,
            meant=experiment.label,
        )
        for plan in plans
    ]
    table, _ = identity.joined(merged(tables, study.rule.all_classes), experiment.same_person)
    study.jobs(table, {})
