"""What an extraction has to make, and one shard of it: decided without a pixel, carried to every worker.

A shard holds up to CLIPS_PER_SHARD clips of one person and is named by their labels and files. So a new clip,
a corrected label or another choice of people costs only the shards that it changes, and a part of a corpus
shares its shards with the whole.

A shard with a quarantined clip is made again as long as this machine may be to blame (what it could not read
is in no clip's name).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from preprocessing import places
from preprocessing.choice import Choice
from preprocessing.contents import Contents
from preprocessing.datasets import DATASETS
from preprocessing.datasets.reading import read
from preprocessing.decode import FramesError
from preprocessing.files import Files, danger, files_of
from preprocessing.gaps import runs
from preprocessing.inputs import INPUTS, Settings
from preprocessing.known import nearest
from preprocessing.pipeline import UNREAD, Pipeline
from preprocessing.pipelines import ready
from preprocessing.places import Place, map_places, of_home
from preprocessing.plugins import Plugin, install
from preprocessing.schema import INDEX, QUARANTINE, Clip, CorpusError, FeatureSpec, shard_done, write_shard
from preprocessing.tries import Tries
from preprocessing.versions import parameters

LISTS = {INDEX, QUARANTINE}  # written when every shard is there
CLIPS_PER_SHARD = 8  # at most: small enough to show progress and to lose little, large enough not to litter


@dataclass(frozen=True)
class Plan:
    """What an extraction has to make. It pickles; a worker needs nothing else.

    specs, folders  input name -> its specification, and the folder to read when all is done.
    names, shards   of each shard its name, and its clips.
    pictures        the clips are ready flow pictures.
    home            the corpus' folder, absolute, as it was given and with links followed. Neither is part of
                    a shard's name or of its texts: a corpus that is linked or copied is the corpus itself.
    states          of each shard, Files.state of its clips as the plan saw them.
    plugins         whose corpora and inputs the plan needs: ``make_shard`` finds them installed.
    """

    corpus: str
    specs: dict[str, FeatureSpec]
    folders: dict[str, Place]
    names: tuple[str, ...]
    shards: tuple[tuple[Clip, ...], ...]
    settings: Settings
    pictures: bool = False
    plugins: tuple[Plugin, ...] = ()
    home: tuple[str, str] = ("", "")
    states: tuple[str, ...] = ()

    def missing(self) -> list[int]:
        """Numbers of the shards that some input still lacks, or has to be tried again."""
        done = [
            map_places(self.settled, [self.shard(name, i) for i in range(len(self.shards))])
            for name in self.specs
        ]
        return [i for i, inputs in enumerate(zip(*done, strict=True)) if not all(inputs)]

    def settled(self, shard: Place) -> bool:
        """True if a shard is there, and none of its clips has to be tried again."""
        marker = shard_done(shard)
        return marker is not None and not marker.get("unread", 0)

    def gone(self, *, had: bool = False) -> list[int]:
        """Numbers of the shards that were there once and are not: a list of them is there, or, with nothing
        left of the corpus' features, somebody had them (had: a sweep that goes on). Looks at names alone."""
        lost: set[int] = set()
        for folder in self.folders.values():
            if LISTS & places.names(folder) or (had and not places.names(folder.parent)):
                there = places.names(folder.parent / "shards")
                lost |= {
                    number
                    for number, name in enumerate(self.names)
                    if not {f"{name}.parquet", f"{name}.json"} <= there
                }
        return sorted(lost)

    @property
    def content(self) -> str:
        """Digest of the labels and the files' bytes of all clips."""
        return _content(self.names)

    def lists_gone(self) -> list[str]:
        """Those of index.json and quarantine.csv that are not there while the other one is, as
        "FILE (INPUT)". Looks at names alone."""
        there = ((name, LISTS & places.names(folder)) for name, folder in self.folders.items())
        return [f"{file} ({name})" for name, held in there if held for file in sorted(LISTS - held)]

    def shard(self, name: str, number: int) -> Place:
        return self.folders[name].parent / "shards" / f"{self.names[number]}.parquet"


def plan(
    corpus: str,
    root: Path,
    names: Iterable[str],
    out: Place,
    settings: Settings | None = None,
    choice: Choice | None = None,
    plugins: Collection[Plugin] = (),
) -> Plan:
    """Read the labels and decide everything that can be decided without a pixel.

    plugins  are installed first, here and in every worker. Raises CorpusError, PluginError.
    """
    install(plugins)
    settings = settings or Settings()
    root = Path(of_home(str(root))).absolute()  # a worker's process has another working directory
    home = (str(root), os.path.realpath(root) if root.is_dir() else str(root))
    clips = (choice or Choice()).of(read(corpus, root))
    pictures = DATASETS[corpus].PICTURES
    people: dict[str, list[Clip]] = {}
    for clip in clips:
        people.setdefault(clip.subject, []).append(clip)
    size = CLIPS_PER_SHARD
    shards = tuple(tuple(mine[i : i + size]) for mine in people.values() for i in range(0, len(mine), size))
    seen: dict[Path, Files] = {}
    contents = Contents(home[1], out)
    marks = tuple(_mark(shard, settings, seen, home, contents) for shard in shards)
    states = tuple(_state(shard, seen) for shard in shards)
    contents.keep()
    specs = {name: spec(name, settings, pictures=pictures) for name in names}
    folders = {name: out / one.version / f"corpus={corpus}" / _content(marks) for name, one in specs.items()}
    return Plan(corpus, specs, folders, marks, shards, settings, pictures, tuple(plugins), home, states)


def spec(name: str, settings: Settings, *, pictures: bool) -> FeatureSpec:
    """Specification of one feature set.

    pictures  the corpus holds ready flow pictures. Raises CorpusError for an unknown name, and for an input
              that cannot be read off those.
    """
    if name not in INPUTS:
        raise CorpusError(nearest(name, INPUTS, "feature set"))
    source = INPUTS[name]
    if pictures and not source.picture_unit:
        can = ", ".join(n for n, i in INPUTS.items() if i.picture_unit)
        raise CorpusError(
            f"feature set {name} needs frames, and this corpus holds ready flow pictures; off those can be "
            f"read: {can}"
        )
    return FeatureSpec(
        name,
        source.kind,
        source.picture_shape() if pictures else source.shape(settings),
        source.picture_unit if pictures else source.unit,
        source.channels,
        parameters(name, settings, pictures=pictures),
        source.dtype,
    )


def _content(names: Collection[str]) -> str:
    return _digest(list(names))[:10]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _identity(
    clip: Clip, settings: Settings, seen: dict[Path, Files], home: tuple[str, str], contents: Contents
) -> dict[str, Any]:
    """What must be unchanged for a clip's row to be still right: its labels, and name and bytes of each of
    its files; of one that lacks frames, how they are bridged. home: as Plan has it. seen: by frames, so that
    a recording of many clips is looked at once."""
    # not asdict, which copies every value
    label: dict[str, Any] = {one.name: getattr(clip, one.name) for one in fields(clip)}
    label["frames"] = clip.frames.name
    label["problem"] = _without_home(clip.problem, home)
    if clip.problem:
        return label
    try:
        mine = _files(clip, seen)
        label["content"] = contents.of(mine)
    except FramesError as error:  # the row itself will say so; here it is a state like any other
        return label | {"unreadable": _without_home(str(error), home)}
    if mine.numbers:
        first = mine.numbers[0] if clip.onset is None else clip.onset
        last = mine.numbers[-1] if clip.offset is None else clip.offset
        if runs(mine.numbers, first, last):
            label["bridged"] = settings.max_gap
    return label


def _files(clip: Clip, seen: dict[Path, Files]) -> Files:
    if clip.frames not in seen:
        seen[clip.frames] = files_of(clip.frames)
    return seen[clip.frames].between(clip.onset, clip.offset)


def _without_home(text: str, home: tuple[str, str]) -> str:
    for folder in home:
        text = text.replace(f"{folder}{os.sep}", "") if folder.strip(os.sep) else text
    return text


def _mark(
    clips: Iterable[Clip],
    settings: Settings,
    seen: dict[Path, Files],
    home: tuple[str, str],
    contents: Contents,
) -> str:
    return _digest([_identity(clip, settings, seen, home, contents) for clip in clips])


def _state(clips: Iterable[Clip], seen: dict[Path, Files]) -> str:
    """Digest of Files.state of the clips; seen as in ``_identity``."""
    states = []
    for clip in clips:
        try:
            states.append("" if clip.problem else _files(clip, seen).state)
        except FramesError as error:
            states.append(str(error))
    return _digest(states)


def make_shard(plan: Plan, pipeline: Pipeline, number: int) -> dict[str, int]:
    """Process the clips of one shard and write it for every input that lacks it. Returns counts. The unit of
    work of every runner.

    A clip that no decoder may have (files.danger), or that has ended its process before (tries.py), gets an
    error row like any other that fails. Raises CorpusError when files of the clips have changed since the
    plan was made: a shard never holds what its name does not say; NoMediaPipe and SettingsError where this
    machine cannot look for faces.
    """
    begin = time.perf_counter()
    clips = plan.shards[number]
    missing = {name: spec for name, spec in plan.specs.items() if not plan.settled(plan.shard(name, number))}
    if not missing:
        return {"shard": number, "clips": len(clips), "failed": 0}
    _unchanged(plan, number)
    if not plan.pictures:
        ready(pipeline)
    tries = Tries(plan.shard(next(iter(missing)), number))
    rows = []
    for clip in clips:
        why = clip.problem or tries.refusal(clip) or danger(clip)
        if why:
            rows.append(pipeline.rows(replace(clip, problem=why), tuple(missing), pictures=plan.pictures))
            continue
        with tries.trying(clip):
            rows.append(pipeline.rows(clip, tuple(missing), pictures=plan.pictures))
    tries.over()
    _unchanged(plan, number)
    for row in [row for one in rows for row in one.values()]:
        row["error"] = _without_home(row["error"], plan.home)
    failed = 0
    for name, spec in missing.items():
        mine = [row[name] for row in rows]
        path = plan.shard(name, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        errors = {row["clip_id"]: row["error"] for row in mine if row["status"] != "ok"}
        facts = {
            "failed": len(errors),
            "errors": errors,
            "unread": sum(why.startswith(UNREAD) for why in errors.values()),
            "notes": {row["clip_id"]: row["notes"] for row in mine if row["notes"]},
            "seconds": time.perf_counter() - begin,
        }
        write_shard(path, mine, spec, facts)
        failed = max(failed, len(errors))
    tries.forget()
    return {"shard": number, "clips": len(rows), "failed": failed}


def _unchanged(plan: Plan, number: int) -> None:
    clips = plan.shards[number]
    if _state(clips, {}) == plan.states[number]:
        return
    # this machine may see a copy of the corpus, with times of its own
    if _mark(clips, plan.settings, {}, plan.home, Contents()) != plan.names[number]:
        raise CorpusError(
            f"files of clips {clips[0].clip_id} to {clips[-1].clip_id} have changed since this extraction "
            "began, or this machine sees others; every machine must see the same folder. Run the same "
            "command again: what is finished is kept"
        )
