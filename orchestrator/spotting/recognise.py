"""A long video and a bundle -> what was spotted, and what the model says of each: by the code of predict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.inference.video import ClipPredictor, Prediction
from orchestrator.spotting.metrics import Spotted
from preprocessing.decode import FramesError, endless
from preprocessing.landmarks import Landmarker
from preprocessing.spotting.clips import clips, key_frames
from preprocessing.spotting.peaks import Interval, intervals
from preprocessing.spotting.run import Curves, Progress, SpotError, curves

SPOTTER = "regional flow less the head's motion, a lag before and after (not trained)"


@dataclass(frozen=True)
class Found:
    """One interval, what the bundle says of it, and JPEGs of its onset, apex and offset, or ()."""

    interval: Interval
    prediction: Prediction
    pictures: tuple[bytes, ...] = ()

    def row(self, curves: Curves) -> dict[str, Any]:
        """For JSON: frames by the video's own numbers, seconds from its first frame."""
        one, said = self.interval, self.prediction
        seconds = {
            f"{name}_s": round((getattr(one, name) - curves.first) / curves.rate.fps, 4)
            for name in ("onset", "apex", "offset")
        }
        return asdict(one) | seconds | {
            "apex_source": said.facts.get("apex_source", ""),
            "score": round(one.score, 4),
            "class": said.called,
            "probability": said.probabilities.get(said.called) if said.called else None,
            "status": "abstains" if said.reason else "ok",
            "reason": said.reason,
            "probabilities": said.probabilities,
            "action_units": said.action_units,
        }  # fmt: skip


@dataclass(frozen=True)
class Spotting:
    """All that is known of a video. notes: what a reader should know of it, a line each."""

    curves: Curves
    found: tuple[Found, ...]
    model: str
    notes: str = ""

    def nested(self) -> dict[str, Any]:
        """For JSON: the video, the spotter, seconds without a face by reason, the intervals."""
        made = self.curves
        return {
            "video": str(made.source),
            "frames": made.frames,
            "fps": made.rate.fps,
            "seconds": round(made.frames / made.rate.fps, 3),
            "model": self.model,
            "spotter": SPOTTER,
            "without_face_s": made.lost,
            "notes": self.notes,
            "intervals": [one.row(made) for one in self.found],
        }

    def text(self) -> str:
        """The same as one JSON object."""
        return json.dumps(self.nested(), indent=2) + "\n"

    def rows(self) -> list[dict[str, Any]]:
        """For a table: p_<class> and au_<number> in the place of nested values."""
        flat = []
        for one in self.found:
            row = {"video": self.curves.source.name} | one.row(self.curves)
            for key, before in (("probabilities", "p_"), ("action_units", "au_")):
                row |= {before + name: value for name, value in row.pop(key).items()}
            flat.append(row)
        return flat

    def spotted(self) -> list[Spotted]:
        """For the scores of MEGC, and its result file."""
        name = self.curves.source.stem
        return [
            Spotted(name, one.interval.onset, one.interval.offset, one.interval.kind,
                    one.prediction.called or "", one.interval.score)
            for one in self.found
        ]  # fmt: skip


Told = Progress  # (frames done, frames in all)


def spot(
    source: Path,
    predictor: ClipPredictor,
    *,
    fps: float | None = None,
    kept: Path | None = None,
    pictures: bool = False,
    progress: Progress | None = None,
) -> Spotting:
    """Spot in a video or folder of frames, and recognise each interval.

    fps, kept, progress  as preprocessing.spotting.run.curves. pictures: with the key frames of each.
    Raises SpotError, OSError.
    """
    made = curves(source, fps=fps, kept=kept, progress=progress)
    found = intervals(made.rows["curves"], made.rate, made.frames, first=made.first)
    try:
        recognised = tuple(_recognised(made, found, predictor, pictures))
        notes = "" if source.is_dir() else endless(source)
    except FramesError as error:
        raise SpotError(str(error)) from error
    return Spotting(made, recognised, predictor.bundle.digest, notes)


def _recognised(
    made: Curves, found: Sequence[Interval], predictor: ClipPredictor, pictures: bool
) -> Iterator[Found]:
    landmarker = Landmarker() if pictures and found else None
    for one, clip in zip(found, clips(made, found), strict=True):
        said = replace(predictor(clip), clip=str(made.source))
        yield Found(one, said, key_frames(clip, landmarker) if landmarker else ())
