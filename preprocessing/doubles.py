"""Frames that two clips share: windows on one recording that overlap, and files that are equal to the byte.

``overlaps`` reads labels and paths alone. ``copies`` compares every file of the clips with every other of its
size: first 4 kB in its middle (cameras and encoders begin all their files alike), then all of it. Copies that
were encoded anew differ in every byte; a sweep finds those in the inputs (orchestrator/study/identity.py).
"""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from multiprocessing.pool import ThreadPool
from pathlib import Path

from preprocessing.decode import FramesError, read_image
from preprocessing.files import danger_of, window
from preprocessing.people import Double
from preprocessing.schema import Clip

MIDDLE = 4096  # bytes
# Files that are read at once where one takes SLOW seconds, the mean of the first FEW: over a network one
# waits for answers; on a disk of this machine readers only wait for each other.
AT_ONCE, SLOW, FEW = 16, 0.001, 32


def overlaps(clips: Iterable[Clip], same: Mapping[str, str]) -> tuple[list[Double], list[str]]:
    """(doubles, what else to say) of clips whose frames are one folder or file, links followed.

    Of two people: windows that share a frame are a double; windows that share none are said, as one recording
    seldom shows two. Of one person: equal windows alone, since two expressions may overlap. Each clip is
    paired with one other at most of another person, and with one of its own: enough to see it, where a slip
    of a sheet gives thousands of rows one folder. same: as people.names gives it.
    """
    recordings: dict[str, list[Clip]] = {}
    for clip in clips:
        recordings.setdefault(os.path.realpath(clip.frames), []).append(clip)
    doubles, said = [], []
    for path, mine in recordings.items():
        found: list[Double] = []
        why = f"name the same frames of one recording, {path}"
        equal: dict[tuple[str, tuple[float, float]], Clip] = {}  # person, window -> the first clip of both
        last: Clip | None = None  # that ends last of those before
        for clip in sorted(mine, key=_window):
            begin, end = _window(clip)
            who = same.get(clip.subject, clip.subject)
            if (first := equal.setdefault((who, (begin, end)), clip)) is not clip:
                found.append(_double(first, clip, same, why))
            # it begins no later; and where another one runs as well, of a third person, these two are a pair
            if last and _window(last)[1] >= begin and (double := _double(last, clip, same, why)).across:
                found.append(double)
            if last is None or _window(last)[1] < end:
                last = clip
        people = sorted({same.get(clip.subject, clip.subject) for clip in mine})
        if len(people) > 1 and not any(double.across for double in found):
            said.append(f"one recording, {path}, has clips of {' and '.join(people)}: is one of them a slip?")
        doubles += found
    return doubles, said


def _window(clip: Clip) -> tuple[float, float]:
    """First and last frame; without them the whole recording."""
    return (clip.onset or 0, float("inf") if clip.offset is None else clip.offset)


def _double(one: Clip, other: Clip, same: Mapping[str, str], why: str) -> Double:
    people = (same.get(one.subject, one.subject), same.get(other.subject, other.subject))
    return Double((one.clip_id, other.clip_id), people, why)


def copies(
    clips: Sequence[Clip], same: Mapping[str, str], held: Mapping[str, Sequence[Path]] | None = None
) -> tuple[list[Double], list[str]]:
    """(doubles, what else to say) of clips that hold byte-equal files in different places.

    Of two people: one equal file is a double; if all of them are pictures of one colour, which show nobody,
    it is said. Of one person: equal files throughout. clips: those that can be used. held: clip id ->
    files.window of it, where that is known; else FramesError is raised as files.window does. Raises OSError
    when a file cannot be read.
    """
    files = [held[clip.clip_id] if held else window(clip) for clip in clips]
    doubles, said = [], []
    for (i, j), pairs in sorted(_equal(files).items()):
        one, other, n = clips[i], clips[j], len(pairs)
        such = f"such as {pairs[0][0]} and {pairs[0][1]}"
        double = _double(one, other, same, f"have {n} byte-equal file{'s' if n > 1 else ''}, {such}")
        if double.across and all(_one_colour(path) for path, _ in pairs):
            said.append(f"{one.clip_id} and {other.clip_id} have equal pictures of one colour, {such}")
        elif double.across or (
            n == len(files[i]) == len(files[j]) and (one.frames.is_dir() or _window(one) == _window(other))
        ):
            doubles.append(double)
    return doubles, said


def _equal(files: Sequence[Sequence[Path]]) -> dict[tuple[int, int], list[tuple[Path, Path]]]:
    """(clip, later clip) -> pairs of byte-equal files in different places, one of each. files: clip by clip.

    Of several clips with one equal file, each is paired with the first alone: enough to see that they are
    equal, and not a million pairs where a thousand clips share a black frame.
    """
    places: dict[Hashable, list[tuple[int, Path]]] = {}  # file -> where which clip has it
    size: dict[Hashable, int] = {}
    for number, paths in enumerate(files):
        for path in paths:
            stat = os.stat(path)
            file = (stat.st_dev, stat.st_ino)  # links, hard or not, are one file, and read once
            places.setdefault(file, []).append((number, path))
            size[file] = stat.st_size

    def apart(groups: list[list[Hashable]], key: Callable[[Hashable], Hashable]) -> list[list[Hashable]]:
        """Each group divided by key; what is left of one clip alone is left out."""
        made = []
        # all groups at once: most are of two or three files, and to wait for each takes longer than to read
        values = _each(key, [file for group in groups for file in group], pool)
        for group in groups:
            parts: dict[Hashable, list[Hashable]] = {}
            for file in group:
                parts.setdefault(next(values), []).append(file)
            made += [one for one in parts.values() if len({n for file in one for n, _ in places[file]}) > 1]
        return made

    with ThreadPool(AT_ONCE) as pool:
        groups = apart([[file for file in places if size[file]]], size.__getitem__)
        groups = apart(groups, lambda file: _middle(places[file][0][1], size[file]))
        groups = apart(groups, lambda file: _whole(places[file][0][1]))
    found: dict[tuple[int, int], list[tuple[Path, Path]]] = {}
    for group in groups:
        held = [place for file in group for place in places[file]]
        times = Counter(number for number, _ in held)  # a clip may hold one picture several times
        (first, path), *others = sorted(held)
        for number, other in {n: p for n, p in others if n != first and p != path}.items():
            found.setdefault((first, number), []).extend([(path, other)] * min(times[first], times[number]))
    return found


def _each(
    key: Callable[[Hashable], Hashable], files: Sequence[Hashable], pool: ThreadPool
) -> Iterator[Hashable]:
    """key of each file, in order."""
    begin = time.perf_counter()
    made = list(map(key, files[:FEW]))
    slow = time.perf_counter() - begin > SLOW * FEW
    rest = files[FEW:]
    return itertools.chain(made, pool.imap(key, rest, chunksize=64) if slow else map(key, rest))


def _middle(path: Path, size: int) -> bytes:
    with open(path, "rb", buffering=0) as file:
        file.seek(max(0, size // 2 - MIDDLE // 2))
        return hashlib.blake2b(file.read(MIDDLE)).digest()


def _whole(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def _one_colour(path: Path) -> bool:
    """False also for a video, for what is no picture, and for one that no decoder may have."""
    if danger_of(path):
        return False
    try:
        picture = read_image(path)
    except FramesError:
        return False
    return bool((picture == picture[0, 0]).all())
