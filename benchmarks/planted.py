"""Which method of explanation names a region that alone tells the class: python -m benchmarks.planted MODELS
PARTS FOLDER. A line of JSON a model and part of the face.

The corpus is rendered with --planted (easy clips, 9 people of 8): emotions show at the mouth or the brows
alone, and two movements elsewhere are as strong. Crop and regions follow the renderer's own landmarks and
flow is Farneback's from onset to apex, so that a run takes minutes. Six people train, three are tested; one
seed. A model's score comes first: what has not learnt the region cannot name it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from mer_models import MODELS
from orchestrator.results.explain import deletion
from orchestrator.results.explain.collected import Collected
from orchestrator.results.explain.methods import explained
from orchestrator.results.explain.places import of_input
from orchestrator.results.explain.planted import planted_places
from orchestrator.selection.metrics import evaluate
from orchestrator.training.prediction import logits
from preprocessing.align import crop_of
from preprocessing.flow import FLOWS, strain
from preprocessing.inputs.view import resized
from preprocessing.regions import CHANNELS, regions, windows
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.emotions import three_class
from preprocessing.render.people import neutral_landmarks
from preprocessing.render.plan import clip_plan, pose_points

TRAINED = 6  # people of 9
# model -> (input, side in pixels, epochs, learning rate, arguments): what learns in minutes on one core
ASKED: dict[str, tuple[str, int, int, float, dict[str, Any]]] = {
    "ststnet": ("flow_picture", 28, 300, 3e-3, {}),
    "off_apexnet": ("flow_picture", 28, 60, 5e-4, {}),
    "resnet18": ("flow_picture", 64, 15, 5e-4, {}),
    "meganet": ("flow_picture", 64, 30, 1e-3, {"width": 16}),
    "roi_cnn": ("roi_maps", 32, 20, 1e-3, {}),
    "roi_hybrid": ("roi_maps", 32, 15, 5e-4, {}),
    "facesleuth": ("frame_pair", 64, 40, 8e-4, {"embed_dim": 16, "grid": 4}),
    "mdmo": ("roi_flow", 0, 300, 1e-2, {}),
}


def clips(root: Path, config: RenderConfig) -> tuple[list[dict[str, Any]], NDArray[np.int64]]:
    """(of each clip the crops at onset and apex, uint8 (256, 256, 3), landmarks on the crop (68, 2), flow and
    strain (256, 256, 3), its person; the classes)."""
    made, classes = [], []
    flow = FLOWS["farneback"]()
    for person in range(config.subjects):
        for number in range(config.clips_per_subject):
            plan = clip_plan(config, person, number)
            folder = root / "frames" / plan.subject / plan.clip
            files = sorted(folder.iterdir())
            pictures = [cv2.imread(str(files[at])) for at in (0, plan.apex - plan.onset)]
            face = pose_points(neutral_landmarks(config, person), plan.pose[0], config.size, config.unit)
            crop = crop_of(face)
            onset, apex = (crop.image(picture) for picture in pictures)
            grey = [cv2.cvtColor(one, cv2.COLOR_BGR2GRAY) for one in (onset, apex)]
            field = flow(*grey)
            made.append({
                "onset": onset[..., ::-1], "apex": apex[..., ::-1], "landmarks": crop.points(face),
                "flow": np.dstack([field, strain(field)]), "person": plan.subject,
            })  # fmt: skip
            classes.append(["negative", "positive", "surprise"].index(three_class(plan.emotion)))
    return made, np.array(classes)


def given(kind: str, size: int, clip: dict[str, Any]) -> NDArray[np.float32]:
    """A clip as an input of that kind."""
    if kind == "flow_picture":
        made = resized(clip["flow"], size)
    elif kind == "frame_pair":
        made = np.stack([resized(clip[name].astype(np.float32) / 255, size) for name in ("onset", "apex")])
    elif kind == "roi_maps":
        boxes = regions(clip["landmarks"])
        made = np.stack([resized(clip["flow"][y0:y1, x0:x1], size) for x0, y0, x1, y1 in boxes])[None]
    else:
        boxes = windows(clip["landmarks"]).astype(int)
        made = np.stack([clip["flow"][y0:y1, x0:x1, :2].mean((0, 1)) for x0, y0, x1, y1 in boxes])[None]
    return np.asarray(made, np.float32)


def fitted(model: Any, x: torch.Tensor, y: torch.Tensor, epochs: int, rate: float) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(16):
            optimiser.zero_grad()
            F.cross_entropy(logits(model, x[rows], None), y[rows]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
        schedule.step()
    model.eval()


def measured(name: str, part: str, found: list[dict[str, Any]], y: NDArray[np.int64]) -> dict[str, Any]:
    """UF1 of the tested people, and of each method the share of their clips in which it names the part."""
    begin = time.perf_counter()
    kind, size, epochs, rate, arguments = ASKED[name]
    torch.manual_seed(0)
    x = torch.from_numpy(np.stack([given(kind, size, clip) for clip in found]))
    people = np.array([clip["person"] for clip in found])
    train = np.isin(people, sorted(set(people))[:TRAINED])
    still = torch.zeros_like(x)
    if kind == "frame_pair":
        x = (x - x[train].mean()) / x[train].std()
        still = x[:, :1].repeat(1, 2, 1, 1, 1)
    else:
        axes = [n for n in range(x.ndim) if n != (4 if kind == "roi_flow" else x.ndim - 3)]
        x = x / x[train].square().mean(axes, keepdim=True).sqrt()
    more = {"n_rois": x.shape[2]} if kind == "roi_flow" else {}
    model = MODELS[name](3, **more, **arguments)
    fitted(model, x[train], torch.from_numpy(y[train]), epochs, rate)
    tested = np.flatnonzero(~train)
    with torch.no_grad():
        called = logits(model, x[tested], None).argmax(1)
    score = evaluate(y[tested], called.numpy(), ("negative", "positive", "surprise"))
    channels = CHANNELS[18] if kind == "roi_flow" else ()
    places = of_input(kind, channels, x.shape[1:])
    made = explained(model, x[tested], still[tested], None, called, places)
    order = made.importance | made.signed
    drops = deletion.curves(model, x[tested], still[tested], None, called, places, order, 0)
    about = pd.DataFrame({"clip": tested, "person": people[tested], "right": called.numpy() == y[tested]})
    of = Collected(
        title=name, classes=("negative", "positive", "surprise"), places=places, clips=about,
        importance=made.importance, signed=made.signed, edges={}, deletion=drops, features=np.zeros((0, 0)),
        motion=None, known=np.zeros(len(tested), bool), planted=part,
        planted_places=planted_places(part, places),
    )  # fmt: skip
    methods = {
        row["method"]: [
            round(float(row["names_planted"]), 3), str(row["names_most_often"]),
            round(float(row["deletion_area"]), 3), round(float(row["random_area"]), 3),
        ]
        for row in of.methods().to_dict("records")
    }  # fmt: skip
    return {
        "model": name,
        "part": part,
        "region": round(float(np.mean(of.planted_places)), 3),  # share of all places: a random one's chance
        "uf1": round(float(score["uf1"]), 3),
        "methods": methods,
        "seconds": round(time.perf_counter() - begin, 1),
    }


def main(models: str = ",".join(ASKED), parts: str = "mouth,brows", folder: str = "") -> None:
    """folder: where the corpora are kept, and found again; a temporary one if none is given."""
    say: Callable[[dict[str, Any]], None] = lambda row: print(json.dumps(row), flush=True)  # noqa: E731
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        for part in parts.split(","):
            config = RenderConfig(subjects=9, clips_per_subject=8, size=160, difficulty=0.0, planted=part)
            root = Path(folder or temporary) / part
            if not (root / "manifest.csv").is_file():
                render_corpus(root, config)
            found, y = clips(root, config)
            for name in models.split(","):
                say(measured(name, part, found, y))


if __name__ == "__main__":
    main(*sys.argv[1:])
