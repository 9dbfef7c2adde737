"""One video -> what the page shows of it, by the code of ``spot`` and ``predict``."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from orchestrator.inference.clips import found
from orchestrator.inference.video import ClipPredictor
from orchestrator.results.explain.clip import ClipExplanation, explanation
from orchestrator.serving.jobs import Job
from orchestrator.spotting.page import drawing
from orchestrator.spotting.recognise import Found, Spotting, spot
from orchestrator.spotting.video import annotated
from preprocessing.decode import FramesError, open_video
from preprocessing.errors import BadInput
from preprocessing.files import danger
from preprocessing.frames import too_few
from preprocessing.landmarks import Landmarker
from preprocessing.schema import Clip
from preprocessing.spotting.clips import clips, key_frames_of
from preprocessing.spotting.motion import Rate
from preprocessing.spotting.peaks import Interval
from preprocessing.spotting.run import ROW, Curves

VIDEO = "annotated.webm"
KINDS = ("spot", "clip")
MOST_PIXELS = 7680 * 4320  # of a frame
UNSTATED = 25.0  # frames a second where neither the file nor its frames' times say it
BEHIND = 0.05  # share by which a video may be longer than is allowed: stated rates are rounded


class TooMuch(BadInput):
    """A video is longer or larger than this page takes."""


@dataclass(frozen=True)
class Measured:
    """frames, seconds: as they are there, not as the file says."""

    frames: int
    seconds: float

    @property
    def fps(self) -> float:
        return self.frames / self.seconds


def measured(video: Path, most: float) -> Measured:
    """Of a video, which is decoded once for it: recorders that a browser has state neither. Raises TooMuch
    above ``most`` seconds, FramesError for what is no video."""
    with open_video(video) as opened:
        stated = opened.get(cv2.CAP_PROP_FPS)
        wide, high = (int(opened.get(one)) for one in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if wide * high > MOST_PIXELS:
            raise TooMuch(f"the video has frames of {wide}x{high}; this page takes up to 7680x4320")
        frames, first, last = 0, 0.0, 0.0
        while opened.grab():
            last = opened.get(cv2.CAP_PROP_POS_MSEC) / 1000
            first = first if frames else last
            frames += 1
            if last - first > most * (1 + BEHIND) or (last == 0 and stated > 0 and frames / stated > most):
                raise TooMuch(f"the video is longer than {most:g} s, which is the most that this page takes")
    seconds = (last - first) * frames / (frames - 1) if frames > 1 else 0.0
    if frames < 2:
        raise too_few(video, frames)
    if seconds <= 0:
        seconds = frames / (stated if stated > 0 else UNSTATED)
    return Measured(frames, seconds)


class Model:
    """A bundle, and what of it is asked of a job. Used by one thread."""

    def __init__(self, predictor: ClipPredictor, most: float) -> None:
        """most: seconds of a video."""
        self.predictor, self.most = predictor, most

    def work(self, job: Job) -> None:
        """Fill the job's result. Raises BadInput, FramesError, OSError for what is wrong with its video."""
        job.tell("reading", 0, 1)
        if why := danger(found([str(job.video)])[0]):
            raise FramesError(why)
        known = measured(job.video, self.most)
        made = self._clip(job, known) if job.asked["kind"] == "clip" else self._spot(job, known)
        annotated(made, job.folder / VIDEO, lambda done, _: job.tell("drawing", done, known.frames))
        for number, one in enumerate(made.found):
            for what, data in zip(("onset", "apex", "offset"), one.pictures, strict=False):
                job.pictures[f"{number}-{what}.jpg"] = data
        job.timeline = drawing(made)
        told = {"kind": job.asked["kind"], **made.nested(), "video": job.name}
        for number, counted in self._why(job, made):
            job.pictures[f"{number}-why.png"] = counted.png()
            told["intervals"][number]["why"] = counted.nested()["methods"]
        job.result = cleaned(told, job)

    def _why(self, job: Job, made: Spotting) -> Iterator[tuple[int, ClipExplanation]]:
        """What counted, of each interval that the model gives a class."""
        if job.asked["kind"] == "clip":
            each: Iterable[Clip] = found([str(job.video)], fps=job.asked["fps"])
        else:
            each = clips(made.curves, [one.interval for one in made.found])
        for number, (one, clip) in enumerate(zip(made.found, each, strict=True)):
            job.tell("asking why", number, len(made.found))
            why = "" if one.prediction.reason else explanation(self.predictor, clip)
            if not isinstance(why, str):
                yield number, replace(why, clip=job.name)

    def _spot(self, job: Job, known: Measured) -> Spotting:
        return spot(
            job.video,
            self.predictor,
            fps=job.asked["fps"],
            pictures=True,
            progress=lambda done, _: job.tell("looking for expressions", done, known.frames),
        )

    def _clip(self, job: Job, known: Measured) -> Spotting:
        """The whole video as one expression."""
        job.tell("looking at the clip", 0, 1)
        (clip,) = found([str(job.video)], fps=job.asked["fps"])
        said = self.predictor(clip)
        last = known.frames - 1
        first, apex, end = (
            fact if (fact := said.facts[name]) is not None else other
            for name, other in (("onset", 0), ("apex", last // 2), ("offset", last))
        )
        rate = Rate(said.facts["fps"] or known.fps)
        curves = Curves(job.video, rate, 0, known.frames, np.zeros(0, ROW))
        interval = Interval("clip", first, apex, end, 0.0, "")
        whole = Found(interval, said, key_frames_of(curves, interval, Landmarker()))
        return Spotting(curves, (whole,), self.predictor.bundle.digest, said.facts["notes"])


def fault(job: Job, error: BaseException) -> str:
    """What the sender of a video is told of an error. What is no fault of the video goes to the log."""
    if isinstance(error, (BadInput, FramesError)):
        return without_paths(str(error), job)
    if isinstance(error, OSError):
        return f"this machine could not do it: {error.strerror or 'see its terminal'}"
    logging.getLogger(__name__).error("a video could not be worked on", exc_info=error)
    return "this program has a fault, which its terminal shows; other videos are not touched by it"


def cleaned(value: Any, job: Job) -> Any:
    """The same without a path of this machine."""
    if isinstance(value, dict):
        return {name: cleaned(one, job) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one, job) for one in value]
    return without_paths(value, job) if isinstance(value, str) else value


def without_paths(text: str, job: Job) -> str:
    """Where the video lies, and frames that were cut from it, are called by the sender's name for it."""
    path = rf"{re.escape(tempfile.gettempdir())}/[^\s:;,'\")]*"
    return re.sub(rf"{path}|\b{re.escape(job.video.name)}", lambda _: job.name, text)
