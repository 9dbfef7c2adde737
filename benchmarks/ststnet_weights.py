"""STSTNet's released weights through our layers, reader and scores: what comes out must be the authors' log.

python -m benchmarks.ststnet_weights --weights STSTNet_Weights --root FLOW --log STSTNet_python_logfile.txt

Weights and log are those of github.com/christy1206/STSTNet (1afb56e): one network for each of the 68 people
of the composite, trained without that person, last of 800 epochs, nothing chosen. FLOW is the folder that
corpus ststnet_flow reads. Neither is ours to ship: you bring both. The last line is one JSON object:

people, clips   that were tested: those of the pictures that are there
uf1, uar        pooled over people, 0..1; with all 442 clips the log ends with 0.7209 and 0.725
differ          people whose clips the log calls otherwise; only with --log

The paper's table (.7353/.7605) is of the authors' Matlab code and not of these weights.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from mer_models.ststnet import STSTNet
from orchestrator.selection import metrics
from orchestrator.study.table import ClipTable, load
from orchestrator.training.normalise import apply
from preprocessing import extract

FEATURES = "onset_apex_flow"
PERSON = re.compile(
    r"Subject *: *(\S+)\s+Predicted *: *\[([\d, ]*)\]\s+Ground Truth *: *\[([\d, ]*)\]"
)  # of the log
Called = Counter[tuple[int, int]]  # (truth, prediction) -> clips


def converted(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' state dict as one of ours: their three streams side by side are one convolution. Their
    pictures come as strain, v, u, ours as u, v, strain. Raises KeyError for another network's."""

    def streams(layer: str, part: str) -> Tensor:
        return torch.cat([theirs[f"{layer}{number}.{part}"] for number in (1, 2, 3)])

    norms = ("weight", "bias", "running_mean", "running_var")
    return {
        "streams.0.weight": streams("conv", "weight").flip(1),
        "streams.0.bias": streams("conv", "bias"),
        **{f"streams.2.{part}": streams("bn", part) for part in norms},
        "streams.2.num_batches_tracked": theirs["bn1.num_batches_tracked"],
        "head.2.weight": theirs["fc.weight"],
        "head.2.bias": theirs["fc.bias"],
    }


def tested(table: ClipTable, weights: Path) -> dict[str, Called]:
    """Person (as the weights are named) -> how the network trained without her calls her clips. Raises
    FileNotFoundError where a person has no weights."""
    x = torch.from_numpy(apply(table.x, "minmax255", table.kind, {}))
    people = [subject.rpartition("-")[2] for subject in table.subjects]
    made = {}
    for person in sorted(set(people)):
        model = STSTNet(len(table.classes)).eval()
        theirs = torch.load(weights / f"{person}.pth", map_location="cpu", weights_only=True)
        model.load_state_dict(converted(theirs))
        own = [index for index, who in enumerate(people) if who == person]
        with torch.no_grad():
            called = model(x[own]).argmax(1).tolist()
        made[person] = Counter(zip((int(table.y[index]) for index in own), called, strict=True))
    return made


def logged(text: str) -> dict[str, Called]:
    """The same from the authors' log."""
    return {
        person: Counter(
            zip(*([int(word) for word in row.split(",")] for row in (truth, called)), strict=True)
        )
        for person, called, truth in PERSON.findall(text)
    }


def main(
    weights: Annotated[Path, typer.Option(help="the authors' folder STSTNet_Weights: PERSON.pth")],
    root: Annotated[Path, typer.Option(help="flow pictures, as corpus ststnet_flow reads them")],
    log: Annotated[Path | None, typer.Option(help="the authors' STSTNet_python_logfile.txt")] = None,
) -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as workspace:
        made = extract.prepare("ststnet_flow", root, [FEATURES], Path(workspace))
        table = load(made.folders[FEATURES], "3", "none", uses_aus=False)
    ours = tested(table, weights)
    truth, called = zip(*sum(ours.values(), Counter()).elements(), strict=True)
    figures: dict[str, object] = {
        "people": len(ours),
        "clips": len(truth),
        "uf1": round(metrics.uf1(truth, called, 3), 4),
        "uar": round(metrics.uar(truth, called, 3), 4),
    }
    if log is not None:
        theirs = logged(log.read_text(encoding="utf-8"))
        figures["differ"] = [person for person, clips in ours.items() if theirs.get(person) != clips]
    print(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
