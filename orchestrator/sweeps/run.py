"""From an Experiment to a Result: Ray and features here, then the study (after_features.py). Prints nothing;
what happens is told to the listener, as events.

Light to import: torch, Tune and pandas take seconds, and are imported beside Ray's start.
"""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.common.errors import ConfigError, Interrupted
from orchestrator.runners import ray as ray_runner
from orchestrator.runners import room
from orchestrator.search.events import Ends, Listener, Note
from orchestrator.sweeps import kept
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment, Extraction
from orchestrator.tracking import address
from preprocessing.datasets import DATASETS
from preprocessing.datasets.facts import there
from preprocessing.lost_ray import AGAIN, Watched
from preprocessing.regular import regular

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from orchestrator.sweeps.estimate import Estimate
    from orchestrator.sweeps.result import Result
    from preprocessing.plan import Plan


def run(
    experiment: Experiment, execution: Execution | None = None, progress: Listener | None = None
) -> Result:
    """Run an experiment: features, folds of all trials, selection, report, MLflow. Equal folds that the store
    has are taken from there.

    progress  is called with each event (search/events.py) as it happens, in this process; None: silence.
    Several models make one sweep each, named NAME-MODEL, and one Result of all.
    Raises ConfigError and its like (CorpusError, FeatureSetError, ProtocolError, PlaceError, PluginError,
    OSError) for bad input; NoResult if every trial fails; Interrupted, a KeyboardInterrupt, when the user
    ends it.
    """
    execution = execution or Execution()
    tell = progress or _nobody
    several = len(experiment.models) > 1
    made = None
    for one in experiment.per_model():
        name = f"{execution.name}-{one.models[0]}" if several and execution.name else execution.name
        result = sweep(one, execution.but(name=name), tell)
        made = result if made is None else made + result
    if made is None:
        raise ConfigError("an experiment needs at least one model")
    return made


def resume(
    name: str,
    workspace: Path | str = "workspace",
    progress: Listener | None = None,
    *,
    experiment: dict[str, Any] | None = None,
    execution: dict[str, Any] | None = None,
) -> Result:
    """Continue a sweep with what its folder holds: only what is missing is computed.

    experiment  fields that are given anew; only ``trials`` and ``seeds`` may differ, and only grow.
    execution   fields that are given anew; any may differ but what would make other numbers (the arithmetic).
    Raises ConfigError with both values for what may not; else as ``run``.
    """
    asked, how = kept.continued(name, Path(workspace), experiment or {}, execution or {})
    return sweep(asked, how, progress or _nobody, resumed=True)


def sweep(
    experiment: Experiment,
    execution: Execution,
    tell: Listener,
    *,
    resumed: bool = False,
    ahead: Collection[str] | None = None,
) -> Result:
    """One sweep of one model. As ``run``. ahead: as Begun has it (after_features.py)."""
    begin = time.perf_counter()
    brought, workers = experiment.brought, 0
    try:
        address.ready(execution.tracking)
        for corpus in experiment.corpora:
            if corpus.root:
                there(DATASETS[corpus.name], Path(corpus.root))
        if execution.runner == "ray" and not execution.address:
            room.refused(execution.need)
        if experiment.subjects:
            tell(Note(f"only these people, by --subjects: {', '.join(experiment.subjects)}", "warning"))
        # torch takes as long to import as Ray's processes take to come up: one beside the other, and what
        # is wrong with what was asked is told when both have ended, before anything is computed
        with ThreadPoolExecutor(1) as beside:
            checked = beside.submit(planned, experiment, execution, tell)
            if execution.runner == "ray":
                joined = execution.address
                tell(Note(f"joining Ray at {joined}" if joined else "starting Ray"))
                ray_runner.start(joined or None)
                ray_runner.warm(experiment.models[0], brought)
                workers = ray_runner.cpus()
            experiment, plans = checked.result()
        from orchestrator.sweeps.after_features import Begun, conclude
        from orchestrator.sweeps.corpora import reporter, tell_gone
        from preprocessing import extract

        with Watched(lambda what: _held(what, tell)):
            tell_gone(plans, tell, kept.feature_set(execution) if resumed else "")
            made = [
                extract.prepared(one, workers, execution.max_failed, reporter(tell), _sayer(tell))
                for one in plans
            ]
            begun = Begun(
                folders=tuple(one.folders[experiment.features] for one in made),
                begin=begin,
                extract_s=sum(one.seconds for one in made),
                quarantined=sum(one.quarantined for one in made),
                resumed=resumed,
                plugins=brought,
                clips=tuple(clip for one in made for clip in one.labelled),
                ahead=ahead,
            )
            return conclude(experiment, execution, begun, tell)
    except Interrupted:
        raise
    except KeyboardInterrupt as error:
        raise Interrupted("ended before the first fold: the same command begins it again") from error


def estimate(
    experiment: Experiment, execution: Execution | None = None, progress: Listener | None = None
) -> list[Estimate]:
    """What a sweep of each model would take, before it starts (sweeps/estimating.py). Raises as ``run`` for
    what cannot be run."""
    execution, tell = execution or Execution(), progress or _nobody
    if execution.address:
        ray_runner.start(execution.address)
    else:
        room.refused(execution.need)
    slots = room.slots(execution.need, inline=execution.runner == "inline")
    made = []
    for one in experiment.per_model():
        one, plans = planned(one, execution, tell)
        from orchestrator.sweeps.estimating import estimated

        made.append(estimated(one, execution, plans, slots, tell))
    return made


def planned(experiment: Experiment, execution: Execution, tell: Listener) -> tuple[Experiment, list[Plan]]:
    """What is to be computed, of one model, with all checks of what was asked that need no Ray, and all
    imports: the experiment with its features and settings named, and the plan of each corpus."""
    experiment = checked(experiment)
    from orchestrator.sweeps import after_features, corpora, imagined

    _ = after_features
    plans = corpora.planned(experiment, execution, tell)
    imagined.possible(experiment, plans)
    return experiment, plans


def checked(experiment: Experiment) -> Experiment:
    """The same with its features and every setting of their extraction named. Checks what the model itself
    has to say to it, and so imports the model."""
    from orchestrator.sweeps import features

    study = experiment.study()
    config = study.config({})
    weights = config["model"].get("weights", "")
    if weights and not regular(Path(weights)).is_file():
        raise ConfigError(f"model.weights = {weights!r}: no such file; name a safetensors file")
    image_size = config["recipe"]["image_size"]
    settings = features.extraction(experiment)
    return experiment.but(
        features=features.chosen(study.model, experiment.features, image_size, settings),
        extraction=Extraction(**dataclasses.asdict(settings)),
    )


def _held(what: str, tell: Listener) -> None:
    tell(Note(f"not finished: {what}; {AGAIN}", "error"))
    tell(Ends())


def _sayer(tell: Listener) -> Callable[[str], None]:
    def say(text: str) -> None:
        tell(Note(text))

    return say


def _nobody(event: object) -> None:
    """Listens to nothing."""
