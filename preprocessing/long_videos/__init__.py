"""Corpora of long videos: where in each recording somebody has seen an expression.

    truth.py       what a recording is, and what becomes of a row that cannot be used
    samm_lv.py     SAMM Long Videos
    casme_sq.py    CAS(ME)^2
    casme3_lv.py   CAS(ME)^3, parts A and C
    rendered.py    what ``python -m preprocessing.render long`` has written

Each file says the layout, where that is known from, and what is unsure. None of the licensed recordings was
at hand: a first run on them should be read with its notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from preprocessing.known import nearest
from preprocessing.long_videos import casme3_lv, casme_sq, rendered, samm_lv
from preprocessing.long_videos.truth import LongVideo
from preprocessing.schema import CorpusError


class LongCorpus(Protocol):
    """A file of this folder. LIKE: the corpus of clips whose people and emotion words these are."""

    LIKE: str

    def videos(self, root: Path, /) -> Iterator[LongVideo]: ...


LONG: dict[str, LongCorpus] = {
    "samm_lv": samm_lv,
    "casme_sq": casme_sq,
    "casme3_lv": casme3_lv,
    "rendered": rendered,
}


def read(corpus: str, root: Path) -> list[LongVideo]:
    """All recordings, by name. Raises CorpusError for an unknown corpus, a missing folder, labels that cannot
    be read, no recording, and two of one name."""
    if corpus not in LONG:
        raise CorpusError(nearest(corpus, LONG, "corpus of long videos"))
    file = f"preprocessing/long_videos/{corpus}.py"
    if not Path(root).is_dir():
        raise CorpusError(f"root {root} is no folder; give the one that {file} describes")
    found = sorted(LONG[corpus].videos(Path(root)), key=lambda one: one.name)
    if not found:
        raise CorpusError(f"{corpus} has no recording in {root}; {file} describes the layout")
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise CorpusError(f"{root} has two recordings named {twice!r}; keep one")
    return found


__all__ = ["LONG", "LongCorpus", "LongVideo", "read"]
