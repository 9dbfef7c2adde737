"""What DFME needs: tens of thousands of folds, none of which trains anything, with records of real size.

python -m benchmarks.scale [--people 600] [--trials 50] [--epochs 100] [--clips 12] [--out FILE]; the last
line is one JSON object with

folds         people x trials, run in this process (runners/inline.py): what remains is orchestration
memory_mib    of this process: its peak (peak), after 1,000 folds (early), at the end of the last (late)
fold_ms       of the first sweep, from its beginning to the end of its last trial, a fold; without the report,
              and without what stands in for training (invented_ms); fold_cpu_ms: its processor time, which a
              busy machine does not lengthen
score_s       all rules, scores and the report of it, as a sweep ends
resume_s      the same sweep again, in a new process: every fold from the store, scores and report
report_s      python -m orchestrator.report of it
open_s        a new process' first look at the store: what is there, and what it is a result of
fold_kb       the store's size on disk, a fold
mlflow        what two trials of as many people cost it (benchmarks/tracking.py)

Beside each time, as ..._cpu_s, the processor time of the same, which a busy machine lengthens less. Labels
are random: scores are at chance.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks import tracking
from benchmarks.figures import show
from orchestrator.results import report
from orchestrator.results.outputs import chosen_outputs
from orchestrator.results.trials import trial_rows
from orchestrator.runners import inline as runner
from orchestrator.search.events import Event, FoldEnded, Outcome
from orchestrator.search.inline import search
from orchestrator.search.samplers import Search
from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.sweeps.after_features import scored
from orchestrator.workspace.store import FoldStore

CLASSES = ("happiness", "disgust", "contempt", "surprise", "fear", "anger", "sadness")
EARLY = 1000  # folds
STUDY = Study("stag", "loso", 4, 1, {})


def table(people: int, clips: int) -> ClipTable:
    ids = tuple(f"dfme/sub{p:04d}/{c:04d}_onset_apex" for p in range(people) for c in range(clips))
    y = np.random.default_rng(0).integers(0, len(CLASSES), len(ids))
    y[: len(CLASSES)] = range(len(CLASSES))
    return ClipTable(
        corpus="dfme", features="roi_flow14-scale", kind="roi_flow", channels=(), classes=CLASSES,
        clip_ids=ids, subjects=tuple(clip.rsplit("/", 1)[0] for clip in ids), splits=("",) * len(ids), y=y,
        x=np.zeros((len(ids), 1), np.float32), aus=None, au="none", content="scale", left_out={},
    )  # fmt: skip


class Invented:
    """Results in the place of training: probabilities that walk from epoch to epoch, as of a model that
    learns."""

    def __init__(self, clips: ClipTable, epochs: int):
        self.annotations, self.seconds, self.cpu = clips.annotations, 0.0, 0.0
        rng = np.random.default_rng(0)
        walk = np.cumsum(rng.normal(0, 0.3, (epochs, 64, len(CLASSES))), axis=0)
        self.called = walk.argmax(2)
        odds = np.exp(walk)
        self.probs = (odds / odds.sum(-1, keepdims=True)).astype(np.float32)
        self.sure = np.eye(len(CLASSES), dtype=np.float32)
        self.losses = rng.random((2, epochs), np.float32)

    def __call__(self, job: FoldJob, clips: ClipTable, device: str = "cpu", keep: bool = False) -> FoldResult:
        begin, cpu = time.perf_counter(), time.process_time()
        rng = np.random.default_rng(int(job.job_id[:8], 16))
        epochs, v, t = len(self.probs), len(job.validation), len(job.test)
        result = FoldResult(
            job_id=job.job_id, fold=job.fold, seed=job.seed, member=job.member, validation=job.validation,
            test=job.test, validation_truth=clips.y[self.annotations._rows(job.validation)],
            epochs=np.arange(1, epochs + 1, dtype=np.int32), train_loss=self.losses[0],
            validation_loss=np.roll(self.losses[1], rng.integers(epochs)),
            validation_probs=self.sure[self.called[:, rng.integers(0, 64, v)]],
            test_probs=self.probs[:, rng.integers(0, 64, t)]
            * rng.uniform(0.9, 1.1, (epochs, t, 1)).astype(np.float32),
            seconds=1.0,
        )  # fmt: skip
        self.seconds += time.perf_counter() - begin
        self.cpu += time.process_time() - cpu
        return result


def resident() -> float:
    """MiB of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


class Watcher:
    """Memory of this process early and late."""

    def __init__(self) -> None:
        self.folds, self.early = 0, 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, FoldEnded):
            self.folds += 1
            if self.folds == EARLY:
                self.early = resident()


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds, processor seconds of this process and those that it has waited for, value)."""
    begin, cpu = time.perf_counter(), _cpu()
    made = work()
    return time.perf_counter() - begin, _cpu() - cpu, made


def _cpu() -> float:
    return sum(os.times()[:4])


def ended(folder: Path, clips: ClipTable, outcomes: list[Outcome], folds: int) -> None:
    """Scores and report of a sweep, as after_features makes them."""
    usable = [outcome.trial for outcome in outcomes]
    scores = scored(usable, clips, STUDY)
    shares = {"clips": len(clips.clip_ids), "subjects": folds, "folds": folds, "seeds": 1, "rule": "nested"}
    none: dict[str, Any] = {"failed_trials": {}, "stopped_trials": {}, "left_out": {}}
    timing = {
        "wall_s": 1.0,
        "fold_s": 1.0,
        "extract_s": 0.0,
        "folds_run": folds,
        "folds_reused": 0,
        "folds_saved": 0,
    }
    summary = {
        "name": "scale", "model": STUDY.model, "corpus": clips.corpus, "feature_set": clips.features,
        "extraction": {}, "au": clips.au, "au_remark": "", "classes": list(clips.classes), "protocol": "loso",
        "subject_dependent": False, "inner_folds": 4, "sampler": "random", "scheduler": "none", "plugins": [],
        "arithmetic": "cpu", "configuration": {str(one.index): dict(one.config) for one in outcomes},
        "same_person": {}, "timing": timing, "folds_of_all_trials": (folds, folds),
        "looks": {"sweep": 1, "workspace": 1}, **shares, **none,
        "trials": trial_rows(outcomes, scores, STUDY, clips.au, folds),
        "outputs": chosen_outputs(usable, scores),
    }  # fmt: skip
    report.write(folder / "sweeps" / "scale", summary, scores)


def sweep(folder: Path, people: int, trials: int, epochs: int, clips: int) -> dict[str, Any]:
    """The sweep in this process; again, if the store has its folds."""
    made, watcher = table(people, clips), Watcher()
    invented = Invented(made, epochs)
    runner.run_fold = invented
    own = folder / "sweeps" / "scale"
    own.mkdir(parents=True, exist_ok=True)
    plan, store = Search(trials, 0, "random", own), FoldStore(folder / "folds")
    search_s, cpu, outcomes = timed(lambda: search(STUDY, made, store, plan, watcher))
    late, cpu = resident(), cpu - invented.cpu
    score_s, score_cpu, _ = timed(lambda: ended(folder, made, outcomes, people))
    return {
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "early": watcher.early,
        "late": late,
        "search_s": search_s,
        "score_s": score_s,
        "score_cpu_s": score_cpu,
        "invented_s": invented.seconds,
        "cpu_s": cpu,
    }


def opened(folder: Path) -> tuple[float, float, int]:
    """(seconds in which a store says what it has, processor seconds, folds that it has)."""
    return timed(lambda: sum(1 for _ in FoldStore(folder / "folds").held()))


def apart(expression: str) -> Any:
    """Value of an expression over this module's names, in a process of its own."""
    imports = "import json\nfrom pathlib import Path\nfrom benchmarks.scale import opened, sweep"
    code = f"{imports}\nprint(json.dumps({expression}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(
    people: Annotated[int, typer.Option(help="subjects, hence folds a trial")] = 600,
    trials: Annotated[int, typer.Option(help="configurations")] = 50,
    epochs: Annotated[int, typer.Option(help="epochs of a fold")] = 100,
    clips: Annotated[int, typer.Option(help="clips of a person")] = 12,
    out: Annotated[Path | None, typer.Option(help="write the JSON object there too")] = None,
) -> None:
    """Print the table and, last, one JSON object."""
    folds = people * trials
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = f"sweep(Path({name!r}), {people}, {trials}, {epochs}, {clips})"
        first = apart(run)
        print(
            f"{folds} folds in {first['search_s']:.0f} s, scores and report in {first['score_s']:.0f} s",
            flush=True,
        )
        store_bytes = sum(path.stat().st_blocks * 512 for path in (folder / "folds").rglob("*"))
        open_s, open_cpu, held = apart(f"opened(Path({name!r}))")
        resume_s, resume_cpu, again = timed(lambda: apart(run))
        command = [sys.executable, "-m", "orchestrator.report", "scale", "--workspace", name]
        report_s, report_cpu, _ = timed(
            lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        )
        (folder / "mlflow").mkdir()
        mlflow_s, mlflow_cpu, mlflow = timed(lambda: tracking.measure(people, 2, folder / "mlflow"))
    figures = {
        "folds": folds,
        "cores": os.cpu_count(),
        "memory_mib": {key: round(first[key]) for key in ("peak", "early", "late")},
        "fold_ms": 1000 * (first["search_s"] - first["invented_s"]) / folds,
        "fold_cpu_ms": 1000 * first["cpu_s"] / folds,
        "invented_ms": 1000 * first["invented_s"] / folds,
        "score_s": first["score_s"],
        "score_cpu_s": first["score_cpu_s"],
        "resume_s": resume_s,
        "resume_cpu_s": resume_cpu,
        "resume_search_s": again["search_s"],
        "resume_peak_mib": again["peak"],
        "report_s": report_s,
        "report_cpu_s": report_cpu,
        "open_s": open_s,
        "open_cpu_s": open_cpu,
        "held": held,
        "mlflow": mlflow | {"s": round(mlflow_s, 2), "cpu_s": round(mlflow_cpu, 2)},
        "fold_kb": store_bytes / 1000 / folds,
    }
    show(figures, digits=2)
    if out:
        out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
