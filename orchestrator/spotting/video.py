"""The video with what was spotted, and what the model says of it, on its frames."""

from __future__ import annotations

from pathlib import Path

from orchestrator.spotting.recognise import Found, Spotting
from preprocessing.encode import CODECS, EncodeError
from preprocessing.spotting.annotate import Caption, annotate
from preprocessing.spotting.run import Progress


def writable(out: Path) -> None:
    """Raises EncodeError for a name whose ending is of no video that is written: before an hour of work."""
    if out.suffix.lower() not in CODECS:
        raise EncodeError(f"{out}: a video is written as {' or '.join(CODECS)}")


def annotated(made: Spotting, out: Path, progress: Progress | None = None) -> None:
    """Write it. Raises as preprocessing.spotting.annotate.annotate."""
    annotate(made.curves, [_caption(one) for one in made.found], out, progress)


def _caption(one: Found) -> Caption:
    at, said = one.interval, one.prediction
    words = f"{said.called} {said.probabilities[said.called]:.2f}" if said.called else "the model abstains"
    return Caption(at.onset, at.offset, at.kind, f"{at.kind}  {words}")
