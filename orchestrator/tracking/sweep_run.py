"""The run of one sweep in MLflow, in the experiment of its corpus and classes: found again, or begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlflow.entities import Run

from orchestrator.tracking.connection import guarded
from orchestrator.tracking.names import parts
from orchestrator.tracking.runs import Runs
from orchestrator.tracking.tracked_metrics import EXPERIMENT_TAGS, flat, opened


class SweepRun(Runs):
    """The run, and the ways to write to it and to those below it.

    uri    as for Runs.
    sweep  what the sweep is; "name", "model", "corpus", "classes" and "au" are required, everything is logged
           as parameters.
    id     of the sweep, its own among all sweeps; "" for one of an older program, which is found by its name.
    Raises TrackingError as Runs.
    """

    def __init__(self, uri: str, sweep: Mapping[str, Any], id: str = ""):
        self.classes = tuple(sweep["classes"])
        # two schemes may have as many classes: scores of "5" and "5-rest" do not compare
        scheme = sweep.get("scheme", "")
        experiment = f"mer-{sweep['corpus']}-{scheme if '-' in scheme else len(self.classes)}class"
        self.model_name = f"{sweep['model']}-{sweep['name']}"
        self.registered = f"{experiment}-{sweep['model']}"
        super().__init__(uri, experiment, EXPERIMENT_TAGS)
        with guarded(uri):
            params = flat(sweep)
            run = self._find(sweep["name"], id)
            if run is None:
                tags = {"mer.level": "sweep", "mer.sweep": sweep["name"], **({"mer.id": id} if id else {})}
                self.run_id = self.start(opened(sweep), tags)
            else:
                self.run_id = run.info.run_id
            held = {} if run is None else run.data.params
            # all of a new one; what lacks of one that was cut off, or that an older program has made
            named = parts(params)
            self.write(self.run_id, [], {key: v for key, v in params.items() if named[key] not in held})

    def _find(self, name: str, id: str) -> Run | None:
        if id:
            found = self.search(f"tags.`mer.level` = 'sweep' and tags.`mer.id` = '{id}'")
        else:
            named = self.search(f"tags.`mer.level` = 'sweep' and tags.`mer.sweep` = '{name}'")
            found = [run for run in named if "mer.id" not in run.data.tags]
        return found[0] if found else None
