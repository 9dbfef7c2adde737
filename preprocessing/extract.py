"""A corpus -> a finished feature set, on disk or in an S3 bucket: plan the shards, do what is missing, count
what failed. No Ray in here.

Layout of the output folder::

    <out>/<feature set version>/corpus=<name>/
        shards/<digest of its clips>.parquet + .json (done marker, written last) ...
        <digest of all clips>/index.json       written when every shard is done; names the shards
        <digest of all clips>/quarantine.csv   one line per clip with status error

A shard holds up to CLIPS_PER_SHARD clips of one person and is named by their labels and files. So a new clip,
a corrected label or another choice of people costs only the shards that it changes, and a part of a corpus
shares its shards with the whole.
"""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from preprocessing.apex import SPOTTERS
from preprocessing.choice import Choice
from preprocessing.datasets import DATASETS
from preprocessing.datasets.reading import read
from preprocessing.decode import FramesError
from preprocessing.frames import fingerprint
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.view import MIDDLE
from preprocessing.pipeline import Pipeline
from preprocessing.places import Place, map_places, place, write_atomically
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.config import GENERATOR_VERSION
from preprocessing.schema import Clip, CorpusError, FeatureSpec, shard_done, write_shard
from preprocessing.versions import code_version

CLIPS_PER_SHARD = 8  # at most: small enough to show progress and to lose little, large enough not to litter


class TooManyFailures(CorpusError):
    """More clips were quarantined than the user allows. The feature set is complete and its quarantine.csv
    says why."""


@dataclass(frozen=True)
class Progress:
    """How far a preparation is: "rendering" or "extracting", clips done and in all, how many are quarantined,
    clips per second."""

    what: str
    done: int
    total: int
    quarantined: int
    per_second: float

    @property
    def note(self) -> str:
        """As "3.1 clips/s, about 0:12 left, 1 quarantined"."""
        parts = []
        if self.per_second > 0:
            left = round((self.total - self.done) / self.per_second)
            parts = [f"{self.per_second:.1f} clips/s", f"about {left // 60}:{left % 60:02d} left"]
        return ", ".join(parts + ([f"{self.quarantined} quarantined"] if self.quarantined else []))


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Plan:
    """What an extraction has to make: for each input its specification and folder, and for each shard its
    name and clips."""

    corpus: str
    specs: dict[str, FeatureSpec]
    folders: dict[str, Place]
    names: tuple[str, ...]
    shards: tuple[tuple[Clip, ...], ...]
    settings: Settings

    def missing(self) -> list[int]:
        """Numbers of the shards that some input still lacks."""
        done = [
            map_places(shard_done, [self.shard(name, i) for i in range(len(self.shards))])
            for name in self.specs
        ]
        return [i for i, inputs in enumerate(zip(*done, strict=True)) if not all(inputs)]

    def shard(self, name: str, number: int) -> Place:
        return self.folders[name].parent / "shards" / f"{self.names[number]}.parquet"


@dataclass(frozen=True)
class Extraction:
    """What came of it. folders: input name -> folder to read. clips, quarantined: counts. extracted: clips
    done in this run."""

    folders: dict[str, Place]
    clips: int
    quarantined: int
    extracted: int
    seconds: float


def plan(
    corpus: str,
    root: Path,
    names: Iterable[str],
    out: Place,
    settings: Settings | None = None,
    choice: Choice | None = None,
) -> Plan:
    """Read the labels and decide everything that can be decided without a pixel. Raises CorpusError."""
    settings = settings or Settings()
    if settings.apex != MIDDLE and settings.apex not in SPOTTERS:
        raise CorpusError(
            f"apex {settings.apex!r} is no way to find one; known: {', '.join([MIDDLE, *SPOTTERS])}"
        )
    clips = (choice or Choice()).of(read(corpus, root))
    people: dict[str, list[Clip]] = {}
    for clip in clips:
        people.setdefault(clip.subject, []).append(clip)
    size = CLIPS_PER_SHARD
    shards = tuple(tuple(mine[i : i + size]) for mine in people.values() for i in range(0, len(mine), size))
    marks = tuple(_digest([_identity(clip) for clip in shard]) for shard in shards)
    specs = {name: spec_of(name, settings, pictures=DATASETS[corpus].PICTURES) for name in names}
    folders = {
        name: out / spec.version / f"corpus={corpus}" / _digest(marks)[:10] for name, spec in specs.items()
    }
    return Plan(corpus, specs, folders, marks, shards, settings)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def spec_of(name: str, settings: Settings, *, pictures: bool) -> FeatureSpec:
    """Specification of one feature set. Raises CorpusError for an unknown name."""
    if name not in INPUTS:
        raise CorpusError(f"unknown feature set {name!r}; known: {', '.join(INPUTS)}")
    source = INPUTS[name]
    if pictures and not source.picture_unit:
        can = ", ".join(n for n, i in INPUTS.items() if i.picture_unit)
        raise CorpusError(
            f"feature set {name} needs frames, and this corpus holds ready flow pictures; off those can be "
            f"read: {can}"
        )
    shape = source.picture_shape() if pictures else source.shape(settings)
    unit = source.picture_unit if pictures else source.unit
    return FeatureSpec(
        name,
        source.kind,
        shape,
        unit,
        source.channels,
        asdict(settings) | {"code": code_version()},
        source.dtype,
    )


def _identity(clip: Clip) -> dict[str, Any]:
    """What must be unchanged for a clip's row to be still right: its labels and its files' number, size and
    age."""
    label: dict[str, Any] = asdict(clip) | {"frames": str(clip.frames)}
    if clip.problem:
        return label
    try:
        return label | fingerprint(clip)
    except FramesError as error:  # the row itself will say so; here it is a state like any other
        return label | {"unreadable": str(error)}


def make_shard(plan: Plan, pipeline: Pipeline, number: int) -> dict[str, int]:
    """Process the clips of one shard and write it for every input that lacks it. Returns counts. The unit of
    work of every runner."""
    begin = time.perf_counter()
    missing = {name: spec for name, spec in plan.specs.items() if not shard_done(plan.shard(name, number))}
    rows = [pipeline.rows(clip, tuple(missing)) for clip in plan.shards[number]]
    failed = 0
    for name, spec in missing.items():
        mine = [row[name] for row in rows]
        failed = sum(row["status"] != "ok" for row in mine)
        path = plan.shard(name, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        errors = {row["clip_id"]: row["error"] for row in mine if row["status"] != "ok"}
        write_shard(
            path, mine, spec, {"failed": failed, "errors": errors, "seconds": time.perf_counter() - begin}
        )
    return {"shard": number, "clips": len(rows), "failed": failed}


def inline(plan: Plan, numbers: list[int]) -> Iterator[dict[str, int]]:
    """Runner in this very process: for a debugger, tests and corpora of ready pictures."""
    pipeline = Pipeline(tuple(plan.specs), plan.settings)
    for number in numbers:
        yield make_shard(plan, pipeline, number)


def run(
    plan: Plan,
    runner: Callable[[Plan, list[int]], Iterator[dict[str, int]]] = inline,
    *,
    max_failed: float = 0.2,
    report: Report | None = None,
) -> Extraction:
    """Make the missing shards, then the index and the quarantine list.

    max_failed  share of quarantined clips above which TooManyFailures is raised (after everything has been
                written).
    Raises OSError when the output cannot be written; what is finished stays, the next run goes on from there.
    """
    begin = time.perf_counter()
    missing = plan.missing()
    total = sum(len(s) for s in plan.shards)
    extracted = sum(len(plan.shards[i]) for i in missing)
    done, failed = total - extracted, 0
    if missing:
        for counts in runner(plan, missing):
            done, failed = done + counts["clips"], failed + counts["failed"]
            if report:
                fresh = done - total + extracted
                report(Progress("extracting", done, total, failed, fresh / (time.perf_counter() - begin)))
    errors: dict[str, str] = {}
    for name, folder in plan.folders.items():
        shards = [plan.shard(name, i) for i in range(len(plan.shards))]
        errors = {
            clip: why for marker in map_places(_marker, shards) for clip, why in marker["errors"].items()
        }
        if not missing and (folder / "index.json").is_file():
            continue  # finished before, perhaps by someone else, in a store that may only be read from here
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "quarantine.csv", lambda path, rows=errors: _write_quarantine(path, rows))
        index = json.dumps(
            {"shards": [f"../shards/{s.name}" for s in shards], "clips": total, "quarantined": len(errors)}
        )
        write_atomically(folder / "index.json", lambda path, text=index: path.write_text(text))
    if len(errors) > max_failed * total:
        some = "; ".join(f"{k}: {v}" for k, v in list(errors.items())[:3])
        raise TooManyFailures(
            f"{len(errors)} of {total} clips of {plan.corpus} cannot be used, more than the allowed share "
            f"{max_failed}; first: {some}; "
            f"all: {next(iter(plan.folders.values())) / 'quarantine.csv'}"
        )
    return Extraction(dict(plan.folders), total, len(errors), extracted, time.perf_counter() - begin)


def _marker(shard: Place) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(shard.with_suffix(".json").read_text())
        return held
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{shard} was made, but is not there for this process: do all machines share that folder? "
            "If not, give --store a path that they share, or s3://bucket/prefix"
        ) from error


def _write_quarantine(path: Path, errors: dict[str, str]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["clip_id", "error"])
        writer.writerows(errors.items())


def prepare(
    corpus: str,
    root: Path | None,
    names: Iterable[str],
    workspace: Path,
    *,
    store: str | None = None,
    settings: Settings | None = None,
    choice: Choice | None = None,
    workers: int = 0,
    max_failed: float = 0.2,
    report: Report | None = None,
    say: Callable[[str], None] = print,
) -> Extraction:
    """Features of a corpus, made if they are not there: what a sweep calls before it starts.

    root     the corpus' folder; None only for ``synthetic``, which is then rendered into the workspace. A
             path that every machine at work has mounted, never s3://: raw clips are licensed, and stay where
             their licence put them.
    store    where ``features/`` is kept: a path or s3://bucket/prefix (places.place); None = the workspace.
    workers  Ray Data actors (Ray must be running); 0 = this process.
    """
    out = place(store or workspace) / "features"  # a wrong address is told before anything is rendered
    root = root or synthetic_root(corpus, workspace, report)
    todo = plan(corpus, root, names, out, settings, choice)

    def actors(plan: Plan, missing: list[int]) -> Iterator[dict[str, int]]:
        from preprocessing.distribute import with_ray  # Ray Data only where it is used

        made: Iterator[dict[str, int]] = with_ray(workers)(plan, missing)
        return made

    runner = (
        actors if workers and not DATASETS[corpus].PICTURES else inline
    )  # reading ready pictures is faster than starting actors
    done = run(todo, runner, max_failed=max_failed, report=report)
    if not done.extracted:
        say(f"features of {corpus} are there: {', '.join(s.version for s in todo.specs.values())}")
    return done


def synthetic_root(corpus: str, workspace: Path, report: Report | None = None) -> Path:
    """Folder of the synthetic corpus inside the workspace, rendered if it is not there. Raises CorpusError
    for any other corpus."""
    if corpus != "synthetic":
        raise CorpusError(
            f"corpus {corpus} needs --root, the folder that holds it; only 'synthetic' is made here"
        )
    config = RenderConfig()
    root = (
        workspace
        / "corpora"
        / f"synthetic-{hashlib.sha256(repr((GENERATOR_VERSION, config)).encode()).hexdigest()[:8]}"
    )
    begin = time.perf_counter()

    def rendered(done: int, total: int) -> None:
        if report:
            report(Progress("rendering", done, total, 0, done / (time.perf_counter() - begin)))

    render_corpus(root, config, progress=rendered)
    return root
