"""Writes long synthetic videos: ``<subject>/<video>.avi`` (Motion JPEG), and ``intervals.csv`` last."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.places import write_atomically
from preprocessing.render.long import LongConfig, LongRenderer, long_plan

FIELDS = ("subject", "video", "fps", "frames", "kind", "onset", "apex", "offset", "emotion", "aus")


def render_long(root: Path, config: LongConfig, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write ``root``/SUBJECT/VIDEO.avi (Motion JPEG) of every person, and last intervals.csv, whose path is
    returned: one row an event, frames from 0, inclusive; ``kind`` micro or macro is an expression.

    ``progress(videos done, videos in all)`` is called after each. Raises FileExistsError for a folder that
    holds an intervals.csv, OSError where a video cannot be written.
    """
    truth = Path(root) / "intervals.csv"
    if truth.exists():
        raise FileExistsError(f"{truth} is there already; choose another folder or delete this one")
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(FIELDS)
    for subject in range(config.subjects):
        for number in range(config.videos):
            plan = long_plan(config, subject, number)
            path = Path(root) / plan.subject / f"{plan.video}.avi"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_video(path, LongRenderer(plan, config).frames(), config)
            rows.writerows(
                (plan.subject, f"{plan.subject}/{plan.video}.avi", config.fps, config.frames, e.kind, e.onset,
                 e.apex, e.offset, e.emotion, e.aus)
                for e in plan.events
            )  # fmt: skip
            if progress:
                progress(subject * config.videos + number + 1, config.subjects * config.videos)
    write_atomically(truth, lambda path: path.write_text(text.getvalue(), encoding="utf-8"))
    return truth


def write_video(path: Path, frames: Iterator[NDArray[np.uint8]], config: LongConfig) -> None:
    """Motion JPEG at quality 95 in an AVI. Raises OSError where it cannot be opened."""
    made = cv2.VideoWriter(
        str(path),
        cv2.CAP_OPENCV_MJPEG,
        cv2.VideoWriter.fourcc(*"MJPG"),
        config.fps,
        (config.size, config.size),
    )
    if not made.isOpened():
        raise OSError(f"{path} cannot be written")
    made.set(cv2.VIDEOWRITER_PROP_QUALITY, 95)
    for frame in frames:
        made.write(frame)
    made.release()
