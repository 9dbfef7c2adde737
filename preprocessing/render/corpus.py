"""Writes a synthetic corpus: ``frames/<subject>/<clip>/img<number>.jpg``, ``render.json``, and
``manifest.csv`` last.

``render.json`` (configuration and generator version) claims the folder before the first frame, so that frames
of two configurations never mix; ``manifest.csv`` appears atomically when all frames are written, so a
manifest means a whole corpus.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import cv2

from preprocessing import sealed
from preprocessing.places import write_atomically
from preprocessing.render.config import GENERATOR_VERSION, RenderConfig
from preprocessing.render.motion import ClipRenderer
from preprocessing.render.plan import ClipPlan, clip_plan

MANIFEST_FIELDS = ("subject", "clip", "frames", "onset", "apex", "offset", "emotion", "aus", "fps")
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]


def render_corpus(
    root: Path,
    config: RenderConfig,
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Render the corpus into ``root`` (made if missing) and return the path of its manifest.

    A whole corpus of the same configuration is left untouched; an unfinished one is rendered again. The bytes
    do not depend on ``processes``. ``progress(clips done, clips in all)`` is called after each clip, in this
    process.

    Raises FileExistsError when ``root`` holds anything rendered otherwise, ValueError for processes < 1,
    OSError when a file cannot be written.
    """
    if processes < 1:
        raise ValueError(f"render_corpus: processes must be at least 1, got {processes}")
    root = Path(root)
    manifest = root / "manifest.csv"
    _claim(root, config)
    if manifest.exists() and _whole(root, manifest, config):
        return manifest
    manifest.unlink(missing_ok=True)
    plans = [clip_plan(config, s, c) for s in range(config.subjects) for c in range(config.clips_per_subject)]
    done = 0
    if processes == 1:
        for plan in plans:
            render_clip(root, config, plan.subject_index, plan.clip_index)
            done += 1
            if progress:
                progress(done, len(plans))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            jobs = [
                pool.submit(render_clip, root, config, plan.subject_index, plan.clip_index) for plan in plans
            ]
            try:
                for job in as_completed(jobs):
                    job.result()
                    done += 1
                    if progress:
                        progress(done, len(plans))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    text = _manifest_text(plans, config)
    write_atomically(manifest, lambda path: path.write_text(text, encoding="utf-8"))
    return manifest


def render_clip(root: Path, config: RenderConfig, subject_index: int, clip_index: int) -> None:
    """Write the frames of one clip."""
    plan = clip_plan(config, subject_index, clip_index)
    renderer = ClipRenderer(plan, config)
    folder = root / _folder(plan)
    folder.mkdir(parents=True, exist_ok=True)
    for t in range(plan.frames):
        # cv2.imwrite would only return False on a full disk; write_bytes raises
        _, encoded = cv2.imencode(".jpg", renderer.frame(t), _JPEG)
        (folder / f"img{plan.onset + t}.jpg").write_bytes(encoded.tobytes())


def _folder(plan: ClipPlan) -> str:
    return f"frames/{plan.subject}/{plan.clip}"


def _whole(root: Path, manifest: Path, config: RenderConfig) -> bool:
    """Whether every clip is in the manifest, which is written last, and every frame that it names in its
    folder."""
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    try:
        return len(rows) == config.subjects * config.clips_per_subject and all(
            _has_frames(root, row) for row in rows
        )
    except (KeyError, TypeError, ValueError):  # a manifest that was not written here
        return False


def _has_frames(root: Path, row: dict[str, str]) -> bool:
    folder = root / row["frames"]
    wanted = {f"img{number}.jpg" for number in range(int(row["onset"]), int(row["offset"]) + 1)}
    return folder.is_dir() and wanted <= set(os.listdir(folder))


def _claim(root: Path, config: RenderConfig) -> None:
    """Write render.json into a free folder, or check that the one there says the same."""
    claim = root / "render.json"
    wanted = {"generator_version": GENERATOR_VERSION, "config": config.said()}
    if not claim.exists():
        taken = [name for name in ("frames", "manifest.csv") if (root / name).exists()]
        if taken:
            raise FileExistsError(
                f"{root}: holds {taken[0]} that was not rendered here (no render.json); choose another folder"
            )
        root.mkdir(parents=True, exist_ok=True)
        text = json.dumps(wanted, indent=2) + "\n"
        write_atomically(claim, lambda path: path.write_text(text, encoding="utf-8"))
        return
    found = read_claim(claim)
    if found != wanted:
        raise FileExistsError(
            f"{root}: holds a corpus of another configuration; choose another folder or delete this one.\n"
            f"  there:  {json.dumps(found)}\n  wanted: {json.dumps(wanted)}"
        )


def read_claim(claim: Path) -> dict[str, Any]:
    """What a corpus that was made here says of itself. Raises FileNotFoundError, and sealed.Damaged for what
    is no JSON object."""
    way_out = "choose another folder, or delete its own: the corpus is made again"
    sealed.check_kind(claim, way_out)
    try:
        found = json.loads(claim.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise sealed.Damaged(claim, f"it is no JSON: {error}", way_out) from error
    if not isinstance(found, dict) or not found:
        raise sealed.Damaged(claim, f"it holds {str(found)[:20]}, and says no configuration", way_out)
    return found


def _manifest_text(plans: list[ClipPlan], config: RenderConfig) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MANIFEST_FIELDS)
    for p in plans:
        writer.writerow(
            [p.subject, p.clip, _folder(p), p.onset, p.apex, p.offset, p.emotion, p.aus, config.fps]
        )
    return text.getvalue()
