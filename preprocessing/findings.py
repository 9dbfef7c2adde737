"""What a corpus' folder holds, against the published counts. Nothing is written, and no image is decoded but
one that two people have.

A clip cannot be used when its labels say so or frames of it are missing by name; what only decoding shows (a
damaged file, no face) comes to light at extraction. A video without a labelled offset is counted through.
Files of equal size are compared, to find one clip under two people (doubles.py).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from preprocessing.datasets import DATASETS, manifest, videos
from preprocessing.datasets.ids import questions
from preprocessing.datasets.reading import read
from preprocessing.datasets.words import nearest_word, unmeant, unused, words_in
from preprocessing.decode import VIDEOS, FramesError, endless, unread
from preprocessing.doubles import copies, overlaps
from preprocessing.files import window
from preprocessing.frames import extent, missing
from preprocessing.gaps import count, said
from preprocessing.people import Groups, doubts, names, refused, repeated
from preprocessing.schema import Clip, CorpusError

WHOLE = "all"
# parts of the reasons that copying files can mend, and of those of frames that no label names
INCOMPLETE = (" missing: ", "labelled, but", "holds no frame", "no frame in", "ends after")
UNLABELLED = "without a label: "


@dataclass(frozen=True)
class Findings:
    """What ``inspect`` found.

    clips     as the adapter gives them, unlabelled frames included.
    problems  clip id -> why it cannot be used.
    lengths   clip id -> frames from onset to offset, of the clips that can be used; {} for a corpus of
              pictures.
    gaps      clip id -> the frames that its folder lacks, of the clips that can be used by some input.
    there     "frame folder", "video", "flow picture" -> how many of those that the clips name exist, each
              counted once.
    published group -> {"clips", "subjects", "emotions"}: "all", and the corpus' own splits or parts; {} where
    none is published.
    source    of the published counts, or "".
    refused   why a sweep refuses the corpus: one clip under two people; "" if none is.
    doubts    what else may be wrong, with who is who or with frame numbers, a sentence each.
    words     word that no scheme of the corpus knows -> the nearest one that it has.
    same      id -> the id that stands for the person, of people who are joined.
    """

    corpus: str
    root: Path
    clips: tuple[Clip, ...]
    problems: Mapping[str, str]
    lengths: Mapping[str, int]
    there: Mapping[str, int]
    published: Mapping[str, Mapping[str, Any]]
    source: str
    refused: str
    doubts: tuple[str, ...]
    same: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)

    @property
    def usable(self) -> int:
        return len(self.clips) - len(self.problems)

    def groups(self) -> dict[str, list[Clip]]:
        """Labelled clips by group: "all", then each split or part that the published counts name.

        A part is what stands before the '-' of a person (casme3 'A-spNO.1', megc2019 'samm-006').
        """
        labelled = [clip for clip in self.clips if clip.emotion]
        found = {WHOLE: labelled}
        for name in self.published:
            if name != WHOLE:
                found[name] = [
                    clip for clip in labelled if name in (clip.split, person_of(clip).partition("-")[0])
                ]
        return found

    def absent(self) -> list[str]:
        """Splits and parts that are published and of which no clip is there."""
        return [name for name, clips in self.groups().items() if name != WHOLE and not clips]

    def numbers(self, name: str) -> list[tuple[str, int, int | None]]:
        """(what, found, published or None if not published) of one group: its emotion words, "clips",
        "subjects"."""
        clips, told = self.groups()[name], self.published.get(name, {})
        have = Counter(clip.emotion for clip in clips)
        words = told.get("emotions", {})
        rows = [
            (word, have[word], words.get(word, 0) if words else None)
            for word in [*words, *sorted(set(have) - set(words))]
        ]
        rows.append(("clips", len(clips), told.get("clips")))
        rows.append(("subjects", len({clip.subject for clip in clips}), told.get("subjects")))
        return rows

    def differences(self) -> list[tuple[str, str, int, int]]:
        """(group, what, found, published) wherever the numbers differ.

        An absent split or part is one entry, its clips; "all" is then left out, as it cannot be as published.
        """
        absent, rows = self.absent(), []
        for name in self.published:
            if name == WHOLE and absent:
                continue
            numbers = [n for n in self.numbers(name) if name not in absent or n[0] == "clips"]
            rows += [
                (name, what, found, wanted)
                for what, found, wanted in numbers
                if wanted is not None
                if found != wanted
            ]
        return rows

    def incomplete(self) -> list[str]:
        """Ids of clips of which frames, or all, are missing."""
        lost = [
            clip_id for clip_id, why in self.problems.items() if any(words in why for words in INCOMPLETE)
        ]
        return [*lost, *self.gaps]

    def unlabelled(self) -> list[str]:
        """Ids of frames that no label names."""
        return [clip_id for clip_id, why in self.problems.items() if UNLABELLED in why]


def inspect(corpus: str, root: Path, joined: Groups = (), meant: Mapping[str, str] | None = None) -> Findings:
    """Read labels and file names, and files of equal size. joined: ids of one person (people.read). meant:
    word -> the corpus' word that it means (--label).

    Raises CorpusError when the corpus cannot be read at all, IdentityError as people.names, OSError for a
    file that cannot be read.
    """
    meant = meant or {}
    given = read(corpus, root)  # first: it knows an unknown corpus
    if why := unmeant(meant, words_in(DATASETS[corpus].SCHEMES["all"])):
        raise CorpusError(f"--label {why}")
    clips = tuple(replace(one, emotion=meant.get(one.emotion, one.emotion)) for one in given)
    pictures = DATASETS[corpus].PICTURES
    problems: dict[str, str] = {}
    lengths: dict[str, int] = {}
    files: dict[str, list[Path]] = {}
    gaps: dict[str, str] = {}
    for clip in clips:
        if clip.problem:
            problems[clip.clip_id] = clip.problem
            continue
        try:
            files[clip.clip_id] = _open_to_us(window(clip))
            if not pictures:
                lengths[clip.clip_id] = _length(clip, files[clip.clip_id])
                if not _whole(clip, files[clip.clip_id]) and (lost := missing(clip)):
                    first, last = extent(clip)
                    gaps[clip.clip_id] = f"{count(lost)} of the frames {first}..{last} missing: {said(lost)}"
        except FramesError as error:
            problems[clip.clip_id] = str(error)
    paths = {clip.frames for clip in clips}
    file = "flow picture" if pictures else "video"
    there = {"frame folder": sum(map(os.path.isdir, paths)), file: sum(map(os.path.isfile, paths))}
    told = DATASETS[corpus].PUBLISHED
    published = {WHOLE: told} | told.get("splits", {}) | told.get("parts", {}) if told else {}
    same = names(joined, {clip.subject for clip in clips})
    usable = [clip for clip in clips if clip.clip_id not in problems]
    (found, told_of), (equal, blank) = overlaps(usable, same), copies(usable, same, files)
    people = [same.get(clip.subject, clip.subject) for clip in clips]
    of_manifest = manifest.remarks(root) if corpus in manifest.READ_BY else ()
    remarked = [*of_manifest, repeated([*found, *equal]), videos.unsure(usable), *questions(clips)]
    asked = filter(
        None, [*remarked, _blank(usable), _endless(usable), unused(meant, [one.emotion for one in given])]
    )
    return Findings(
        corpus,
        root,
        clips,
        problems,
        lengths,
        there,
        published,
        told.get("source", ""),
        refused([*found, *equal]),
        (*asked, *told_of, *blank, *doubts(people)),
        same,
        unknown_words(corpus, clips),
        gaps,
    )


def _open_to_us(files: list[Path]) -> list[Path]:
    """The files, where this user may read them all. Raises FramesError of the first that is shut."""
    ours = os.access in os.supports_effective_ids
    shut = next((path for path in files if not os.access(path, os.R_OK, effective_ids=ours)), None)
    if shut:
        try:
            shut.open("rb").close()
        except OSError as error:
            raise unread(shut, error) from error
    return files


def _whole(clip: Clip, files: Sequence[Path]) -> bool:
    """Whether a folder surely has all frames from onset to offset: it is then not listed once more."""
    return clip.onset is not None and clip.offset is not None and len(files) == clip.offset - clip.onset + 1


def unknown_words(
    corpus: str, clips: Iterable[Clip], meant: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Word that no scheme knows -> the nearest one. meant: as ``inspect`` has it. Several known words at
    once, 'surprise+positive', are for a corpus of several labels a clip, and known."""
    known = words_in(DATASETS[corpus].SCHEMES["all"])
    given = sorted({(meant or {}).get(clip.emotion, clip.emotion) for clip in clips} - known - {""})
    return {
        word: nearest_word(word, known)
        for word in given
        if "+" not in word or not known.issuperset(part.strip() for part in word.split("+"))
    }


def _blank(clips: Iterable[Clip]) -> str:
    """What is to be said of clips whose apex is their onset, so that nothing moves between them; or ""."""
    still = [clip.clip_id for clip in clips if clip.apex is not None and clip.apex == clip.onset]
    if not still:
        return ""
    return (
        f"{len(still)} clip(s) have their apex at the onset, as {still[0]}: inputs that compare these two "
        "frames are blank; leave the apex cell empty if it is not known"
    )


def _endless(clips: Iterable[Clip]) -> str:
    """What is to be said of videos of which nothing tells whether they are whole; or ""."""
    asked = [
        clip
        for clip in clips
        if clip.offset is None and clip.frames.suffix.lower() in VIDEOS and os.path.isfile(clip.frames)
    ]
    if not (found := [one.clip_id for one in asked if endless(one.frames)]):
        return ""
    return (
        f"{len(found)} clip(s), as {found[0]}, are videos without an offset, and their container does not "
        "say how long it is: if one was cut, nothing shows it; label the offsets, or look at the last frames"
    )


def _length(clip: Clip, files: list[Path]) -> int:
    """Frames of a clip that can be used; of a folder its files."""
    if os.path.isdir(clip.frames):
        return len(files)
    if clip.offset is not None:
        # the labelled offset is taken at its word only by those who decode the frames anyway
        last = extent(replace(clip, onset=None, offset=None))[1]
        begin = (clip.onset or 0) if clip.trimmed and clip.offset - (clip.onset or 0) == last else 0
        if clip.offset > begin + last:
            raise FramesError(
                f"{clip.frames} ends after {last + 1} frames, numbered from {begin}; offset {clip.offset} is "
                "behind them"
            )
    first, last = extent(clip)
    return last - first + 1


def person_of(clip: Clip) -> str:
    """The clip's person without the corpus: "sub01" of "casme2/sub01"."""
    return clip.subject.partition("/")[2]
