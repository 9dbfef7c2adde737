"""A sweep whose features are there: tables -> study -> trials x folds -> selection -> report -> MLflow.

run.py imports this while Ray comes up: torch, Tune and pandas take seconds.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.common.errors import Interrupted, NoResult
from orchestrator.results import chance, details, intervals, report
from orchestrator.results.coverage import coverage
from orchestrator.results.outputs import chosen_outputs
from orchestrator.results.trials import trial_rows
from orchestrator.runners.stored import StoredRunner
from orchestrator.search import inline, tune
from orchestrator.search.events import Listener, Note, Outcome, SearchBegins
from orchestrator.search.samplers import Search
from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import Records, TrialRecord
from orchestrator.selection.rules import RULES
from orchestrator.selection.scores import score
from orchestrator.study import identity
from orchestrator.study.action_units import settled
from orchestrator.study.jobs import FoldJob
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable, merged
from orchestrator.sweeps import corpora, kept
from orchestrator.sweeps.beat import Beat
from orchestrator.sweeps.counted import Counted
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.features import unusual
from orchestrator.sweeps.leaving import Leaving, goes_on
from orchestrator.sweeps.mending import mended
from orchestrator.sweeps.opening import opening
from orchestrator.sweeps.result import Result
from orchestrator.tracking.outbox import Outbox
from orchestrator.workspace import looks
from orchestrator.workspace.store import FoldStore
from orchestrator.workspace.sweep_folder import SWEEPS, SweepFolder
from preprocessing.datasets.ids import questions
from preprocessing.datasets.words import unused
from preprocessing.doubles import overlaps
from preprocessing.lost_ray import Watched
from preprocessing.people import IdentityError, doubts, refused, repeated, respelt
from preprocessing.places import Place, place
from preprocessing.plugins import Plugin
from preprocessing.schema import Clip

CLUSTER = 8  # trials at once on a cluster, which may grow while they run
# seconds: at first, the cores are busy with the start of Ray's processes, which the first fold waits for
MLFLOW_AFTER = 5.0


@dataclass(frozen=True)
class Begun:
    """What has been done of a sweep.

    folders      of the features, one a corpus.
    begin        time.perf_counter() when it began; extract_s: how much of the time since then went into
                 features.
    quarantined  clips that have no features.
    resumed      the sweep is continued.
    plugins      the user's own code.
    clips        as the labels of all corpora have them.
    ahead        where the store has the folds of all trials: ids of those that were trained for this sweep
                 before it began, the others are reused; None where the sweep trains what is missing.
    """

    folders: tuple[Place, ...]
    begin: float
    extract_s: float
    quarantined: int
    resumed: bool
    plugins: tuple[Plugin, ...]
    clips: tuple[Clip, ...] = ()
    ahead: Collection[str] | None = None


def conclude(experiment: Experiment, execution: Execution, begun: Begun, tell: Listener) -> Result:
    """Run the study on the features and keep what came of it. Raises as sweeps.run.run."""
    study = experiment.study(execution.arithmetic)
    tables = corpora.tables(experiment, begun.folders)
    table, same, notes = identified(merged(tables, study.rule.all_classes), experiment, begun.clips)
    table = settled(table, experiment.au, study.jobs(table, {}))  # a protocol that cannot be fails now
    if not execution.name:
        what = f"{study.model}-{table.corpus.replace('+', '_')}-au_{table.au}"
        execution = execution.but(name=f"{what}-{datetime.now():%Y%m%d-%H%M%S}")
    name, path = execution.name, execution.workspace / SWEEPS / execution.name
    plan = Search(experiment.trials, 0, experiment.sampler, path, experiment.scheduler)

    def first(folder: Path) -> None:
        plan.begin()
        kept.keep(folder, kept.absolute(experiment), execution)

    definition = _definition(experiment, study, table)
    with (
        Leaving(path) as leaving,
        SweepFolder.open(path, definition, resume=begun.resumed, first=first) as folder,
        Watched(lambda what: leaving.stuck(what, tell)),
    ):
        damage, before = mended(path, plan, study) if begun.resumed else ([], 0)
        kept.keep(path, kept.absolute(experiment), execution)
        for text in filter(None, (folder.warning, *damage)):
            tell(Note(text, "warning"))
        for note in opening(
            name, study, experiment.trials, experiment.classes, table, tables, begun.quarantined
        ):
            tell(note)
        if settings := unusual(experiment):
            tell(Note(f"extracted with {report.settings_label(settings)}"))
        for note in notes:
            tell(note)
        return _run(experiment, execution, begun, study, table, same, plan, before, leaving, tell)


def identified(
    table: ClipTable, experiment: Experiment, clips: Sequence[Clip]
) -> tuple[ClipTable, dict[str, str], list[Note]]:
    """(the table with one id a person, id -> that id for those that are joined, what to say of who is who).

    Raises IdentityError where one clip stands under two people: equal or nearly equal inputs, or windows of
    one recording that overlap.
    """
    table, same = identity.joined(table, experiment.same_person)
    here = set(table.clip_ids)
    found, said = overlaps([clip for clip in clips if clip.clip_id in here], same)
    equal, still = identity.doubles(table)
    if wrong := refused([*found, *equal]):
        raise IdentityError(wrong)
    one = ", ".join(f"{who} is {name}" for who, name in sorted(same.items()))
    notes = [Note(f"joined by --same-person, so held out together: {one}")] if one else []
    idle = unused(experiment.label, [clip.emotion for clip in clips])
    known = filter(None, [repeated([*found, *equal]), respelt(clips), idle, *questions(clips)])
    unsure = (*known, *said, *still, *doubts(table.subjects))
    return table, same, notes + [Note(f"warning: {text}", "warning") for text in unsure]


def _run(
    experiment: Experiment,
    execution: Execution,
    begun: Begun,
    study: Study,
    table: ClipTable,
    same: dict[str, str],
    plan: Search,
    before: int,
    leaving: Leaving,
    tell: Listener,
) -> Result:
    """Search, selection, report, MLflow. same: ids that are joined. plan: with the sweep's folder, which this
    process has to itself. before: looks that an earlier run has counted."""
    name, folder, jobs = execution.name, plan.folder, study.jobs(table, {})
    store = FoldStore(place(execution.store or execution.workspace) / "folds")
    with_ray = execution.runner == "ray" and begun.ahead is None
    about = _definition(experiment, study, table) | {
        "name": name,
        "extraction": unusual(experiment),
        "trials": experiment.trials,
        "seeds": study.seeds,
        "code": jobs[0].code,
        "au_remark": table.au_remark,
    }
    after = MLFLOW_AFTER if with_ray else 0.0
    with Outbox.start(execution.tracking, about, folder, store, tell, after) as outbox:
        leaving.outbox = outbox
        counted = Counted([tell, outbox.listen, Beat(folder)], begun.ahead or ())
        counted(SearchBegins(experiment.trials, len(jobs)))
        if with_ray:
            at_once = CLUSTER if execution.address else 0
            outcomes = tune.with_ray(
                study,
                table,
                store,
                plan,
                counted,
                need=execution.need,
                at_once=at_once,
                plugins=begun.plugins,
            )
        else:
            trained = None if begun.ahead is None else StoredRunner(store)
            outcomes = inline.search(study, table, store, plan, counted, execution.keep_weights, trained)
    wall = time.perf_counter() - begun.begin
    if any(one.state == "interrupted" for one in outcomes) or len(outcomes) < experiment.trials:
        folds = sum(len(outcome.results) for outcome in outcomes)
        raise Interrupted(goes_on(folder, f"{folds} folds are kept"))
    failed = [outcome for outcome in outcomes if outcome.error]
    usable = [outcome.trial for outcome in outcomes if outcome.candidate]
    scores = scored(usable, table, study) if usable else {}
    rule = experiment.selection
    if rule not in scores:
        outbox.failed("every trial failed")
        first = failed[0].error if failed else "none was run"
        raise NoResult(f"{rule} has no trial to choose from; the first that failed:\n{first}")
    if not RULES[rule].oracle:
        scores[rule] = chance.added(scores[rule], table.classes)
    timing = {
        "wall_s": round(wall, 3),
        "fold_s": round(counted.seconds, 3),
        "extract_s": round(begun.extract_s, 3),
        "folds_run": counted.run,
        "folds_reused": counted.reused,
        "folds_saved": sum(len(jobs) - len(o.results) for o in outcomes if o.state == "stopped"),
    }
    looks.keep(
        folder,
        rule=rule,
        trials=len(usable),
        seeds=study.seeds,
        folds=len(study.folds(table)),
        score=scores[rule],
        jobs=[result.job_id for trial in usable for result in trial.results],
        people=looks.people_of(
            [row["clip_id"] for row in scores[rule]["predictions"]], [*table.clip_ids, *table.left_out]
        ),
    )
    summary = _summary(experiment, execution, study, table, outcomes) | {
        "same_person": same,
        "only_subjects": experiment.subjects,
        "timing": timing,
        "folds_of_all_trials": _folds_of_all(usable, jobs),
        "looks": looks.counted(folder, before),
        "trials": trial_rows(outcomes, scores, study, table.au, len(jobs)),
        "outputs": chosen_outputs(usable, scores),
    }
    details.write(folder, details.details(usable, scores[rule], table.truth))
    report.write(folder, summary, scores)
    from orchestrator.inference.refit import here, refit  # torch, and Plotly: not before the first fold
    from orchestrator.results.page import page
    from orchestrator.runners.refits import on_ray

    page.write(folder)
    train = on_ray(execution.need, begun.plugins) if execution.runner == "ray" else here
    made = (lambda: refit(study, table, usable, rule, train)) if execution.refit else None
    outbox.finish(table, study.model, made)
    missing = sum(len(jobs) - len(outcome.results) for outcome in failed)
    return Result.of(folder, missing=missing, lacks=tuple(outbox.waiting))


def scored(trials: list[TrialRecord], table: ClipTable, study: Study) -> dict[str, dict[str, Any]]:
    """Rule -> scores, of all rules that the records allow. All but oracles choose from the records alone;
    truth is joined after the choice."""
    truth, made = table.truth, {}
    records, part_of, classes_of = Records(trials), study.part_of(table), study.classes_of(table)
    for rule in available(records):
        choices = choose(rule, records, truth if RULES[rule].oracle else None)
        averages = RULES[rule].averages
        scores = score(
            choices,
            records,
            truth,
            table.classes,
            part_of,
            averages=averages,
            subject_of=table.subject_of,
            classes_of=classes_of,
        )
        made[rule] = intervals.added(scores, table.classes, part_of)
        made[rule]["coverage"] = coverage(made[rule]["predictions"], table.classes, table.clips_of_class)
    return made


def _folds_of_all(trials: Sequence[TrialRecord], jobs: Sequence[FoldJob]) -> tuple[int, int]:
    """How many folds, over all seeds, every trial has a result of, and how many there are."""
    keys = {(job.fold, job.seed, job.member) for job in jobs}
    lacking = {key[:2] for t in trials for key in keys - {(r.fold, r.seed, r.member) for r in t.results}}
    folds = {key[:2] for key in keys}
    return len(folds - lacking), len(folds)


def _definition(experiment: Experiment, study: Study, table: ClipTable) -> dict[str, Any]:
    """What must be equal for a sweep to be continued, beside its experiment: what was found in the data."""
    return {
        "model": study.model,
        "corpus": table.corpus,
        "feature_set": table.features,
        "content": table.content,
        "scheme": experiment.classes,
        "classes": list(table.classes),
        "au": table.au,
        "protocol": study.protocol,
        "subject_dependent": study.rule.subject_dependent,
        "inner_folds": study.inner_folds,
        "set": dict(study.fixed),
        "sampler": experiment.sampler,
        "scheduler": experiment.scheduler,
        "selection": experiment.selection,
        **({"only_subjects": list(experiment.subjects)} if experiment.subjects else {}),
    }


def _summary(
    experiment: Experiment, execution: Execution, study: Study, table: ClipTable, outcomes: list[Outcome]
) -> dict[str, Any]:
    """All of summary.json but scores, trials and timing."""
    return {
        "name": execution.name,
        "model": study.model,
        "corpus": table.corpus,
        "feature_set": table.features,
        "extraction": unusual(experiment),
        "au": table.au,
        "au_remark": table.au_remark,
        "classes": list(table.classes),
        "protocol": study.protocol,
        "subject_dependent": study.rule.subject_dependent,
        "inner_folds": study.inner_folds,
        "clips": len(table.clip_ids),
        "subjects": len(set(table.subjects)),
        "folds": len(study.folds(table)),
        "seeds": study.seeds,
        "rule": experiment.selection,
        "sampler": experiment.sampler,
        "scheduler": experiment.scheduler,
        "plugins": list(experiment.plugins),
        "arithmetic": execution.arithmetic,
        "configuration": {str(one.index): dict(one.config) for one in outcomes if one.candidate},
        "left_out": dict(sorted(table.left_out.items())),
        "failed_trials": {str(one.index): one.error for one in outcomes if one.error},
        "stopped_trials": {str(one.index): len(one.results) for one in outcomes if one.state == "stopped"},
    }
