"""A corpus -> a finished feature set, on disk or in an S3 bucket: plan the shards, do what is missing, count
what failed. No Ray in here, and nothing is printed.

Layout of the output folder::

    <out>/<feature set version>/corpus=<name>/
        shards/<digest of its clips>.parquet + .json (done marker with the SHA-256, written last) ...
        shards/<digest of its clips>.tries     while it is made: clips that ended the process (tries.py)
        <digest of all clips>/index.json       written when every shard is done; names the shards
        <digest of all clips>/quarantine.csv   one line per clip with status error

Beside it ``<out>/contents/`` remembers what the clips' files hold (contents.py); it can be deleted.
What is damaged is set aside as ``*.damaged``, named in the log, and made again.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preprocessing import sealed
from preprocessing.cells import escaped
from preprocessing.choice import Choice
from preprocessing.inputs import Settings
from preprocessing.pipelines import pipeline
from preprocessing.places import Place, make_folder, map_places, place, write_atomically
from preprocessing.plan import Plan, make_shard, plan
from preprocessing.plugins import Plugin
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.config import GENERATOR_VERSION
from preprocessing.schema import INDEX, QUARANTINE, Clip, CorpusError, read_index
from preprocessing.task_landmarks import identity


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
Runner = Callable[[Plan, list[int]], Iterator[dict[str, int]]]  # makes shards by number, gives counts of each


@dataclass(frozen=True)
class Extraction:
    """What came of it. folders: input name -> folder to read. clips, quarantined: counts, the latter of the
    input that loses most. extracted: clips done in this run. labelled: the clips themselves, as the labels
    have them. notes: sentences on what a reader should know of the values (column ``notes``)."""

    folders: dict[str, Place]
    clips: int
    quarantined: int
    extracted: int
    seconds: float
    labelled: tuple[Clip, ...] = ()
    notes: tuple[str, ...] = ()


def inline(plan: Plan, numbers: list[int]) -> Iterator[dict[str, int]]:
    """Runner in this very process: for a debugger, tests and corpora of ready pictures."""
    made = pipeline(tuple(plan.specs), plan.settings)
    for number in numbers:
        yield make_shard(plan, made, number)


def run(
    plan: Plan,
    runner: Runner = inline,
    *,
    max_failed: float = 0.2,
    report: Report | None = None,
) -> Extraction:
    """Make the missing shards, then the index and the quarantine list.

    max_failed  share of quarantined clips above which TooManyFailures is raised (after everything has been
                written).
    Raises OSError when the output cannot be written; what is finished stays, the next run goes on from there.
    Raises CorpusError when a clip's files change while they are read.
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
    lost: dict[str, dict[str, str]] = {}
    notes: list[str] = []
    for name, folder in plan.folders.items():
        markers = map_places(_marker, [plan.shard(name, i) for i in range(len(plan.shards))])
        errors = lost[name] = {clip: why for marker in markers for clip, why in marker["errors"].items()}
        # a marker of an older program has no notes
        told = [one for marker in markers for one in marker.get("notes", {}).items()]
        notes += _in_words(name, told, total)
        listed = _quarantine(errors)
        if not missing and _finished(folder, listed):
            continue  # finished before, perhaps by someone else, in a store that may only be read from here
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / QUARANTINE, lambda path, text=listed: path.write_bytes(text))
        index = {
            "shards": [f"../shards/{s.name}" for s in (plan.shard(name, i) for i in range(len(plan.shards)))],
            "clips": total,
            "quarantined": len(errors),
            "quarantine_sha256": sealed.sha256(listed),
        }
        sealed.write(folder / INDEX, index)
    name, errors = max(lost.items(), key=lambda one: len(one[1]))
    if len(errors) > max_failed * total:
        some = "; ".join(f"{k}: {v}" for k, v in list(errors.items())[:3])
        raise TooManyFailures(
            f"{len(errors)} of {total} clips of {plan.corpus} cannot be used for {name}, more than the "
            f"allowed share {max_failed}; first: {some}; "
            f"all: {plan.folders[name] / QUARANTINE}"
        )
    clips = tuple(clip for shard in plan.shards for clip in shard)
    seconds = time.perf_counter() - begin
    return Extraction(dict(plan.folders), total, len(errors), extracted, seconds, clips, tuple(notes))


def _in_words(name: str, notes: Iterable[tuple[str, str]], total: int) -> list[str]:
    """A sentence for each kind of note of an input's rows: what stands before the colon."""
    kinds: dict[str, list[str]] = {}
    for clip, text in notes:
        for line in text.splitlines():
            kind, _, more = line.partition(": ")
            kinds.setdefault(kind, []).append(f"{clip} ({more})")
    return [
        f"{name}: {len(mine)} of {total} clips have {kind}, as {', '.join(mine[:3])}"
        f"{' ...' if len(mine) > 3 else ''}; the column notes tells of each"
        for kind, mine in kinds.items()
    ]


def _finished(folder: Place, now: bytes) -> bool:
    """True if the index and the quarantine list are there as they were written, and say what holds ``now``.
    What is damaged is set aside and named in the log."""
    listed = folder / QUARANTINE
    try:
        wanted = read_index(folder)["quarantine_sha256"]
    except FileNotFoundError:
        return False
    except sealed.Damaged as error:
        sealed.set_aside(folder / INDEX, error)
        return False
    if wanted != sealed.sha256(now):  # a shard that others share was made again
        return False
    try:
        sealed.check_kind(listed)
        if sealed.sha256(listed.read_bytes()) != wanted:
            raise sealed.Damaged(listed, "it does not agree with the checksum in index.json")
    except FileNotFoundError:
        return False
    except sealed.Damaged as error:
        sealed.set_aside(listed, error)
        return False
    return True


def _marker(shard: Place) -> dict[str, Any]:
    try:
        return sealed.read(shard.with_suffix(".json"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{shard} was made, but is not there for this process: do all machines share that folder? "
            "If not, give --store a path that they share, or s3://bucket/prefix"
        ) from error


def _quarantine(errors: dict[str, str]) -> bytes:
    """quarantine.csv, UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["clip_id", "error"])
    writer.writerows((escaped(clip), escaped(why)) for clip, why in errors.items())
    return text.getvalue().encode("utf-8", "surrogateescape")


def prepare(
    corpus: str,
    root: Path | None,
    names: Iterable[str],
    workspace: Path,
    *,
    store: str | None = None,
    settings: Settings | None = None,
    choice: Choice | None = None,
    plugins: Collection[Plugin] = (),
    workers: int = 0,
    max_failed: float = 0.2,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Extraction:
    """Features of a corpus, made if they are not there: what a sweep calls before it starts.

    root     the corpus' folder; None only for ``synthetic``, which is then rendered into the workspace. A
             path that every machine at work has mounted, never s3://: raw clips are licensed, and stay where
             their licence put them.
    store    where ``features/`` is kept: a path or s3://bucket/prefix (places.place); None = the workspace.
    plugins  files of one's own that hold the corpus or an input; they travel to the workers.
    workers  Ray Data actors (Ray must be running); 0 = this process.
    report   is told of every shard; say, once, that nothing was missing, and of what a reader should know.
    Raises CorpusError, TooManyFailures, PluginError, PlaceError, OSError.
    """
    todo = planned(corpus, root, names, workspace, store, settings, choice, plugins, report)
    if say and (text := gone(todo)):
        say(text)
    return prepared(todo, workers, max_failed, report, say)


def gone(todo: Plan, *, had: bool = False) -> str:
    """What to say of features that were there once and are made again, and of their lists, which are written
    again from the shards (they hold nothing else); "" if none are gone. had: as Plan.gone."""
    said = []
    if lost := todo.gone(had=had):
        clips = sum(len(todo.shards[one]) for one in lost)
        said.append(
            f"features of {todo.corpus} were there and are gone, {len(lost)} of {len(todo.shards)} shards "
            f"(as {todo.names[lost[0]]}): of {clips} clips they are made again"
        )
    if lists := todo.lists_gone():
        said.append(f"features of {todo.corpus} lack {' and '.join(lists)}: written again from the shards")
    return "; ".join(said)


def planned(
    corpus: str,
    root: Path | None,
    names: Iterable[str],
    workspace: Path,
    store: str | None = None,
    settings: Settings | None = None,
    choice: Choice | None = None,
    plugins: Collection[Plugin] = (),
    report: Report | None = None,
) -> Plan:
    """The first half of ``prepare``, which needs no Ray and finds a wrong root, label, file or choice."""
    out = place(store or workspace) / "features"  # a wrong address is told before anything is rendered
    identity((settings or Settings()).landmarker)  # as is a wrong file
    root = root or synthetic_root(corpus, workspace, report)
    return plan(corpus, root, names, out, settings, choice, plugins)


def prepared(
    todo: Plan,
    workers: int = 0,
    max_failed: float = 0.2,
    report: Report | None = None,
    say: Callable[[str], None] | None = None,
) -> Extraction:
    """The second half of ``prepare``."""
    for folder in todo.folders.values():
        if isinstance(folder, Path):
            with contextlib.suppress(PermissionError):  # all may be there, to be read
                make_folder(folder.parent)
    runner: Runner = inline
    if workers and not todo.pictures:  # reading ready pictures is faster than starting actors
        from preprocessing.distribute import with_ray  # Ray Data only where it is used

        runner = with_ray(workers, say)
    done = run(todo, runner, max_failed=max_failed, report=report)
    if say and not done.extracted:
        say(f"features of {todo.corpus} are there: {', '.join(s.version for s in todo.specs.values())}")
    if say:
        for sentence in done.notes:
            say(sentence)
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
