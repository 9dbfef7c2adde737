"""python -m benchmarks.head_motion uf1 [FOLDER]: what head motion leaves of nested UF1, setting by setting.

A small rendered corpus, everybody held out once. In every clip the head goes from the onset to the apex by so
many pixels in a direction of the clip's own, turns by so many degrees to a side of its own, and stays there.
Training and test clips alike: it says what a setting leaves of the expression, not what real heads do. Pixels
and degrees are varied one at a time. What is in FOLDER already, of a run that was killed too, is not made
again. The last line is one JSON object: model -> setting -> motion -> [UF1, low, high], the interval over
people.
"""

from __future__ import annotations

import csv
import json
import math
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mer_models import MODELS
from orchestrator.search import inline
from orchestrator.search.samplers import Search
from orchestrator.selection.choose import choose
from orchestrator.selection.scores import score
from orchestrator.statistics.intervals import intervals
from orchestrator.statistics.people import counts
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable, load
from orchestrator.workspace.store import FoldStore
from preprocessing import extract
from preprocessing.inputs import Settings
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.config import generator

CONFIG = RenderConfig(seed=900, subjects=8, clips_per_subject=3, size=256, difficulty=0.0)
MOTIONS = ((0, 0), (20, 0), (5, 0), (0, 5), (10, 0), (2, 0), (0, 2))  # pixels, degrees
SETTINGS = {
    "none": Settings(),
    "stabilise rigid": Settings(stabilise="rigid"),
    "motion relative": Settings(motion="relative"),
    "rigid and relative": Settings(stabilise="rigid", motion="relative"),
}
# published but for this: few clips and little time ask for larger steps, and for a smaller STAG
FIXED = {
    "ststnet": {"recipe.epochs": 40, "recipe.lr": 2e-3},
    "stag": {
        "recipe.epochs": 20,
        "recipe.lr": 2e-3,
        "recipe.swa_start": 1.0,
        "model.graph_layers": 1,
        "model.transformer_layers": 2,
        "model.graph_dim": 32,
        "model.d_model": 32,
    },
}
INNER = 3


def moved(source: Path, target: Path, pixels: float, degrees: float) -> Path:
    """The corpus in ``source`` with heads that move, in ``target``, which is returned: whole if it has a
    manifest."""
    if (target / "manifest.csv").exists():
        return target
    text = (source / "manifest.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        rng = generator(0, "head", row["subject"], row["clip"])
        angle, side = rng.uniform(0, 2 * math.pi), rng.choice([-1, 1])
        onset, apex, offset = (int(row[name]) for name in ("onset", "apex", "offset"))
        (target / row["frames"]).mkdir(parents=True, exist_ok=True)
        for number in range(onset, offset + 1):
            picture = cv2.imread(str(source / row["frames"] / f"img{number}.jpg"))
            share = min(1.0, (number - onset) / max(1, apex - onset))
            size, by = picture.shape[0], share * pixels * CONFIG.unit
            matrix = cv2.getRotationMatrix2D((size / 2, size / 2), share * side * degrees, 1.0)
            matrix[:, 2] += by * np.array([math.cos(angle), math.sin(angle)])
            shown = cv2.warpAffine(picture, matrix, (size, size), borderMode=cv2.BORDER_REFLECT)
            coded = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
            (target / row["frames"] / f"img{number}.jpg").write_bytes(coded.tobytes())
    (target / "manifest.csv").write_text(text, encoding="utf-8")
    return target


def uf1(model: str, table: ClipTable, folder: Path) -> list[float]:
    """[nested UF1, low, high] of one configuration: FIXED."""
    folder.mkdir(parents=True, exist_ok=True)
    fixed = FIXED[model] | {"recipe.warmup_epochs": 0, "recipe.batch_size": 8}
    study = Study(model, "loso", INNER, 1, fixed)
    made = inline.search(
        study, table, FoldStore(folder / "folds"), Search(1, 0, "random", folder), lambda _: None
    )
    trials = [one.trial for one in made]
    truth = dict(zip(table.clip_ids, table.y.tolist(), strict=True))
    found = score(choose("nested", trials), trials, truth, table.classes, subject_of=table.subject_of)
    rows = found["predictions"]
    held = counts(*([row[key] for row in rows] for key in ("subject", "seed", "truth", "predicted")),
                  len(table.classes))  # fmt: skip
    return [round(value, 3) for value in (found["uf1"], *intervals(held)["uf1"])]


def main() -> None:
    made: dict[str, dict[str, dict[str, list[float]]]] = {name: {} for name in FIXED}
    features = {name: MODELS[name].default_features for name in FIXED}
    kept = nullcontext(sys.argv[2]) if sys.argv[2:] else tempfile.TemporaryDirectory()
    with kept as name:
        root = Path(name)
        render_corpus(root / "still", CONFIG)
        for pixels, degrees in MOTIONS:
            motion = f"{pixels}px {degrees}deg"
            corpus = moved(root / "still", root / motion, pixels, degrees)
            for setting, settings in SETTINGS.items():
                plan = extract.plan(
                    "synthetic", corpus, sorted(set(features.values())), root / "out", settings
                )
                folders = extract.run(plan, max_failed=0).folders
                for model, of in features.items():
                    table = load(folders[of], "3", "none", uses_aus=False)
                    found = uf1(model, table, root / "sweeps" / motion / setting / model)
                    made[model].setdefault(setting, {})[motion] = found
                    print(model, setting, motion, *found, flush=True)
    about: dict[str, Any] = {"people": CONFIG.subjects, "clips": CONFIG.subjects * CONFIG.clips_per_subject}
    print(json.dumps(about | {"fixed": FIXED, "uf1": made}))
