"""What spotting leaves in a workspace, and what of it may go: tables of spotsweeps, folds of theirs, curves
of videos.

Folds say which code made them, and those of older code are never read again. Curves do not; ``spot`` and
``spotsweep`` make them again from the videos. Neither is a result: a table stays when they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.common.errors import ConfigError
from orchestrator.sweeps.cleaning import Part, bytes_of, in_use, remover
from orchestrator.workspace.listed import COMPLETE, RUNS
from orchestrator.workspace.spotsweeps import CURVES, FOLDS, listed, spotsweeps
from orchestrator.workspace.stale import CURRENT, OLDER, UNKNOWN
from orchestrator.workspace.sweep_folder import KINDS

if TYPE_CHECKING:
    from orchestrator.spotting.kept import Held, Kept

VIDEOS = "curves of videos"  # what Part.what calls them
UNSAID = "of code that its program did not say"


def of_workspace(workspace: Path) -> list[Part]:
    """All that is there. What is OLDER may go. Raises OSError."""
    tables = spotsweeps(workspace)
    parts = [
        Part(f"spotsweep {one.name}", one.state, 1, bytes_of(workspace / KINDS["spotsweep"] / one.name))
        for one in tables
    ]
    open_ = {job: one.name for one in tables for job in one.folds if one.state != COMPLETE}
    return [*parts, *_folds(workspace, open_), *_curves(workspace)]


def resumable(workspace: Path) -> list[Part]:
    """Folds and curves, of all code: what ``spot`` and ``spotsweep`` go on with. Raises ConfigError while a
    spotsweep runs; OSError."""
    if running := [one.name for one in spotsweeps(workspace) if one.state == RUNS]:
        raise ConfigError(f"spotsweep {running[0]!r} runs just now; end it first (Ctrl-C in its terminal)")
    return [*_folds(workspace, {}), *_curves(workspace)]


def of_spotsweep(folder: Path, workspace: Path) -> list[Part]:
    """The folder of one, and its folds as far as no other spotsweep of the workspace uses them. Curves stay:
    they are of videos, and of no spotsweep. Raises ConfigError for one that runs; OSError."""
    own = listed(folder)
    if own.state == RUNS:
        raise ConfigError(f"spotsweep {own.name!r} runs just now; end it first (Ctrl-C in its terminal)")
    others = {job for one in spotsweeps(workspace) if one.name != own.name for job in one.folds}
    store = _store(workspace)
    its = [one for one in store.held() if one.job_id in own.folds] if store else []
    free = [one for one in its if one.job_id not in others]
    parts = [Part(f"spotsweep {own.name}", "its tables", 1, bytes_of(folder), remover(folder))]
    if store and free:
        size = sum(one.bytes for one in free)
        parts.append(
            Part("its spotting folds", "no other spotsweep has them", len(free), size, _deleter(store, free))
        )
    if len(its) > len(free):
        parts.append(
            Part("its spotting folds", "stay: other spotsweeps have them too", len(its) - len(free), 0)
        )
    return parts


def _store(workspace: Path) -> Kept | None:
    """None where nothing was ever kept: what knows spotters takes seconds to import."""
    if not (workspace / FOLDS).is_dir():
        return None
    from orchestrator.spotting.kept import Kept

    return Kept(workspace / FOLDS)


def _folds(workspace: Path, open_: dict[str, str]) -> Iterator[Part]:
    """open_: fold -> a spotsweep that has not ended and has it."""
    if (store := _store(workspace)) is None:
        return
    groups: dict[tuple[str, str], list[Held]] = {}
    for one in store.held():
        state = _state(one)
        if state == OLDER and one.job_id in open_:
            state = in_use(f"spotsweep {open_[one.job_id]}")
        groups.setdefault((one.what or "folds and classes", state), []).append(one)
    for (what, state), of in sorted(groups.items()):
        yield Part(f"spotting: {what}", state, len(of), sum(one.bytes for one in of), _deleter(store, of))


def _state(one: Held) -> str:
    from orchestrator.spotting import corpus, jobs
    from orchestrator.spotting.kept import CLASSES_BY, FOLDS_OF
    from orchestrator.spotting.spotters import spotters

    if one.what.startswith(FOLDS_OF):
        spotter = one.what.removeprefix(FOLDS_OF)
        if spotter not in spotters():
            return UNKNOWN
        return CURRENT if one.code == jobs.version(spotter) else OLDER
    if one.what.startswith(CLASSES_BY):
        return CURRENT if one.code == corpus.recognising_code() else OLDER
    return UNSAID


def _curves(workspace: Path) -> Iterator[Part]:
    folder = workspace / CURVES
    if count := sum(path.is_dir() for path in folder.glob("*")):
        yield Part(VIDEOS, "made again from the videos", count, bytes_of(folder), remover(folder))


def _deleter(store: Kept, which: Iterable[Held]) -> Callable[[], object]:
    return lambda: store.delete([one.job_id for one in which])
