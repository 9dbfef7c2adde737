"""A corpus of long videos -> its curves and its truth; its true micro-expressions as clips."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.common.errors import ConfigError
from orchestrator.inference.bundle import Bundle
from orchestrator.inference.video import ClipPredictor
from orchestrator.spotting.kept import CLASSES_BY, Kept
from orchestrator.spotting.loso import Recognise
from orchestrator.spotting.marked import Marked, Seen
from orchestrator.spotting.metrics import Spotted
from orchestrator.study.jobs import digest
from preprocessing import closure
from preprocessing.cells import escaped
from preprocessing.datasets.manifest import COLUMNS, FIRST
from preprocessing.files import files_of
from preprocessing.long_videos import LONG, LongVideo, read
from preprocessing.places import write_atomically
from preprocessing.spotting.clips import clips
from preprocessing.spotting.peaks import Interval
from preprocessing.spotting.run import Curves, SpotError, curves


@dataclass(frozen=True)
class Read:
    """marked: every recording, those that could not be read with nothing seen. curves: video -> its curves.
    unread: video -> why. notes: of the truth."""

    marked: list[Marked]
    curves: dict[str, Curves]
    unread: dict[str, str]
    notes: list[str]

    @property
    def people(self) -> list[str]:
        return sorted({one.person for one in self.marked})


def curves_of(videos: Sequence[LongVideo], kept: Path, told: Callable[[int, int, str], object]) -> Read:
    """The curves of every recording, kept as they come (preprocessing.spotting.run). told: (recordings done,
    in all, how many could not be read). Raises OSError where they cannot be kept."""
    marked, made = [], {}
    unread: dict[str, str] = {}
    for number, video in enumerate(videos, start=1):
        try:
            made[video.name] = curves(video.source, fps=video.fps, kept=kept)
            seen = Seen.of(made[video.name])
        except SpotError as error:
            unread[video.name], seen = str(error), Seen.nothing()
        true = tuple(
            Spotted(video.name, one.onset, one.offset, one.kind, one.emotion) for one in video.expressions
        )
        marked.append(Marked(video.name, video.person, seen, true))
        told(number, len(videos), f"{len(unread)} unread" if unread else "")
    if not made:
        name, why = next(iter(unread.items()))
        raise ConfigError(f"none of {len(videos)} recordings can be read; {name}: {why}")
    return Read(marked, made, unread, [note for video in videos for note in video.notes])


def with_classes(marked: Sequence[Marked], class_of: Callable[[list[str]], list[str]]) -> list[Marked]:
    """The same with classes in the place of emotion words. class_of: of words; "" has none."""
    words = sorted({one.emotion for video in marked for one in video.true})
    called = dict(zip(words, class_of(words), strict=True))
    return [
        replace(video, true=tuple(replace(one, emotion=called[one.emotion]) for one in video.true))
        for video in marked
    ]


def recognising(
    read: Read, kept: Kept, name: str, identity_of: Callable[[str], str], bundle_of: Callable[[str], Bundle]
) -> Recognise:
    """Function that asks a person's own model, which it makes when the person changes, and only for what is
    not kept. name: of the sweep that recognises; identity_of: digest of a person's model, without making
    it."""
    now: dict[str, ClipPredictor] = {}
    code = recognising_code()

    def recognise(person: str, video: str, intervals: list[Interval]) -> list[str]:
        made = read.curves[video]
        whose = digest([code, identity_of(person), video, files_of(made.source).state, made.rate.fps])
        held = (kept.load(whose) or {}).get("called", {})
        keys = [f"{one.onset} {one.apex} {one.offset}" for one in intervals]
        new = {key: one for key, one in zip(keys, intervals, strict=True) if key not in held}
        if new:
            if person not in now:
                now.clear()
                now[person] = ClipPredictor(bundle_of(person))
            said = [now[person](clip).called or "" for clip in clips(made, list(new.values()))]
            held |= dict(zip(new, said, strict=True))
            kept.save(whose, {"called": held}, f"{CLASSES_BY}{name}", code)
        return [held[key] for key in keys]

    return recognise


def recognising_code() -> str:
    """16 hex digits: of what makes a class of a clip, beside the model."""
    return closure.digest(["orchestrator.inference.video"])


def about(read: Read) -> dict[str, Any]:
    """What the table is of. first: the number by which a result file counts a video's first frame."""
    true = [one for video in read.marked for one in video.true]
    folders = any(made.source.is_dir() for made in read.curves.values())
    return {
        "people": len(read.people),
        "videos": len(read.marked),
        "micro": sum(one.kind == "micro" for one in true),
        "macro": sum(one.kind == "macro" for one in true),
        "first": 0 if folders else 1,  # numbers of files stay as they are
        "notes": [*read.notes, *(f"{name}: cannot be read, all in it counts as missed: {why}"
                                 for name, why in read.unread.items())],
    }  # fmt: skip


def write_clips(path: Path, videos: Sequence[LongVideo]) -> int:
    """The true micro-expressions that have an emotion as a manifest; how many. A sweep over it gives a model
    without each person. Raises ConfigError where there is none, OSError."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*COLUMNS, FIRST])
    count = 0
    for video in videos:
        for one in video.expressions:
            if one.kind == "micro" and one.emotion and video.source.exists():
                name = f"{video.name}_{one.onset}".replace("/", "_")
                rows.writerow(
                    [escaped(video.person), escaped(name), escaped(str(video.source.absolute())), one.onset,
                     "" if one.apex is None else one.apex, one.offset, escaped(one.emotion), "",
                     video.fps or "", 0]
                )  # fmt: skip
                count += 1
    if not count:
        raise ConfigError("no micro-expression has an emotion: there is nothing that a model could learn")
    write_atomically(path, lambda place: place.write_text(text.getvalue(), encoding="utf-8"))
    return count


__all__ = [
    "LONG",
    "LongVideo",
    "Read",
    "about",
    "curves_of",
    "read",
    "recognising",
    "recognising_code",
    "with_classes",
    "write_clips",
]
