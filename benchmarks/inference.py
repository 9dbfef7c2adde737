"""python -m benchmarks.inference [--seconds 4] [--rounds 15]: seconds per second of video that ``predict``
takes on a 200 fps video of 640x480, beside the bare loop that makes the same OpenCV and MediaPipe calls, in
one run. The last line is one JSON object.

Two ways of STSTNet, each with its own bare loop:
every_20ms   the apex is spotted, so that landmarks are looked for every 20 ms and every frame is cropped.
first_frame  the usual: the middle frame is the apex, and landmarks are looked for once.

of_bare      processor seconds of predict / of the bare loop: the median of the rounds, of which each runs
             both, one after the other, in turn the one and the other first. A busy machine slows both of a
             round alike. of_bare_least, _most: of the rounds.
of_bare_wall the same by the clock.
wall, processor  seconds per second of video, medians; real time is 1. Processor seconds are summed over
             cores, so that below 1 a single free core keeps up, whatever else runs on the machine.
decode, landmarks, flow, model, rest  of predict's processor seconds, by what spends them. rest: crops,
             strain, apex spotting, Python.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import mediapipe as mp
import numpy as np
import torch

from benchmarks.figures import show
from benchmarks.preprocessing import lengthened
from mer_models import MODELS
from orchestrator.inference.bundle import About, AboutModel, Bundle, Member
from orchestrator.inference.clips import found
from orchestrator.inference.video import ClipPredictor
from orchestrator.study.recipe import Recipe
from preprocessing.align import Crop, crop_of
from preprocessing.apex import SEEN
from preprocessing.apex import SIZE as REGION
from preprocessing.datasets.reading import read
from preprocessing.flow import FLOWS, strain
from preprocessing.inputs.settings import Settings
from preprocessing.landmarks import _points
from preprocessing.plan import spec
from preprocessing.regions import regions
from preprocessing.render import RenderConfig

FPS = 200
SIZE = (640, 480)
INPUT, CLASSES = "onset_apex_flow", ("negative", "positive", "surprise")
WAYS = {"every_20ms": Settings(apex="roi_difference"), "first_frame": Settings()}
PARTS = ("decode", "landmarks", "flow", "model")


def video(folder: Path, seconds: float) -> Path:
    """A rendered face whose expression comes and goes, as a camera's file."""
    lengthened(folder / "corpus", RenderConfig(subjects=1, clips_per_subject=1, size=480, fps=FPS))
    (clip, *_) = read("synthetic", folder / "corpus")
    images = [cv2.imread(str(clip.frames / f"img{n}.jpg")) for n in range(clip.onset, clip.offset + 1)]
    side = (SIZE[0] - 480) // 2
    wide = [cv2.copyMakeBorder(image, 0, 0, side, side, cv2.BORDER_REPLICATE) for image in images]
    path = folder / "video.mp4"
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE)
    for i in range(round(seconds * FPS)):  # there and back again, so that nothing jumps
        j = i % (2 * len(wide) - 2)
        out.write(wide[min(j, 2 * len(wide) - 2 - j)])
    out.release()
    return path


def predictor(settings: Settings) -> ClipPredictor:
    """STSTNet with weights as they begin: what it says is of no use, how long it takes is."""
    made = spec(INPUT, settings, pictures=False)
    config: dict[str, dict[str, Any]] = {"model": {}, "recipe": {"epochs": 1}}
    about = About(
        model="ststnet", config=config, classes=list(CLASSES), kind=made.kind, channels=list(made.channels),
        n_rois=None, n_aus=None, features=made.version, au="none", trial=0,
        models=[AboutModel(epochs=1, normaliser={})], format=1,
        spec={"name": made.name, "parameters": made.parameters},
        ranges={name: [0.0, 1e9] for name in made.channels},
    )  # fmt: skip
    model = MODELS["ststnet"](len(CLASSES)).eval()
    return ClipPredictor(
        Bundle(about, (Member(model, {}, None, Recipe(**config["recipe"])),), "", "benchmark")
    )


class Bare:
    """What everybody writes: read, find the face, align, compare the regions, flow from onset to apex, the
    network. With the calls of ``predict`` to OpenCV and MediaPipe, as often, and nothing beside them."""

    def __init__(self, model: torch.nn.Module, *, every: int | None) -> None:
        """every: frames between two looks for landmarks; None = in the first frame alone, of which no other
        but the apex' is then cropped."""
        mesh = mp.solutions.face_mesh.FaceMesh
        self.first = mesh(static_image_mode=True, max_num_faces=2, min_detection_confidence=0.5)
        self.next = mesh(static_image_mode=False, max_num_faces=1, min_detection_confidence=0.5)
        self.model, self.every, self.flow = model, every, FLOWS["farneback"]()

    def __call__(self, path: Path, frames: int) -> None:
        opened = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self.next.reset()
        points = self.seen(self.first, image := opened.read()[1])
        crop = crop_of(points)
        onset = apex = self.grey(crop, image)
        boxes = regions(crop.points(points))[list(SEEN)]
        for number in range(1, frames):
            _, image = opened.read()
            if self.every and (number % self.every == 0 or number == frames - 1):
                self.seen(self.next, image)
            if self.every or number == (frames - 1) // 2:
                grey = self.grey(crop, image)
            if self.every:
                for x0, y0, x1, y1 in boxes:
                    part = grey[y0:y1, x0:x1].astype(np.float32)
                    cv2.resize(part, REGION, interpolation=cv2.INTER_AREA)
            if number == (frames - 1) // 2:
                apex = grey
        opened.release()
        field = self.flow(onset, apex)
        picture = cv2.resize(np.dstack([field, strain(field)]), (28, 28), interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            self.model(torch.from_numpy(picture.transpose(2, 0, 1)[None].copy())).softmax(1)

    @staticmethod
    def seen(mesh: Any, image: Any) -> Any:
        return _points(mesh.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_face_landmarks[0], image)

    @staticmethod
    def grey(crop: Crop, image: Any) -> Any:
        return cv2.cvtColor(crop.image(image), cv2.COLOR_BGR2GRAY)


def clock(work: Callable[[], object]) -> tuple[float, float]:
    """(seconds by the clock, processor seconds)."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


class Spent:
    """Processor seconds by part, while ``watching``."""

    def __init__(self) -> None:
        self.of = dict.fromkeys(PARTS, 0.0)

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*words: Any, **more: Any) -> Any:
            begun = time.process_time()
            try:
                return work(*words, **more)
            finally:
                self.of[part] += time.process_time() - begun

        return run

    @contextmanager
    def watching(self, one: ClipPredictor) -> Iterator[None]:
        eye, line = one.pipeline.landmarker, one.pipeline
        opened = cv2.VideoCapture

        class Timed:
            """cv2.VideoCapture, whose methods cannot be replaced."""

            def __init__(self, *words: Any) -> None:
                self.video = spent.timed("decode", opened)(*words)

            def __getattr__(self, name: str) -> Any:
                found = getattr(self.video, name)
                return spent.timed("decode", found) if name in ("grab", "read", "retrieve") else found

        spent = self
        with (
            mock.patch.object(cv2, "VideoCapture", Timed),
            mock.patch.object(eye, "start", self.timed("landmarks", eye.start)),
            mock.patch.object(eye, "follow", self.timed("landmarks", eye.follow)),
            mock.patch.object(line, "flow", self.timed("flow", line.flow or FLOWS["farneback"]())),
            mock.patch.object(Bundle, "probabilities", self.timed("model", Bundle.probabilities)),
        ):
            yield


def measure(path: Path, seconds: float, rounds: int) -> dict[str, Any]:
    frames = round(seconds * FPS)
    (clip,) = found([str(path)])
    made: dict[str, Any] = {}
    for name, settings in WAYS.items():
        ours = predictor(settings)
        every = round(settings.landmarks_every * FPS) if ours.pipeline.tracks else None
        bare = Bare(ours.bundle.members[0].model, every=every)
        if ours(clip).reason:
            raise RuntimeError(ours(clip).reason)
        bare(path, frames)
        both: tuple[Callable[[], object], ...] = (partial(ours, clip), partial(bare, path, frames))
        times = np.zeros((rounds, 2, 2))  # (round, predict and bare, clock and processor)
        for turn in range(rounds):
            for who in (0, 1) if turn % 2 else (1, 0):
                times[turn, who] = clock(both[who])
        usual = np.median(times, axis=0) / seconds
        ratios = times[:, 0] / times[:, 1]
        spent = Spent()
        with spent.watching(ours):
            _, whole = clock(both[0])
        parts = {part: of / seconds for part, of in spent.of.items()}
        made |= {
            f"{name}_of_bare": float(np.median(ratios[:, 1])),
            f"{name}_of_bare_least": float(ratios[:, 1].min()),
            f"{name}_of_bare_most": float(ratios[:, 1].max()),
            f"{name}_of_bare_wall": float(np.median(ratios[:, 0])),
            f"{name}_wall": float(usual[0, 0]),
            f"{name}_processor": float(usual[0, 1]),
            f"{name}_bare_wall": float(usual[1, 0]),
            f"{name}_bare_processor": float(usual[1, 1]),
            **{f"{name}_{part}": of for part, of in parts.items()},
            f"{name}_rest": whole / seconds - sum(parts.values()),
        }
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="of the video")
    parser.add_argument("--rounds", type=int, default=15, help="of both, one after the other")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        show(measure(video(Path(name), given.seconds), given.seconds, given.rounds))


if __name__ == "__main__":
    main()
