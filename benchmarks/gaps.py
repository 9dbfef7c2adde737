"""What a gap of missing frames costs a sequence that bridges it. ``python -m benchmarks.gaps [--people 8]``;
the last line is one JSON object.

Rendered clips (preprocessing/render at its usual difficulty: 18 to 28 frames, sensor noise, head movement) go
through roi_flow18 whole, and with 1 .. 8 frames in a row taken out half-way to the apex, where the motion is
fastest. Medians over clips, in crop pixels, of the mean over 18 windows:

end_point   distance of the motion over the gap from the sum of the unbroken frames' motion over it
each_frame  distance, frame by frame inside the gap, of the motion from the unbroken one
again       both once more, between the unbroken clip and itself with other sensor noise: what the flow method
            cannot know anyway. A gap that costs less is within the scatter of the input.
moved       length of the motion over the gap
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.inputs import Settings
from preprocessing.pipeline import Pipeline
from preprocessing.render import RenderConfig
from preprocessing.render.motion import ClipRenderer
from preprocessing.render.plan import ClipPlan, clip_plan
from preprocessing.schema import Clip

GAPS = (1, 2, 3, 4, 6, 8)
INPUT = "roi_flow18"


def written(plan: ClipPlan, config: RenderConfig, folder: Path) -> Clip:
    """The clip rendered into ``folder``."""
    folder.mkdir()
    renderer = ClipRenderer(plan, config)
    for t in range(plan.frames):
        cv2.imwrite(str(folder / f"img{plan.onset + t}.png"), renderer.frame(t))
    return Clip(
        "manifest", f"manifest/{plan.subject}", plan.clip, folder, plan.emotion, plan.onset, plan.apex,
        plan.offset, fps=config.fps,
    )  # fmt: skip


def motion(clip: Clip) -> NDArray[Any]:
    """float32 (frames - 1, 18, 2): crop pixels from each frame to the next."""
    settings = Settings(steps=len(list(clip.frames.iterdir())) - 1, max_gap=max(GAPS))
    row = Pipeline((INPUT,), settings).rows(clip)[INPUT]
    if row["status"] != "ok":
        raise RuntimeError(row["error"])
    return np.asarray(row["x"])


def apart(one: NDArray[Any], other: NDArray[Any]) -> tuple[float, float]:
    """(at the end, of each frame) of two motions (frames, 18, 2) over the same frames."""
    end = np.linalg.norm(one.sum(0) - other.sum(0), axis=-1).mean()
    return float(end), float(np.linalg.norm(one - other, axis=-1).mean())


def measured(plan: ClipPlan, config: RenderConfig, folder: Path) -> dict[int, dict[str, float]]:
    """gap -> what the module's head says, of one clip."""
    clip = written(plan, config, folder / "whole")
    noise = np.random.default_rng(1).permutation(plan.noise)
    whole = motion(clip)
    again = motion(written(replace(plan, noise=noise), config, folder / "again"))
    made = {}
    for gap in GAPS:
        first = max(1, (plan.apex - plan.onset) // 2 - gap // 2)  # index of the first missing frame
        steps = slice(first - 1, first + gap)
        lost = [clip.frames / f"img{plan.onset + t}.png" for t in range(first, first + gap)]
        for path in lost:
            path.rename(path.with_suffix(".lost"))
        bridged = motion(clip)
        for path in lost:
            path.with_suffix(".lost").rename(path)
        end, each = apart(bridged[steps], whole[steps])
        end_again, each_again = apart(again[steps], whole[steps])
        moved = float(np.linalg.norm(whole[steps].sum(0), axis=-1).mean())
        made[gap] = {
            "end_point": end, "again_end_point": end_again,
            "each_frame": each, "again_each_frame": each_again, "moved": moved,
        }  # fmt: skip
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=8, help="rendered people, with two clips each")
    config = RenderConfig(subjects=parser.parse_args().people, clips_per_subject=2)
    found = []
    for subject in range(config.subjects):
        for number in range(config.clips_per_subject):
            with tempfile.TemporaryDirectory() as folder:
                found.append(measured(clip_plan(config, subject, number), config, Path(folder)))
    table = {
        gap: {what: round(float(np.median([one[gap][what] for one in found])), 3) for what in found[0][gap]}
        for gap in GAPS
    }
    for gap, row in table.items():
        print(f"{gap} missing: " + ", ".join(f"{what} {value:.3f}" for what, value in row.items()))
    print(json.dumps({"clips": len(found), "gaps": table}))


if __name__ == "__main__":
    main()
