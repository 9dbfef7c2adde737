"""What may go from a workspace, and what of it some sweep uses still.

A fold result and a feature set of older code are never read again by today's. They stay where a sweep that
has not ended, or that MLflow still lacks, names them: whoever goes back to that code can end it. Results and
features in a store of their own (--store) may be used from other workspaces, which nobody here knows.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orchestrator.common.errors import ConfigError
from orchestrator.sweeps import kept
from orchestrator.workspace import sealed
from orchestrator.workspace.listed import COMPLETE, RUNS, listed, sweeps
from orchestrator.workspace.stale import CURRENT, OLDER, UNKNOWN, found
from orchestrator.workspace.store import FoldStore
from orchestrator.workspace.sweep_folder import DEFINITION, SWEEPS, folder_of
from preprocessing.inputs import INPUTS, Settings, SettingsError
from preprocessing.places import Place, place
from preprocessing.plan import spec
from preprocessing.schema import FeatureSpec, read_spec
from preprocessing.sealed import verified

RECORD = "mlflow.json"  # its "trials" say which jobs a sweep's results are of


@dataclass(frozen=True)
class Part:
    """Something of one kind: what, of which code (or why it stays), how many, bytes; ``remove`` does it."""

    what: str
    state: str
    count: int
    bytes: int
    remove: Callable[[], object] = field(repr=False, default=lambda: None)


@dataclass(frozen=True)
class Uses:
    """Of one sweep: the jobs of its ended trials, (feature set, corpus) pairs, its model and table. known:
    False where its folder does not say. ended: it will not go on."""

    name: str
    jobs: frozenset[str]
    features: frozenset[tuple[str, str]]
    of: tuple[str, str]
    known: bool
    ended: bool


def uses(workspace: Path, but: str = "") -> list[Uses]:
    """Of all sweeps of a workspace, without the one called ``but``."""
    return [_uses(workspace / SWEEPS / one.name) for one in sweeps(workspace) if one.name != but]


def _uses(folder: Path) -> Uses:
    asked, record = (sealed.held(folder / name)[0] for name in (DEFINITION, RECORD))
    trials = record.get("trials", {}).values()
    version, corpora = str(asked.get("feature_set", "")), str(asked.get("corpus", "")).split("+")
    return Uses(
        folder.name,
        frozenset(job for trial in trials for job in trial.get("jobs", ())),
        frozenset((version, corpus) for corpus in corpora),
        (str(asked.get("model")), str(asked.get("content"))),
        known=bool(asked and record),
        ended=listed(folder).state == COMPLETE and record.get("ended") == "finished",
    )


def of_workspace(workspace: Path, store: Place) -> list[Part]:
    """All that is there: fold results, with their weights, and feature sets, of each corpus, model and code.
    What is OLDER may go. Raises OSError when the store cannot be reached."""
    open_ = [one for one in uses(workspace) if not one.ended]
    jobs = {job for one in open_ for job in one.jobs}
    folds = FoldStore(store / "folds")
    weights = folds.weights_held()
    groups: dict[tuple[str, str], list[Any]] = {}
    for one in found(folds):
        state = (
            in_use("a sweep that has not ended") if one.job_id in jobs and one.state == OLDER else one.state
        )
        groups.setdefault((one.model or "(not said)", state), []).append(one)
    parts = [
        Part(
            f"folds of {model}" + _weighty(sum(one.job_id in weights for one in of)),
            state,
            len(of),
            sum(one.bytes + weights.pop(one.job_id, 0) for one in of),
            _deleter(folds, of),
        )
        for (model, state), of in sorted(groups.items())
    ]
    if alone := dict(weights):
        remove = partial(folds.delete, list(alone))
        parts.append(
            Part("weights of folds without a result", OLDER, len(alone), sum(alone.values()), remove)
        )
    return parts + list(_feature_sets(store, open_))


def _weighty(count: int) -> str:
    return f", {count} with weights" if count else ""


def in_use(by: str) -> str:
    """The state of what is OLDER and stays."""
    return f"{OLDER}, used by {by}"


def _feature_sets(store: Place, open_: Iterable[Uses]) -> Iterator[Part]:
    if not isinstance(store, Path):
        return  # a bucket's are as cheap to list as they are dear: its owner's rules delete them
    for folder in sorted((store / "features").glob("*/corpus=*")):
        version, corpus = folder.parent.name, folder.name.removeprefix("corpus=")
        state = state_of_features(folder, version)
        by = next((one.name for one in open_ if (version, corpus) in one.features), "")
        if by and state == OLDER:
            state = in_use(f"sweep {by}")
        shards = len(list(folder.glob("shards/*.parquet")))
        yield Part(f"features {version} of {corpus}", state, shards, bytes_of(folder), remover(folder))


def state_of_features(folder: Path, version: str) -> str:
    """Whether today's code makes a feature set of this version: CURRENT, OLDER, or UNKNOWN (a plugin's)."""
    for shard in sorted(folder.glob("shards/*.parquet")):
        try:
            whole = verified(shard)[0]
            held: FeatureSpec = read_spec(pq.read_schema(whole), shard)
        except (OSError, ValueError):
            continue  # damaged, or of an older schema
        if held.name not in INPUTS:
            return UNKNOWN
        given = {name: value for name, value in held.parameters.items() if name != "code"}
        pictures = bool(INPUTS[held.name].picture_unit) and not given
        try:
            now = spec(held.name, Settings(**given), pictures=pictures)
        except (TypeError, SettingsError):
            return OLDER  # a setting that is no more
        return CURRENT if now.version == version else OLDER
    return OLDER


def of_sweep(name: str, workspace: Path) -> list[Part]:
    """A sweep's folder, and its folds and features as far as no other sweep of the workspace uses them.

    Raises ConfigError for a name that no sweep has, and for a sweep that runs.
    """
    folder = folder_of(name, workspace)
    if listed(folder).state == RUNS:
        raise ConfigError(f"sweep {name!r} runs just now; end it first (Ctrl-C in its terminal)")
    own, others = _uses(folder), uses(workspace, but=name)
    parts = [Part(f"sweep {name}", "its report, tables, model", 1, bytes_of(folder), remover(folder))]
    elsewhere = _store_elsewhere(folder)
    if elsewhere:
        return [*parts, Part("its folds and features", f"stay: others may use {elsewhere}", 0, 0)]
    return [*parts, *_its_folds(own, others, place(workspace)), *_its_features(own, others, workspace)]


def _its_folds(own: Uses, others: list[Uses], store: Place) -> Iterator[Part]:
    open_ = [one.name for one in others if not one.known or (not one.ended and one.of == own.of)]
    if open_:
        yield Part("its folds", f"stay: sweep {open_[0]} may use them", 0, 0)
        return
    folds = FoldStore(store / "folds")
    of_others = {job for one in others for job in one.jobs}
    its = [
        one
        for one in folds.held()
        if one.job_id in own.jobs or (one.of and (one.of["model"], one.of["corpus"]) == own.of)
    ]
    free = [one for one in its if one.job_id not in of_others]
    weights = folds.weights_held()
    size = sum(one.bytes + weights.get(one.job_id, 0) for one in free)
    yield Part("its folds", "no other sweep has them", len(free), size, _deleter(folds, free))
    if len(its) > len(free):
        yield Part("its folds", "stay: other sweeps have them too", len(its) - len(free), 0)


def _deleter(folds: FoldStore, which: Iterable[Any]) -> Callable[[], object]:
    return lambda: folds.delete([one.job_id for one in which])


def _its_features(own: Uses, others: list[Uses], workspace: Path) -> Iterator[Part]:
    unsure = next((one.name for one in others if not one.known), "")
    for version, corpus in sorted(own.features):
        folder = workspace / "features" / version / f"corpus={corpus}"
        if not version or not folder.is_dir():
            continue
        by = unsure or next((one.name for one in others if (version, corpus) in one.features), "")
        what = f"features {version} of {corpus}"
        if by:
            yield Part(what, f"stay: sweep {by} uses them", 0, 0)
        else:
            shards = len(list(folder.glob("shards/*.parquet")))
            yield Part(what, "no other sweep uses them", shards, bytes_of(folder), remover(folder))


def _store_elsewhere(folder: Path) -> str:
    """The sweep's own --store, where it is not the workspace; "" else. Raises ConfigError where its folder
    does not say."""
    try:
        return kept.held(folder)[1].store
    except (ConfigError, sealed.Damaged):
        return ""  # an older program's, which is known by its folder alone


def bytes_of(folder: Path) -> int:
    """Of all that lies in it."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def remover(folder: Path) -> Callable[[], object]:
    """Function that deletes it, and a feature set's folder with its last corpus."""

    def remove() -> None:
        shutil.rmtree(folder)
        if folder.name.startswith("corpus=") and not any(folder.parent.iterdir()):
            folder.parent.rmdir()

    return remove
