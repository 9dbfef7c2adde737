"""Headers that are no column's name: which column each most likely means. It is told, never used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

# words in a header, such as video_path, that mean a column of ours
WORDS = {
    "subject": ("participant", "person", "sub", "subj", "proband"),
    "clip": ("filename", "sample", "sequence", "name"),
    "frames": ("video", "path", "file", "folder", "images"),
    "onset": ("start", "begin"),
    "apex": ("peak",),
    "offset": ("end", "stop"),
    "emotion": ("label", "class", "expression"),
    "aus": ("au", "action", "facs"),
    "fps": ("rate", "framerate", "hz"),
}
ALIKE = 0.75  # least similarity of two names, 0 to 1, where no word tells
LONG = 4  # letters of a name that may be looked for inside a word: OnsetFrame


def meant(headers: Iterable[str], lacking: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """{column that is not there: the header that most likely means it}, no header for two columns.

    headers  those that are the name of no column. lacking: column -> the names that it may have.
    """
    headers = list(headers)
    pairs = [(_likeness(one, key, names), one, key) for key, names in lacking.items() for one in headers]
    found: dict[str, str] = {}
    for likeness, header, key in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness and key not in found and header not in found.values():
            found[key] = header
    return {key: found[key] for key in lacking if key in found}


def said(found: Mapping[str, str], lacking: Mapping[str, Sequence[str]]) -> str:
    """The question and the next step, of what ``meant`` found."""
    pairs = ", ".join(f"{header!r} for {lacking[key][0]!r}" for key, header in found.items())
    return f"did you mean {pairs}? Then rename {'it' if len(found) == 1 else 'them'}"


def _likeness(header: str, key: str, names: Sequence[str]) -> float:
    """3: one of the names is a word of the header, 2: a word that means the column is, or else how similar
    the spelling is, 0 where that is little."""
    words = re.findall(r"[^\W\d_]+", header.lower())
    whole = "".join(words)
    plain = ["".join(re.findall(r"[^\W\d_]+", name.lower())) for name in names]
    if any(one in words or (len(one) >= LONG and one in whole) for one in plain):
        return 3.0
    if any(one in words for one in WORDS.get(key, ())):
        return 2.0
    near = max((difflib.SequenceMatcher(None, whole, one).ratio() for one in plain), default=0.0)
    return near if near >= ALIKE else 0.0
