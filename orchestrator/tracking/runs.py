"""An experiment of MLflow, found again or made, and the ways to write runs in it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from orchestrator.common.names import redacted
from orchestrator.tracking import address, connection, database
from orchestrator.tracking.connection import guarded
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.names import LONGEST_TAG, LONGEST_VALUE, cut, parts
from orchestrator.tracking.tracked_metrics import Measured


class Runs:
    """The runs of one experiment.

    uri    tracking address; ``sqlite:///FILE`` is made when missing, with its artifacts in ``mlartifacts/``
           beside it.
    tags   of the experiment, which it gets where it lacks them.
    notes  sentences for the user.
    Raises TrackingError when MLflow fails, or the experiment was deleted there.
    """

    def __init__(self, uri: str, experiment: str, tags: Mapping[str, str]):
        connection.quiet()
        self.uri, self.experiment, self.notes = uri, experiment, list[str]()
        with guarded(uri):
            if file := address.file_of(uri):
                # each question opens the file anew, so that none goes to one that was deleted or replaced
                os.environ.setdefault("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")
                database.usable(file, connection.PATIENCE)
            self.client = MlflowClient(tracking_uri=uri)
            self.experiment_id = self._experiment(tags)

    def _experiment(self, tags: Mapping[str, str]) -> str:
        """Its id. Raises TrackingError when it was deleted."""
        found = self.client.get_experiment_by_name(self.experiment)
        file = address.file_of(self.uri)
        if found is None:
            place = None if file is None else database.artifacts_of(file, self.experiment)
            try:
                self.client.create_experiment(self.experiment, place, dict(tags))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another sweep was faster
                    raise
            found = self.client.get_experiment_by_name(self.experiment)
            if found is None:
                raise TrackingError(f"MLflow at {redacted(self.uri)} made {self.experiment} and has it not")
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"experiment {self.experiment!r} of MLflow at {redacted(self.uri)} was deleted; bring it "
                f"back: MLFLOW_TRACKING_URI={redacted(self.uri)} mlflow experiments restore --experiment-id "
                f"{found.experiment_id}"
            )
        for key, value in tags.items():
            if key not in found.tags:  # an older program made it
                self.client.set_experiment_tag(found.experiment_id, key, value)
        if file and (note := database.moved(file, self.experiment, found.artifact_location)):
            self.notes.append(note)
        return str(found.experiment_id)

    def search(self, condition: str) -> list[Run]:
        """All runs of the experiment that are not deleted and meet a condition of MLflow's."""
        runs, token = [], None
        while True:
            page = self.client.search_runs(
                [self.experiment_id], condition, max_results=1000, page_token=token
            )
            runs += list(page)
            if not (token := page.token):
                return runs

    def start(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        """A new run's id."""
        tags = {**tags, **({"mlflow.parentRunId": parent} if parent else {})}
        return str(self.client.create_run(self.experiment_id, run_name=name, tags=tags).info.run_id)

    def write(
        self,
        run_id: str,
        made: Sequence[Measured],
        params: Mapping[str, str],
        tags: Mapping[str, str] | None = None,
        when: int | None = None,
    ) -> None:
        """All at once, in as few batches as MLflow takes. when: milliseconds since 1970; None = now."""
        now = when or int(time.time() * 1000)
        named = parts(params)
        self.client.log_batch(
            run_id,
            metrics=[Metric(name, value, now, step) for name, value, step in made],
            params=[Param(named[key], cut(value, LONGEST_VALUE)) for key, value in params.items()],
            tags=[RunTag(key, cut(value, LONGEST_TAG)) for key, value in (tags or {}).items()],
        )
