"""What a sweep would take, before it starts: folds, hours, disk and memory.

Folds are dealt from the features where they are there, else from the labels alone: then a clip that cannot be
decoded still counts. Seconds a fold are those of folds in the store that are of the same model, clips,
protocol and settings, in proportion to their epochs; where there is none, one fold trains for a few epochs,
on the features, or on random numbers of their shape. Nothing of it is kept.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from mer_models import MODELS
from orchestrator.runners import sizing
from orchestrator.runners.inline import run_fold
from orchestrator.runners.sizing import SPARE
from orchestrator.search.events import Listener, Note
from orchestrator.search.proposals import proposals
from orchestrator.study import identity
from orchestrator.study.action_units import settled
from orchestrator.study.jobs import FoldJob
from orchestrator.study.record import FoldRecord
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable, merged
from orchestrator.sweeps import corpora
from orchestrator.sweeps.estimate import Estimate, hours
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.imagined import imagined
from orchestrator.workspace import fold_file
from orchestrator.workspace.store import FoldStore
from preprocessing import extract, pipelines
from preprocessing.files import danger
from preprocessing.places import Place, place
from preprocessing.plan import Plan
from preprocessing.schema import Clip

SHORT = 3  # epochs of the fold that is run
ENOUGH = 50  # folds of the store that are read for their seconds
CLIPS = 3  # that are extracted to know how long one takes
PACKED = 1.4  # bytes on disk of a fold's result over what is written of it, files of MLflow among them


def estimated(
    experiment: Experiment,
    execution: Execution,
    plans: Sequence[Plan],
    room: tuple[int, int],
    tell: Listener,
) -> Estimate:
    """What the sweep would take. experiment: of one model, with its features and every setting named.
    plans: corpora.planned. room: folds that run at once, bytes of memory.

    Raises as a sweep for what cannot be run; ConfigError too where no clip has a class.
    """
    study = experiment.study(execution.arithmetic)
    corpora.tell_gone(plans, tell)
    missing = {plan.corpus: plan.missing() for plan in plans}
    table = _table(experiment, plans, missing, corpora.reporter(tell))
    table, _ = identity.joined(table, experiment.same_person)
    table = settled(table, experiment.au, study.jobs(table, {}))
    store = FoldStore(place(execution.store or execution.workspace) / "folds")
    ids, jobs = _folds(experiment, study, table)
    held = {one.job_id: one for one in store.held()}
    there = sum(job in held for job in ids)
    alike = [one.job_id for one in held.values() if _alike(one.of, jobs[0], study.fixed)]
    seconds, size, measured = _of_store(store, alike[:ENOUGH], held, jobs[0])
    if not alike:
        made_up = table.spec is None
        seconds, size, measured = _of_short_fold(jobs, table, execution.need.device, made_up)
    new = [clip for plan in plans for number in missing[plan.corpus] for clip in plan.shards[number]]
    if new:
        tell(Note(f"reading up to {CLIPS} clips, to know how long one takes"))
    slots, memory = room
    rest = len(ids) - there
    a_clip = sum(_bytes(plan) for plan in plans) / len(plans)
    at_once = max(1, min(slots, len(jobs)))
    return Estimate(
        model=study.model,
        corpus=table.corpus,
        clips=len(table.clip_ids),
        people=len(set(table.subjects)),
        trials=experiment.trials,
        folds_a_trial=len(study.folds(table)),
        seeds=study.seeds,
        models=study.inner_folds if study.committee else 1,
        folds=len(ids),
        there=there,
        seconds_a_fold=round(seconds, 3),
        measured=measured,
        at_once=at_once,
        fold_hours=hours(seconds, rest, at_once),
        new_clips=len(new),
        feature_hours=round(_seconds_a_clip(plans, missing) * len(new) / slots / 3600, 6),
        disk_gib=round((PACKED * size * rest + a_clip * len(new)) / 2**30, 4),
        disk_free_gib=_free(place(execution.store or execution.workspace)),
        # each fold's process holds what this one does, at most: its imports, the table and one fold's clips
        memory_gib=round(SPARE * at_once * sizing.measure("cpu").host / 2**30, 2),
        memory_has_gib=round(memory / 2**30, 2),
    )


def _folds(experiment: Experiment, study: Study, table: ClipTable) -> tuple[list[str], tuple[FoldJob, ...]]:
    """(ids of the folds of all trials whose configuration is known before they run, and as many names that no
    store has for the others; the jobs of trial 0)."""
    known = proposals(study.model, experiment.sampler, experiment.trials)
    first = study.jobs(table, known[0])
    ids = [job.job_id for drawn in known for job in study.under(first, drawn)]
    return ids + [""] * ((experiment.trials - len(known)) * len(first)), first


def _alike(of: Mapping[str, Any], job: FoldJob, fixed: Mapping[str, Any]) -> bool:
    """Whether a fold of the store took as long as ours will, but for its epochs."""
    names = ("model", "corpus", "protocol", "arithmetic", "au")
    if not of or any(of[name] != getattr(job, name) for name in names):
        return False
    for key in fixed:
        section, _, name = key.partition(".")
        if key != "recipe.epochs" and of["config"][section].get(name) != job.config[section].get(name):
            return False
    return True


def _of_store(
    store: FoldStore, jobs: Sequence[str], held: Mapping[str, Any], ours: FoldJob
) -> tuple[float, float, str]:
    """(seconds, bytes, in words of what) of a fold, from folds of the store; zeros where there is none."""
    epochs = ours.config["recipe"]["epochs"]
    seconds, size = [], []
    for job in jobs:
        record = store.load(job)
        if record is not None:
            share = epochs / held[job].of["config"]["recipe"]["epochs"]
            seconds.append(record.seconds * share)
            size.append(held[job].bytes * share)
    if not seconds:
        return 0.0, 0.0, ""
    return mean(seconds), mean(size), f"the mean of {len(seconds)} such folds in the store"


def _of_short_fold(
    jobs: Sequence[FoldJob], table: ClipTable, device: str, made_up: bool
) -> tuple[float, float, str]:
    """The same from one fold that trains here for SHORT epochs, after one epoch that is not counted."""
    middle = sorted(jobs, key=lambda job: len(job.train))[len(jobs) // 2]
    epochs = middle.config["recipe"]["epochs"]
    short = min(SHORT, epochs)

    def of(n: int) -> FoldJob:
        recipe = middle.config["recipe"] | {"epochs": n, "swa_start": 1.0, "warmup_epochs": 0}
        return replace(middle, config=middle.config | {"recipe": recipe})

    run_fold(of(1), table, device)  # what a process does once: memory, kernels
    result = run_fold(of(short), table, device)
    size = len(fold_file.written(FoldRecord.of(result), {})) * epochs / short
    on = ", on random numbers in place of features" if made_up else ""
    said = f"fold {middle.fold} run here for {short} of its {epochs} epochs{on}"
    return result.seconds * epochs / short, size, said


def _table(
    experiment: Experiment,
    plans: Sequence[Plan],
    missing: Mapping[str, list[int]],
    report: Callable[[extract.Progress], None],
) -> ClipTable:
    """The clips with their features, or with random numbers where some corpus lacks features."""
    if not any(missing.values()):
        made = [extract.prepared(plan, 0, 1.0, report) for plan in plans]  # they are there: it only looks
        return merged(corpora.tables(experiment, [one.folders[experiment.features] for one in made]))
    uses_aus = MODELS[experiment.models[0]].uses_aus
    return merged(
        [
            imagined(
                plan.corpus,
                [clip for shard in plan.shards for clip in shard],
                plan.specs[experiment.features],
                corpora.scheme(experiment, plan.corpus),
                experiment.au,
                uses_aus=uses_aus,
                meant=experiment.label,
            )
            for plan in plans
        ]
    )


def _bytes(plan: Plan) -> float:
    """Of one clip's features on disk, before they are packed."""
    return sum(float(np.prod(spec.shape)) * np.dtype(spec.dtype).itemsize for spec in plan.specs.values())


def _free(where: Place) -> float | None:
    """GiB; None in a bucket."""
    if not isinstance(where, Path):
        return None
    there = next(path for path in (where.absolute(), *where.absolute().parents) if path.exists())
    return round(shutil.disk_usage(there).free / 2**30, 2)


def _seconds_a_clip(plans: Sequence[Plan], missing: Mapping[str, list[int]]) -> float:
    """Median time of a few clips in this process, after one that is not counted; 0 where none is missing."""
    seconds = []
    for plan in plans:
        pipeline = pipelines.pipeline(tuple(plan.specs), plan.settings) if missing[plan.corpus] else None
        for number, clip in enumerate(_few(plan, missing[plan.corpus])):
            begin = time.perf_counter()
            if pipeline is not None:
                pipeline.rows(clip, pictures=plan.pictures)
            if number:
                seconds.append(time.perf_counter() - begin)
    return median(seconds) if seconds else 0.0


def _few(plan: Plan, numbers: Sequence[int]) -> Iterator[Clip]:
    """The first usable clip twice, then others up to the end."""
    clips = [clip for number in numbers for clip in plan.shards[number] if not clip.problem]
    for clip in clips[:1] + clips[:: max(1, len(clips) // CLIPS)][:CLIPS]:
        if not danger(clip):
            yield clip
