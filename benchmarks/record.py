"""Make a recording for benchmarks/racing.py: every fold of every trial of a search, run in this process, kept
as validation counts.

python -m benchmarks.record ststnet --corpus ststnet_flow --root FOLDER --features onset_apex_flow --protocol
group_kfold-26
    --set recipe.epochs=20 --out benchmarks/recordings/ststnet_flow.npz

The configurations are those of a sweep with the random sampler, trial 0 the published one. A recording holds
confusion matrices and losses of validation people for each fold and epoch, and which clips a fold validates,
by number: no test prediction, clip or person.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.racing import Recording
from mer_models import MODELS
from orchestrator.console.asked import parse_settings
from orchestrator.search.events import Event, FoldEnded, Outcome, TrialEnded
from orchestrator.search.inline import search
from orchestrator.search.samplers import Search
from orchestrator.search.schedulers.evidence import Evidence
from orchestrator.selection.records import rows_at
from orchestrator.study.study import Study
from orchestrator.study.table import load
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.features import extraction
from orchestrator.workspace.store import FoldStore
from preprocessing import extract


class Lines:
    """Prints a line a trial, and keeps the processor time of every fold: what else the machine does counts
    for little."""

    def __init__(self) -> None:
        self.last = time.process_time()
        self.seconds: list[float] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, FoldEnded):
            now = time.process_time()
            self.seconds.append(now - self.last)
            self.last = now
        elif isinstance(event, TrialEnded):
            ended = event.outcome
            print(f"trial {ended.index}: {len(ended.results)} folds, {dict(ended.drawn)}", flush=True)


def recording(
    outcomes: list[Outcome], seconds: list[float], about: dict[str, object], every: int
) -> Recording:
    """One grid for all: the evaluated epochs, every so many and the last. A fold that stopped early keeps its
    last epoch.

    seconds  of all folds in the order in which they ran.
    """
    first = outcomes[0].results
    evidence = [[Evidence.of(result) for result in outcome.results] for outcome in outcomes]
    seen = np.unique(np.concatenate([e.epochs for trial in evidence for e in trial]))
    grid = seen[::-1][::every][::-1]
    rows = [[rows_at(e.epochs, grid) for e in trial] for trial in evidence]
    clips = sorted({clip for result in first for clip in result.validation})
    counts = np.array(
        [[e.counts[at] for e, at in zip(*pair, strict=True)] for pair in zip(evidence, rows, strict=True)]
    )
    loss = np.array(
        [[e.loss[at] for e, at in zip(*pair, strict=True)] for pair in zip(evidence, rows, strict=True)]
    )
    return Recording(
        counts=counts.astype(np.min_scalar_type(int(counts.max()))),
        loss=loss.astype(np.float16),
        seconds=np.array(seconds, np.float32).reshape(counts.shape[:2]),
        epochs=grid.astype(np.int32),
        seeds=np.array([result.seed for result in first], np.int32),
        validates=np.array([[clip in set(result.validation) for clip in clips] for result in first]),
        about=json.dumps(
            about | {"folds": [result.fold for result in first], "drawn": [dict(o.drawn) for o in outcomes]}
        ),
    )


def main(
    model: Annotated[str, typer.Argument(help="a model of mer_models")],
    out: Annotated[Path, typer.Option(help="the .npz to write")],
    corpus: Annotated[str, typer.Option(help="a corpus of preprocessing/datasets")] = "synthetic",
    root: Annotated[
        Path | None, typer.Option(help="its folder; synthetic is rendered if none is given")
    ] = None,
    features: Annotated[str, typer.Option(help="feature set; the model's default if none is given")] = "",
    classes: Annotated[str, typer.Option(help="label scheme")] = "3",
    protocol: Annotated[str, typer.Option(help="who is held out")] = "loso",
    inner_folds: Annotated[
        int, typer.Option(help="1 of so many groups of a fold's training people validates")
    ] = 4,
    trials: Annotated[int, typer.Option(help="configurations; trial 0 is the published one")] = 40,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, fixed in all trials")
    ] = None,
    every: Annotated[int, typer.Option(help="keep every so many epochs")] = 1,
    workspace: Annotated[Path, typer.Option(help="where feature sets are kept")] = Path("workspace"),
) -> None:
    """Run the search and write the recording."""
    begin = time.perf_counter()
    name = features or MODELS[model].default_features
    asked = Experiment(model, corpora=[(corpus, str(root or ""))])
    made = extract.prepare(corpus, root, [name], workspace, settings=extraction(asked))
    table = load(made.folders[name], classes, "none", uses_aus=False)
    fixed = parse_settings(settings or [])
    study = Study(model, protocol, inner_folds, 1, fixed)
    with tempfile.TemporaryDirectory() as folder:
        plan = Search(trials, 0, "random", Path(folder))
        lines = Lines()
        outcomes = search(study, table, FoldStore(Path(folder) / "folds"), plan, lines)
    about: dict[str, object] = {
        "model": model,
        "corpus": corpus,
        "features": table.features,
        "classes": list(table.classes),
        "clips": len(table.clip_ids),
        "subjects": len(set(table.subjects)),
        "protocol": protocol,
        "inner_folds": inner_folds,
        "set": fixed,
        "code": study.code_of(study.config({}), table.au),
    }
    recording(outcomes, lines.seconds, about, every).save(out)
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB in {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    typer.run(main)
