"""The search in this process, without Ray: propose configurations, run each one's folds, tell the search how
its validation people fared. Test people are not known here. Same proposals and numbers as tune.py."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.trial import TrialState

from orchestrator.search.control import Control
from orchestrator.search.events import Listener, Outcome, TrialEnded
from orchestrator.search.fold_order import informative
from orchestrator.search.loop import Runner, TrialProgress, folds_of_trial
from orchestrator.search.samplers import Search
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.workspace.store import FoldStore
from search_spaces import SPACES


def search(
    study: Study,
    table: ClipTable,
    store: FoldStore,
    plan: Search,
    listener: Listener,
    keep: bool = False,
    runner: Runner | None = None,
) -> list[Outcome]:
    """Every trial in this process. A fold that raises ends the sweep with its own traceback: what a debugger
    wants. keep: the folds' weights go into the store. runner: of the folds; None trains them here."""
    # and with it torch, which naming a sampler does without
    from orchestrator.runners.inline import InlineRunner

    runner = runner or InlineRunner(store, table, keep)
    space = SPACES[study.model]
    sampler, first = plan.open(space.PUBLISHED)
    optuna_study = optuna.create_study(sampler=sampler, direction="maximize")
    for point in first:
        optuna_study.enqueue_trial(point)
    outcomes: list[Outcome] = []
    proposed: list[dict[str, Any]] = []
    control = Control(plan.scheduler)
    order = informative(study.jobs(table, {}))  # who validates whom is the same in all trials
    for index in range(plan.trials):
        trial = optuna_study.ask()
        space.space(trial)
        drawn = dict(trial.params)
        proposed.append(drawn)
        plan.keep(proposed)
        jobs = study.under(order, drawn)
        ended, progress = [], TrialProgress(bool(study.inner_folds))
        for event in folds_of_trial(index, jobs, runner, control, progress):
            ended.append(event)
            listener(event)
        store.pack([job.job_id for job in jobs])
        state = ended[-1].state
        if state == "stopped":
            optuna_study.tell(trial, state=TrialState.PRUNED)
        else:
            optuna_study.tell(trial, progress.score)
        results = tuple(event.result for event in ended)
        score, sums = progress.score, progress.sums
        outcomes.append(Outcome(index, drawn, jobs[0].config, results, state=state, score=score, sums=sums))
        listener(TrialEnded(outcomes[-1]))
    return outcomes
