"""python -m benchmarks.head_motion: what is left of an expression's motion when the head moves too.

Rendered clips of two people, an expression of about two pixels while the head goes by 0 to 20 pixels and
turns by 0 to 5 degrees. The flow from onset to apex by each setting, against the skin's own motion, which
the renderer knows: end-point error, mean over the 18 windows, in pixels of the 256 px crop. Landmarks are
MediaPipe's. The last line is one JSON object. ``uf1`` behind it: what a model's UF1 becomes
(head_motion_uf1.py).
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import head_motion_uf1
from preprocessing.align import crop_of
from preprocessing.heads import pipeline
from preprocessing.inputs import Settings
from preprocessing.inputs.view import Frame, Shared
from preprocessing.regions import windows
from preprocessing.render.long import LongConfig, LongPlan, LongRenderer, long_plan
from preprocessing.schema import Clip

PIXELS, DEGREES, PEOPLE = (0, 2, 5, 10, 20), (0, 2, 5), 2
FRAMES = 11
CONFIG = LongConfig(
    seed=500, subjects=PEOPLE, seconds=5, fps=50, micro=1, macro=0, speech=0, blinks=0, turns=0
)
FLOWS = ("farneback", "dis", "dis_fine")
HEADS = tuple(itertools.product(("none", "rigid"), ("absolute", "relative")))


class _Field:
    """The flow from the clip's first frame to its last."""

    def __init__(self, clip: Clip) -> None:
        self.ends = (clip.onset, clip.offset)
        self.frames: list[Frame] = []

    def see(self, frame: Frame, shared: Shared) -> None:
        if frame.number in self.ends:
            self.frames.append(frame)

    def result(self, shared: Shared) -> NDArray[Any]:
        return shared.flow(self.frames[0], self.frames[1])


def moving(person: int, pixels: float, degrees: float) -> tuple[LongRenderer, list[int]]:
    """A renderer whose head goes from the onset to the apex of its micro-expression, and the frames."""
    plan = long_plan(CONFIG, person, 0)
    event = next(one for one in plan.events if one.kind == "micro")
    numbers = np.linspace(event.onset, event.apex, FRAMES).round().astype(int)
    share = np.zeros(CONFIG.frames)
    share[event.onset : event.apex + 1] = np.linspace(0, 1, event.apex - event.onset + 1)
    share[event.apex :] = 1
    goal = np.array([0.8 * pixels, 0.6 * pixels, np.radians(degrees), 0.0])
    held: LongPlan = replace(plan, pose=plan.pose[event.onset] + share[:, None] * goal)
    return LongRenderer(held, CONFIG), sorted(set(numbers.tolist()))


def skin(renderer: LongRenderer, numbers: list[int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """(flow of the skin alone in the crop of the first frame, landmarks in that crop)."""
    first, last = numbers[0], numbers[-1]
    still = replace(renderer.plan, pose=np.repeat(renderer.plan.pose[[first]], CONFIG.frames, 0))
    flow = LongRenderer(still, CONFIG).true_flow(first, last)
    crop = crop_of(renderer.true_landmarks(first))
    warped = cv2.warpAffine(flow, crop.matrix, (256, 256), flags=cv2.INTER_LINEAR)
    return warped @ crop.matrix[:, :2].T.astype(np.float32), crop.points(renderer.true_landmarks(first))


def main() -> None:
    errors: dict[str, dict[str, list[float]]] = {}
    sizes = []
    made = {
        (flow, *heads): pipeline(
            ("onset_apex_flow",), Settings(flow=flow, stabilise=heads[0], motion=heads[1])
        )
        for flow in FLOWS
        for heads in HEADS
    }
    for pixels, degrees, person in itertools.product(PIXELS, DEGREES, range(PEOPLE)):
        renderer, numbers = moving(person, pixels, degrees)
        true, points = skin(renderer, numbers)
        boxes = windows(points)
        wanted = np.array([true[y0:y1, x0:x1].mean((0, 1)) for x0, y0, x1, y1 in boxes])
        sizes.append(float(np.linalg.norm(wanted, axis=1).max()))
        with tempfile.TemporaryDirectory() as name:
            for i, number in enumerate(numbers):
                cv2.imwrite(f"{name}/{i:03d}.png", renderer.frame(number))
            clip = Clip("b", "b/1", "a", Path(name), "", apex=0, fps=50.0)
            for key, one in made.items():

                def collectors(whole: Clip) -> dict[str, Any]:
                    return {"field": _Field(whole)}

                field = one.collect(clip, collectors)[0]["field"]
                got = np.array([field[y0:y1, x0:x1].mean((0, 1)) for x0, y0, x1, y1 in boxes])
                error = float(np.linalg.norm(got - wanted, axis=1).mean())
                errors.setdefault(" ".join(key), {}).setdefault(f"{pixels}px {degrees}deg", []).append(error)
    table = {
        key: {at: round(float(np.mean(v)), 3) for at, v in cells.items()} for key, cells in errors.items()
    }
    for name, cells in table.items():
        print(f"{name:28}", *cells.values())
    print(json.dumps({"largest_motion_px": round(float(np.mean(sizes)), 2), "end_point_error_px": table}))


if __name__ == "__main__":
    head_motion_uf1.main() if sys.argv[1:2] == ["uf1"] else main()
