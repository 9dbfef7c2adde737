"""A part of a corpus: some people, or the first clips. For a first look, or to prepare people on several
machines."""

from __future__ import annotations

from dataclasses import dataclass

from preprocessing import people
from preprocessing.schema import Clip, CorpusError


@dataclass(frozen=True)
class Choice:
    """A part of a corpus: the people named in ``subjects`` (as ``corpus/person`` or ``person``, in any
    spelling: people.spelling), then the
    first ``limit`` clips."""

    subjects: tuple[str, ...] = ()
    limit: int | None = None

    def of(self, clips: list[Clip]) -> list[Clip]:
        """Raises CorpusError for a person that the corpus does not have, and when nothing is left."""
        chosen = clips
        if self.subjects:
            known = {clip.subject for clip in clips}
            asked = {name: people.meant(name, known) for name in self.subjects}
            if unknown := [name for name, found in asked.items() if not found]:
                some = ", ".join(sorted({one.partition("/")[2] for one in known})[:8])
                near = people.nearest(unknown[0], known)
                raise CorpusError(
                    f"no subject {unknown[0]!r} in {clips[0].corpus}; did you mean {near!r}? It has {some} "
                    "..."
                )
            wanted = {one for found in asked.values() for one in found}
            chosen = [clip for clip in clips if clip.subject in wanted]
        if self.limit is not None:
            if self.limit < 1:
                raise CorpusError(f"limit must be at least 1, got {self.limit}")
            chosen = chosen[: self.limit]
        return chosen
