"""Where and how an experiment runs: an Execution changes no number. Checked as it is made."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Self

import pydantic
import tomli_w

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import redacted, safe_name
from orchestrator.runners.sizing import Need
from orchestrator.sweeps.experiment import Checked, toml
from orchestrator.tracking import address
from preprocessing.pasted import OF_MLFLOW, anywhere
from preprocessing.places import of_home, place, write_atomically

RUNNERS = ("ray", "inline")


class Execution(Checked):
    """Where and how. Two executions of one experiment give the same numbers, but for what ``arithmetic``
    says.

    name           of the sweep; "" = made of model, corpus, AUs and time when it begins.
    runner         "ray", or "inline": this process alone, for a debugger.
    address        Ray cluster to join ("auto", "host:6379"); "" = this machine.
    gpus_per_fold  share of a GPU per fold, "0" to "1", or "auto": what each trial's first fold takes.
    pack           folds that train as one program, for GPUs.
    fold_limit     seconds after which a fold is ended and tried once more; 0 = never.
    keep_weights   of every fold beside its result, for export --folds.
    refit          at the end, a model of the chosen configuration of all people, for MLflow's registry;
                   export and predict make it where it is not there.
    store          features and fold results: a shared folder, or s3://bucket/prefix; "" = the workspace.
    workspace      folder for features, fold results, sweeps and MLflow.
    tracking_uri   of MLflow; "" = SQLite in the workspace. A relative path is of the current folder. One that
                   holds a password is never written down.
    max_failed     share of quarantined clips that is still a corpus.
    Raises ConfigError for an unknown key (with the nearest), a value out of range, a place that cannot be
    one.
    """

    name: str = ""
    runner: str = "ray"
    address: str = ""
    gpus_per_fold: str = "0"
    pack: Annotated[int, pydantic.Field(ge=1)] = 1
    fold_limit: Annotated[float, pydantic.Field(ge=0, allow_inf_nan=False)] = 6 * 3600.0
    keep_weights: bool = False
    refit: bool = True
    store: str = ""
    workspace: Path = Path("workspace")
    tracking_uri: str = ""
    max_failed: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.2

    @pydantic.field_validator("workspace", "store", mode="before")
    @classmethod
    def _of_home(cls, value: Any) -> Any:
        """The shell expands a tilde at the start of a word alone, so not in --store=~/x or a job's file."""
        return of_home(str(value)) if isinstance(value, str | Path) else value

    @pydantic.field_validator("tracking_uri", mode="before")
    @classmethod
    def _from_here(cls, value: Any) -> Any:
        """sqlite:///x.db and ./mlruns are of the folder in which they were said, also for who goes on with
        the sweep elsewhere."""
        return anywhere(address.checked(str(value))) if isinstance(value, str | Path) else value

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.name:
            safe_name(self.name)
        if self.runner not in RUNNERS:
            raise ConfigError(nearest(self.runner, RUNNERS, "runner"))
        # refuses an address that cannot be one, or that holds a password, before it gets anywhere
        for one in (self.workspace, self.store or self.workspace):
            place(one)
        if "?" in str(self.workspace) and not self.tracking_uri:
            raise ConfigError(
                f"--workspace {self.workspace}: its runs would be in an SQLite file of MLflow, whose address "
                "ends at a question mark; name a folder without one, or give --tracking-uri"
            )
        folder = self.tracking_uri.startswith("file:") or (
            "://" not in self.tracking_uri
            and not self.tracking_uri.startswith("arn:")
            and self.tracking_uri not in ("", OF_MLFLOW)
        )
        if folder and os.environ.get("MLFLOW_ALLOW_FILE_STORE", "").lower() not in ("true", "1"):
            inside = Path(re.sub("^file:(//)?", "", self.tracking_uri), "mlflow.db")
            raise ConfigError(
                f"--tracking-uri {self.tracking_uri}: MLflow keeps no runs in a folder any more; give a "
                f"database, sqlite:///{inside}, or a server's address"
            )
        if self.runner == "inline" and self.arithmetic != "cpu":
            raise ConfigError(
                "--runner inline trains fold by fold on the CPU: leave it out, or --gpus-per-fold "
                f"{self.gpus_per_fold} and --pack {self.pack}"
            )
        return self

    @property
    def need(self) -> Need:
        """What a fold asks for."""
        try:
            share = 1.0 if self.gpus_per_fold == "auto" else float(self.gpus_per_fold)
        except ValueError as error:
            raise ConfigError(
                f"--gpus-per-fold {self.gpus_per_fold!r}: give a share from 0 to 1, or auto"
            ) from error
        if not 0 <= share <= 1:
            raise ConfigError(
                f"--gpus-per-fold {self.gpus_per_fold}: a fold trains on one GPU at most; "
                "give a share from 0 to 1, or auto"
            )
        measured = self.gpus_per_fold == "auto"
        return Need(
            gpus=share,
            measured=measured,
            limit_s=self.fold_limit,
            pack=self.pack,
            keep=self.keep_weights,
        )

    @property
    def arithmetic(self) -> str:
        """What makes the numbers ("cpu", "cuda", "packed" behind it): equal within rounding, kept apart in
        the store."""
        return self.need.arithmetic

    @property
    def tracking(self) -> str:
        """The address of MLflow that counts."""
        return self.tracking_uri or f"sqlite:///{self.workspace}/mlflow.db"

    def but(self, **changes: Any) -> Execution:
        """The same with some fields changed, checked anew."""
        return Execution(**self.model_dump() | changes)

    def to_toml(self, path: Path | str | None = None) -> str:
        """As TOML text with all keys, but for a tracking address that holds a password."""
        held = self.model_dump(mode="json")
        if redacted(self.tracking_uri) != self.tracking_uri:
            del held["tracking_uri"]
        text = tomli_w.dumps(held)
        if path is not None:
            write_atomically(Path(path), lambda temporary: temporary.write_text(text, encoding="utf-8"))
        return text

    @classmethod
    def from_toml(cls, source: Path | str) -> Execution:
        """From a file or text, as Experiment.from_toml."""
        return cls(**toml(source))
