"""A corpus of DFME's size before any pixel is looked at: ``check``, and the plan of an extraction.

python -m benchmarks.corpus [--people 600] [--clips 20000] [--frames 3]; the last line is one JSON object with

check_s   python -m preprocessing check of a manifest's folders, a new process, its start included
plan_s    the plan of an extraction (preprocessing/plan.py), in this process
missing_s which shards of it are missing: all

Beside each time, as ..._cpu_s, the processor time of the same, which a busy machine lengthens less. Frames
are no images: neither opens one. Their sizes differ as those of images do.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.figures import show
from benchmarks.scale import CLASSES, timed
from preprocessing import plan as shards

COLUMNS = "clip,subject,frames,emotion,aus,onset,apex,offset,fps"


def invented(root: Path, people: int, clips: int, frames: int) -> None:
    """A manifest and its folders of frames. frames: of a clip."""
    rng = np.random.default_rng(0)
    emotions, sizes = rng.integers(0, len(CLASSES), clips), rng.integers(2000, 20000, (clips, frames))
    noise = rng.bytes(20000)
    rows = [COLUMNS]
    for i in range(clips):
        folder = root / f"sub{i % people:04d}" / f"clip{i:05d}"
        folder.mkdir(parents=True)
        for n in range(frames):
            name = f"{i}/{n}".encode()  # no two files are equal
            (folder / f"img{n}.jpg").write_bytes(name + noise[len(name) : sizes[i, n]])
        who, what = f"sub{i % people:04d}", CLASSES[emotions[i]]
        rows.append(f"clip{i:05d},{who},{folder.relative_to(root)},{what},,0,{frames // 2},{frames - 1},500")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n")


def main(
    people: Annotated[int, typer.Option(help="subjects")] = 600,
    clips: Annotated[int, typer.Option(help="clips of all of them")] = 20_000,
    frames: Annotated[int, typer.Option(help="frames of a clip, 2 or more")] = 3,
) -> None:
    """Print the table and, last, one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "own"
        invented(root, people, clips, frames)
        command = [sys.executable, "-m", "preprocessing", "check", "manifest", "--root", str(root)]
        check_s, check_cpu, _ = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
        out = Path(name) / "features"
        plan_s, plan_cpu, made = timed(lambda: shards.plan("manifest", root, ["onset_apex_flow"], out))
        missing_s, missing_cpu, missing = timed(made.missing)
        if len(missing) != len(made.shards) or sum(map(len, made.shards)) != clips:
            raise RuntimeError(f"{len(missing)} of {len(made.shards)} shards are missing of a new corpus")
    show(
        {
            "clips": clips,
            "cores": os.cpu_count(),
            "check_s": check_s,
            "check_cpu_s": check_cpu,
            "plan_s": plan_s,
            "plan_cpu_s": plan_cpu,
            "missing_s": missing_s,
            "missing_cpu_s": missing_cpu,
        },
        digits=2,
    )


if __name__ == "__main__":
    typer.run(main)
