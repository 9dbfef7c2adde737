"""All clips of a corpus with the checks that every corpus shares. An adapter reads labels only; a label that
cannot be used is kept as a clip with a ``problem``."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocessing.action_units import ActionUnitError, parse
from preprocessing.datasets import DATASETS, manifest
from preprocessing.datasets.facts import Corpus, path_of, there
from preprocessing.datasets.ids import spoilt
from preprocessing.datasets.layout import folders
from preprocessing.datasets.paths import packed, unpack
from preprocessing.datasets.values import nobody
from preprocessing.datasets.videos import from_zero, or_video
from preprocessing.decode import hidden, unread
from preprocessing.errors import BadInput
from preprocessing.frames import LARGEST, leads_out
from preprocessing.known import nearest
from preprocessing.people import ONE_PERSON, spelling
from preprocessing.schema import Clip, CorpusError
from preprocessing.terminal import printable

MOST = 20  # folders, and clips of each, that are looked at where another root may be meant


def read(corpus: str, root: Path) -> list[Clip]:
    """All clips of a corpus, in the adapter's order, with unique ids; a clip that cannot be used has a
    ``problem``.

    A missing apex alone is no problem. Raises CorpusError for an unknown corpus, a missing root, labels that
    cannot be read, and a corpus without a clip.
    """
    if corpus not in DATASETS:
        raise CorpusError(nearest(corpus, DATASETS, "corpus"))
    return clips_of(DATASETS[corpus], root)


def clips_of(corpus: Corpus, root: Path) -> list[Clip]:
    """As ``read``, for a corpus that may have no name in DATASETS."""
    root = Path(root)
    there(corpus, root)
    try:
        held = list(corpus.clips(root))
    except CorpusError as error:
        raise CorpusError(f"{error}{_elsewhere(corpus, root, str(error))}") from error
    except OSError as error:  # its sheet, or the folder of all its frames; one person's costs its clips alone
        why = unread(Path(error.filename or root), error)
        raise CorpusError(f"corpus {corpus.CORPUS}: {why}; have its owner let you read it") from error
    clips = [_checked(one, root) for one in from_zero(map(or_video, _one_spelling(held)))]
    if not clips:
        raise CorpusError(
            f"corpus {corpus.CORPUS} has no clip in {root}; {path_of(corpus)} describes the layout"
        )
    return _with_unique_ids(clips)


def _elsewhere(corpus: Corpus, root: Path, said: str) -> str:
    """Which folder is meant, of ``root``'s and the one above, or that there are archives alone; "" where
    nothing tells, and where the adapter said it."""
    if not root.is_dir() or "point --root" in said or "archive" in said:
        return ""
    inner = folders(root)
    for folder in (*inner[:MOST], root.absolute().parent):
        with contextlib.suppress(BadInput, OSError):  # a sheet of another folder that is a pipe, or shut
            if any(os.path.exists(clip.frames) for clip in itertools.islice(corpus.clips(folder), MOST)):
                return f"; {folder} is such a folder: point --root at it"
    return "" if inner else unpack(sorted(root.iterdir()))


def _one_spelling(clips: Iterable[Clip]) -> Iterator[Clip]:
    """Clips whose people's ids are one but for their spelling under the first of these ids, which a line of
    theirs says: Sub01 and sub01, 1 and 1.0, 01 and 1 are one person. If they should be two after all, nothing
    leaks: both are held out together."""
    first: dict[tuple[str, str], str] = {}
    for clip in clips:
        corpus, _, person = clip.subject.partition("/")
        known = first.setdefault((corpus, spelling(person)), clip.subject)
        if known == clip.subject or not person:
            yield clip
            continue
        line = f"subject {person!r} -> {known.partition('/')[2]!r}: {ONE_PERSON}"
        yield replace(clip, subject=known, repairs=(*clip.repairs, line))


def _checked(clip: Clip, root: Path) -> Clip:
    """The clip with every problem that its label and its path show, after those that the adapter saw.

    Frames that lie out of ``root``, links followed, are one: data that came from elsewhere cannot point at
    other files unseen. The manifest alone may write absolute paths, and refuses the others itself.
    """
    found = [clip.problem, *_label_problems(clip)]
    home = root if root.is_dir() else root.parent
    if not clip.problem and not os.path.exists(clip.frames):
        if not hidden(clip.frames):  # else whoever reads it tells why, and it is tried again
            found.append(f"labelled, but {clip.frames} does not exist{packed(clip.frames)}")
    elif not clip.problem and clip.corpus != manifest.CORPUS and leads_out(clip.frames, home):
        found.append(
            f"{clip.frames} leads out of {home}; put the data itself there or give that folder as root"
        )
    # the row of a clip with a problem is written too
    blank: dict[str, Any] = {what: None for what, _ in _unholdable(clip)}
    if "apex" in blank:
        blank["apex_source"] = "none"
    return replace(clip, problem="; ".join(filter(None, found)), **blank)


def _unholdable(clip: Clip) -> list[tuple[str, int]]:
    """Frame numbers that no column of a feature set can hold."""
    numbers = [("onset", clip.onset), ("apex", clip.apex), ("offset", clip.offset)]
    return [(what, n) for what, n in numbers if n is not None and not 0 <= n <= LARGEST]


def _label_problems(clip: Clip) -> Iterator[str]:
    subject = clip.subject.removeprefix(f"{clip.corpus}/")
    if not subject or not clip.name or "/" in subject + clip.name:
        yield f"subject {subject!r} and clip {clip.name!r} must be given and hold no '/'"
    if any(printable(word) != word or "\n" in word for word in (subject, clip.name)):
        yield f"subject {subject!r} and clip {clip.name!r} must hold no control character"
    if subject and nobody(subject):
        yield f"subject {subject!r} names nobody, and clips of several would be one person's: write who it is"
    yield from spoilt(clip)
    if not clip.emotion and not clip.problem:
        yield "no emotion is given"
    if (clip.onset is None) != (clip.offset is None) and not clip.problem:
        yield f"onset {clip.onset} and offset {clip.offset}: give both or neither"
    if clip.onset is not None and clip.offset is not None and clip.onset > clip.offset:
        yield f"onset {clip.onset} is after offset {clip.offset}"
    elif clip.apex is not None:
        first = clip.apex if clip.onset is None else clip.onset
        last = clip.apex if clip.offset is None else clip.offset
        if not first <= clip.apex <= last:
            yield f"apex {clip.apex} is outside onset {first}..offset {last}"
    for what, n in _unholdable(clip):
        yield (
            f"{what} {n} is outside 0..{LARGEST}, the frame numbers that a feature set holds; renumber the "
            "frames"
        )
    try:
        parse(clip.aus)
    except ActionUnitError as error:
        yield str(error)


def _with_unique_ids(clips: list[Clip]) -> list[Clip]:
    """Copies of one id all get a problem; from the second on their names end in '#2', '#3', so that no row
    vanishes."""
    count = Counter(clip.clip_id for clip in clips)
    taken = set(count)
    result, first_seen = [], set()
    for clip in clips:
        clip_id = clip.clip_id
        if count[clip_id] > 1:
            problem = f"{count[clip_id]} clips have the id {clip_id}; which label is right cannot be known"
            clip = replace(clip, problem="; ".join(filter(None, [clip.problem, problem])))
            n = 2
            while clip.clip_id in taken and clip_id in first_seen:
                clip = replace(clip, name=f"{clip_id.rpartition('/')[2]}#{n}")
                n += 1
            first_seen.add(clip_id)
            taken.add(clip.clip_id)
        result.append(clip)
    return result
