"""Speed and memory of preprocessing, as ratios in one run. ``python -m benchmarks.preprocessing``; the last
line is one JSON object.

overhead     pipeline on one worker / a bare single-thread loop that makes the same OpenCV and MediaPipe calls
             - 1.
speedup      a naive bare loop (landmarks on every frame, flow on the whole crop) / the pipeline.
saved_px     what the shortcuts behind ``speedup`` change in roi_flow18: mean and largest difference in pixels
             per frame.
scaling      clips per second of two Ray workers / of one, after start-up, which is stated apart (start_up_s).
second_run   clips extracted by the second run of a finished job.
together     all inputs in one pass / the dearest input alone.
memory       resident MiB of a worker after 50 and after 500 clips, and the peak over a 4,500-frame clip at
             640 x 480.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from preprocessing import extract, local_ray
from preprocessing import plan as shards
from preprocessing.align import crop_of
from preprocessing.datasets.reading import read
from preprocessing.inputs import INPUTS, Settings
from preprocessing.landmarks import Landmarker
from preprocessing.pipeline import Pipeline
from preprocessing.regions import around, windows
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.schema import Clip

STREAM = "roi_flow18"  # the input that needs landmarks and flow of every frame
LENGTH = 66  # frames of a clip: the mean of CASME II, at its 200 frames a second
NAIVE = Settings(landmarks_every=0.0)


def bare(clips: list[Clip], landmarker: Landmarker, *, same_calls: bool) -> None:
    """What everybody writes: read, find the face, align, flow. ``same_calls``: as often and on as many pixels
    as the pipeline."""
    for clip in clips:
        crop, before, box, points = None, None, None, None
        every = max(1, round(Settings().landmarks_every * clip.fps)) if same_calls and clip.fps else 1
        for step, number in enumerate(range(clip.onset, clip.offset + 1)):
            image = cv2.imread(str(clip.frames / f"img{number}.jpg"))
            if crop is None:
                points = landmarker.start(image)
                crop = crop_of(points)
            elif step % every == 0 or number == clip.offset:
                points = landmarker.follow(image, step)
            grey = cv2.cvtColor(crop.image(image), cv2.COLOR_BGR2GRAY)
            if same_calls and box is None:
                boxes = windows(crop.points(points))
                x0, y0, x1, y1 = box = around(boxes)
            if before is not None and same_calls:
                pair = (np.ascontiguousarray(g[y0:y1, x0:x1]) for g in (before, grey))
                cv2.calcOpticalFlowFarneback(*pair, None, 0.5, 3, 15, 3, 5, 1.1, 0)
            elif before is not None:
                cv2.calcOpticalFlowFarneback(before, grey, None, 0.5, 3, 15, 3, 5, 1.1, 0)
            before = grey


def lengthened(corpus: Path, config: RenderConfig) -> None:
    """Render a corpus and make its clips LENGTH frames long: there and back again, so that nothing jumps."""
    render_corpus(corpus, config)
    rows = [line.split(",") for line in (corpus / "manifest.csv").read_text().splitlines()]
    onset, apex, offset = (rows[0].index(name) for name in ("onset", "apex", "offset"))
    for row in rows[1:]:
        first, last = int(row[onset]), int(row[offset])
        for i in range(last - first + 1, LENGTH):
            folder, j = corpus / row[rows[0].index("frames")], i % (2 * (last - first))
            os.link(
                folder / f"img{first + min(j, 2 * (last - first) - j)}.jpg", folder / f"img{first + i}.jpg"
            )
        row[apex], row[offset] = str(first + LENGTH // 2), str(first + LENGTH - 1)
    (corpus / "manifest.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")


def clock(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def fastest(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each, the least of ``rounds`` interleaved rounds: what other processes take away hits all
    alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(clock(work))
    return {name: min(seconds) for name, seconds in times.items()}


def extraction(
    corpus: Path, names: tuple[str, ...], settings: Settings, scratch: Path
) -> Callable[[], object]:
    """A whole extraction into a fresh folder, in this process, with a warm pipeline."""
    pipeline = Pipeline(names, settings)
    pipeline.rows(read("synthetic", corpus)[0])

    def runner(plan: extract.Plan, numbers: list[int]) -> Iterator[dict[str, int]]:
        return (extract.make_shard(plan, pipeline, number) for number in numbers)

    def work() -> None:
        out = Path(tempfile.mkdtemp(dir=scratch))
        done = extract.run(extract.plan("synthetic", corpus, names, out, settings), runner)
        if done.quarantined:
            raise RuntimeError(f"{done.quarantined} clips of the benchmark's own corpus were quarantined")

    return work


def one_worker(corpus: Path, scratch: Path, rounds: int) -> dict:
    clips, landmarker = read("synthetic", corpus), Landmarker()
    landmarker.start(cv2.imread(str(next(clips[0].frames.glob("*.jpg")))))
    seconds = fastest(
        {
            "naive": lambda: bare(clips, landmarker, same_calls=False),
            "same": lambda: bare(clips, landmarker, same_calls=True),
            "pipeline": extraction(corpus, (STREAM,), Settings(), scratch),
        },
        rounds,
    )
    frames = sum(clip.offset - clip.onset + 1 for clip in clips)
    naive, ours = (Pipeline((STREAM,), s).rows(clips[0])[STREAM]["x"] for s in (NAIVE, Settings()))
    return {
        "overhead": round(seconds["pipeline"] / seconds["same"] - 1, 3),
        "speedup": round(seconds["naive"] / seconds["pipeline"], 3),
        "ms_per_frame": {name: round(1000 * s / frames, 2) for name, s in seconds.items()},
        "saved_px": {
            "mean": round(float(np.abs(naive - ours).mean()), 4),
            "largest": round(float(np.abs(naive - ours).max()), 4),
            "mean_motion": round(float(np.abs(naive).mean()), 4),
        },
    }


def together(corpus: Path, scratch: Path, rounds: int) -> dict:
    names = tuple(INPUTS)
    quick = fastest({name: extraction(corpus, (name,), Settings(), scratch) for name in names}, 1)
    dear = sorted(names, key=lambda name: -quick[name])[:2]
    seconds = quick | fastest(
        {
            name: extraction(corpus, wanted, Settings(), scratch)
            for name, wanted in {**{n: (n,) for n in dear}, "all": names}.items()
        },
        rounds,
    )
    dearest = max(names, key=lambda name: seconds[name])
    return {
        "together": round(seconds["all"] / seconds[dearest], 3),
        "inputs": len(names),
        "dearest": dearest,
        "together_to_sum": round(seconds["all"] / sum(seconds[name] for name in names), 3),
    }


def scaling(corpus: Path, scratch: Path) -> dict:
    import ray

    from preprocessing.distribute import with_ray

    begin = time.perf_counter()
    local_ray.start(num_cpus=2)
    start = time.perf_counter() - begin
    # for the rest of this process: many small shards: the last one costs little of the rate
    shards.CLIPS_PER_SHARD = 1
    rates, starts, again = {}, {}, -1
    for workers in (1, 2):
        plan = extract.plan("synthetic", corpus, (STREAM,), Path(tempfile.mkdtemp(dir=scratch)))
        ticks: list[tuple[float, int]] = []
        begin = time.perf_counter()
        extract.run(
            plan, with_ray(workers), report=lambda p, t=ticks: t.append((time.perf_counter(), p.done))
        )
        first = ticks[workers]  # every worker has its models
        rates[workers] = (ticks[-1][1] - first[1]) / (ticks[-1][0] - first[0])
        starts[workers] = ticks[0][0] - begin
        again = extract.run(plan, with_ray(workers)).extracted
    ray.shutdown()
    return {
        "scaling": round(rates[2] / rates[1], 3),
        "clips_per_s": {str(n): round(rate, 2) for n, rate in rates.items()},
        "start_up_s": {"ray": round(start, 1)} | {f"workers_{n}": round(s, 1) for n, s in starts.items()},
        "second_run": again,
    }


def resident() -> int:
    """MiB of this process in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def memory_of_clips(corpus: Path, count: int) -> None:
    """Run in a process of its own: all inputs of ``count`` short clips. Prints the memory after a tenth and
    at the end."""
    cv2.setNumThreads(1)
    clips = [replace(c, apex=c.onset + 4, offset=c.onset + 8) for c in read("synthetic", corpus)]
    pipeline = Pipeline(tuple(INPUTS), Settings())
    seen = []
    for i in range(count):
        pipeline.rows(clips[i % len(clips)])
        if i + 1 in (count // 10, count):
            seen.append(resident())
    print(json.dumps(seen))


def memory_of_length(corpus: Path, folder: Path, count: int) -> None:
    """Run in a process of its own: all inputs of one clip of ``count`` frames, its apex to be found. Prints
    the peak."""
    cv2.setNumThreads(1)
    source = replace(read("synthetic", corpus)[0], offset=read("synthetic", corpus)[0].onset + LENGTH // 3)
    images = [cv2.imread(str(source.frames / f"img{n}.jpg")) for n in range(source.onset, source.offset + 1)]
    wide = [
        cv2.copyMakeBorder(
            i, 0, 0, (640 - i.shape[1]) // 2, 640 - i.shape[1] - (640 - i.shape[1]) // 2, cv2.BORDER_REPLICATE
        )
        for i in images
    ]
    for i, image in enumerate(wide):
        cv2.imwrite(str(folder / f"img{i:05d}.jpg"), image)
    for i in range(len(wide), count):  # there and back again, so that nothing jumps
        j = i % (2 * len(wide) - 2)
        os.link(folder / f"img{min(j, 2 * len(wide) - 2 - j):05d}.jpg", folder / f"img{i:05d}.jpg")
    clip = replace(source, frames=folder, onset=0, apex=None, offset=count - 1, apex_source="none")
    row = next(iter(Pipeline(tuple(INPUTS), Settings(apex="roi_difference")).rows(clip).values()))
    if row["status"] != "ok" or row["n_frames"] != count:
        raise RuntimeError(row["error"])
    # not getrusage: its peak is inherited from the process that started this one
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) >> 10)


def alone(*arguments: str) -> object:
    """One of the two above in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.preprocessing", *arguments]
    return json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of each timing")
    parser.add_argument("--clips", type=int, default=500, help="clips of the memory test")
    parser.add_argument("--frames", type=int, default=4500, help="frames of the long clip")
    parser.add_argument("part", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part[:1] == ["memory_of_clips"]:
        return memory_of_clips(Path(given.part[1]), int(given.part[2]))
    if given.part[:1] == ["memory_of_length"]:
        return memory_of_length(Path(given.part[1]), Path(given.part[2]), int(given.part[3]))
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        few, many = scratch / "few", scratch / "many"
        lengthened(few, RenderConfig(subjects=1, clips_per_subject=4, size=480, fps=200))
        lengthened(many, RenderConfig(subjects=6, clips_per_subject=5, size=480, fps=200))
        (scratch / "long").mkdir()
        result = one_worker(few, scratch, 3 * given.rounds)  # short, and the ratio is near 1
        print(json.dumps(result))
        result |= together(few, scratch, given.rounds)
        print(json.dumps(result))
        result |= scaling(many, scratch)
        print(json.dumps(result))
        after = alone("memory_of_clips", str(few), str(given.clips))
        peak = alone("memory_of_length", str(few), str(scratch / "long"), str(given.frames))
        result["memory_mib"] = {
            f"after_{given.clips // 10}": after[0],
            f"after_{given.clips}": after[1],
            "peak_long_clip": peak,
        }
        result["memory_growth"] = round(after[1] / after[0], 3)
    print(json.dumps(result))
    return None


if __name__ == "__main__":
    main()
