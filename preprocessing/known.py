"""A name that nobody knows: what is told of it, with the nearest that is known."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Sentence for an unknown name: what it is, the nearest known one, all known ones in their order."""
    known = list(known)
    close = [one for one in known if alike(one) == alike(name)]
    close = close or difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {short(name)}; {hint}known: {', '.join(known)}"


def alike(name: str) -> str:
    """The same for names that differ in case, separators, or a Roman two or three at their end."""
    plain = re.sub(r"[^a-z0-9.]", "", name.casefold())
    return re.sub(r"iii$", "3", plain) if plain.endswith("iii") else re.sub(r"ii$", "2", plain)


def short(value: object) -> str:
    """As it is written in Python, of a long one its beginning."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:90]}... ({len(text)} characters)"
