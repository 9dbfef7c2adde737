"""A part of a corpus: some people, or the first clips. For a first look, or to prepare people on several
machines."""

from __future__ import annotations

from dataclasses import dataclass

from preprocessing.schema import Clip, CorpusError


@dataclass(frozen=True)
class Choice:
    """A part of a corpus: the people named in ``subjects`` (as ``corpus/person`` or ``person``), then the
    first ``limit`` clips."""

    subjects: tuple[str, ...] = ()
    limit: int | None = None

    def of(self, clips: list[Clip]) -> list[Clip]:
        """Raises CorpusError for a person that the corpus does not have, and when nothing is left."""
        chosen = clips
        if self.subjects:
            known = {name for clip in clips for name in (clip.subject, clip.subject.partition("/")[2])}
            if unknown := [name for name in self.subjects if name not in known]:
                some = ", ".join(sorted({clip.subject.partition("/")[2] for clip in clips})[:8])
                raise CorpusError(f"no subject {unknown[0]!r} in {clips[0].corpus}; it has {some} ...")
            chosen = [
                c for c in clips if c.subject in self.subjects or c.subject.partition("/")[2] in self.subjects
            ]
        if self.limit is not None:
            if self.limit < 1:
                raise CorpusError(f"limit must be at least 1, got {self.limit}")
            chosen = chosen[: self.limit]
        return chosen
