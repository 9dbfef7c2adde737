"""What a sweep's folder holds of what was asked: experiment.toml and execution.toml, so that its name alone
continues it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.common.errors import ConfigError
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment, toml
from orchestrator.workspace import sealed
from orchestrator.workspace.sweep_folder import DEFINITION, EXPERIMENT, SWEEPS, folder_of

EXECUTION = "execution.toml"
GROWING = ("trials", "seeds")  # may be more when a sweep is continued
ANEW = "start it under another --name: folds that are equal are found there too"


def keep(folder: Path, experiment: Experiment, execution: Execution) -> None:
    """Write both; the experiment last, by which a sweep counts as begun. Roots and plugins as absolute paths,
    so that the sweep can be continued from anywhere. Raises OSError."""
    store = (
        execution.store
        if "://" in execution.store or not execution.store
        else Path(execution.store).absolute()
    )
    sealed.write_toml(folder / EXECUTION, execution.but(store=str(store)).to_toml())
    sealed.write_toml(folder / EXPERIMENT, experiment.to_toml())


def absolute(experiment: Experiment) -> Experiment:
    """The same with absolute paths."""
    corpora = tuple(
        one.model_copy(update={"root": str(Path(one.root).absolute())}) if one.root else one
        for one in experiment.corpora
    )
    plugins = tuple(str(Path(one).absolute()) if Path(one).exists() else one for one in experiment.plugins)
    return experiment.but(corpora=corpora, plugins=plugins)


def held(folder: Path, given: Mapping[str, Any] | None = None) -> tuple[Experiment, Execution]:
    """What was asked of a sweep. given: fields of its execution that count in place of its own. Raises
    ConfigError when its folder does not say so, sealed.Damaged when a file of it is not as it was written."""
    anew = f"sweep {folder.name!r} cannot be resumed without it; put a copy there, or {ANEW}"
    try:
        experiment = Experiment.from_toml(sealed.read_toml(folder / EXPERIMENT, anew))
        execution = Execution(**toml(sealed.read_toml(folder / EXECUTION, anew)) | dict(given or {}))
    except FileNotFoundError as error:
        definition, why = folder / DEFINITION, "it has not begun"
        if sealed.is_sealed(definition) or (folder / EXPERIMENT).exists():
            why = "somebody has deleted it"
        elif definition.is_file():
            why = "an older program made it: its report can be read, its folds are named by `clean`"
        raise ConfigError(
            f"sweep {folder.name!r} cannot be resumed, {error.filename} is missing ({why}); {ANEW}"
        ) from error
    if not execution.name:
        raise sealed.Damaged(folder / EXECUTION, "it lacks 'name'", anew)
    return experiment, execution


def feature_set(execution: Execution) -> str:
    """Version of the features that a sweep has read; "" of one that has not begun."""
    definition, _ = sealed.held(execution.workspace / SWEEPS / execution.name / DEFINITION)
    return str(definition.get("feature_set", ""))


def continued(
    name: str, workspace: Path, experiment: dict[str, Any], execution: dict[str, Any]
) -> tuple[Experiment, Execution]:
    """The sweep's own experiment and execution, with what is given anew.

    Raises ConfigError, with both values, for what would change numbers: any field of the experiment but more
    trials or seeds, and another arithmetic.
    """
    folder = folder_of(name, workspace)
    # an address that was taken once, and is no more, keeps nobody from giving another
    asked, how = held(folder, {key: execution[key] for key in ("tracking_uri",) if key in execution})
    now = absolute(asked.but(**experiment))
    differ = []
    for field in Experiment.model_fields:
        old, new = getattr(asked, field), getattr(now, field)
        if old == new or (field in GROWING and new > old):
            continue
        if field == "settings":
            keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
            differ += [
                f"{key}: was {old.get(key, 'not set')!r}, now {new.get(key, 'not set')!r}" for key in keys
            ]
        else:
            differ.append(f"{field}: was {_short(old)}, now {_short(new)}")
    then = how.but(**execution | {"name": name, "workspace": workspace})
    if then.arithmetic != how.arithmetic:
        differ.append(f"arithmetic: was {how.arithmetic!r}, now {then.arithmetic!r}")
    if differ:
        raise ConfigError(
            f"sweep {name!r} was started differently, so it cannot be resumed: {'; '.join(differ)}"
        )
    return now, then


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return (
            ", ".join(f"{one.name} in {one.root}" if hasattr(one, "root") else str(one) for one in value)
            or "none"
        )
    return repr(value)
