"""python -m benchmarks.spotting [FRAMES]: memory of a spotting pass over a long video, 90,000 frames (an
hour at 25 a second) by default.

The video is small and grey, and stand-ins give landmarks, flow and head motion, so that the hour takes
minutes: what is measured is what the pass holds, not what OpenCV and MediaPipe do in a frame. The last line
is one JSON object: resident megabytes after each tenth of the pass.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.render.portrait import base_landmarks
from preprocessing.spotting import motion
from preprocessing.spotting.run import curves

SIZE = (64, 64)
POINTS = (base_landmarks(False) / 5).astype(np.float32)
FIELD = np.zeros((256, 256, 2), np.float32)


class Still:
    """The face where it always is."""

    def start(self, frame: NDArray[Any]) -> NDArray[Any]:
        return POINTS

    def follow(self, frame: NDArray[Any], step: int) -> NDArray[Any]:
        return POINTS


def resident() -> float:
    """Megabytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main(frames: int) -> None:
    setattr(motion, "without_head", lambda flow, landmarks: flow)  # noqa: B010
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "v.avi"
        out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, SIZE)
        for number in range(frames):
            out.write(np.full((*SIZE, 3), number % 200, np.uint8))
        out.release()
        held: list[float] = []

        def seen(done: int, total: int) -> None:
            if done % (frames // 10) == 0:
                held.append(round(resident(), 1))
                print(done, held[-1], flush=True)

        made = curves(
            path, kept=Path(name), progress=seen, landmarker=Still(), flow=lambda first, second: FIELD
        )
    print(json.dumps({"frames": made.frames, "rows": len(made.rows), "resident_mb": held}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 90_000)
