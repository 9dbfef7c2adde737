"""What a model costs, and ours against a direct transcription of the same equations, on one thread, in one
run.

python -m benchmarks.models [--models stag,meganet] [--batch 8] [--rounds 10] [--size 112]; the last line is
one JSON object with, for each model,

parameters        of the model as built for its default feature set, 3 classes, 21 AUs where it reads them
mmac              million multiply-accumulates a clip of the forward pass, counted in the transcription: there
                  attention is matrix products, and nothing is padded. Half of torch's count of floating-point
                  operations
ms, written_ms    milliseconds a training step (forward, cross-entropy, backward, Adam) of a batch: ours, and
                  the transcription
speedup           written_ms / ms

Each is the least of all rounds; a round is one step of ours and one of the transcription, their order
changing. Both are in training mode, with the same weights at the start and the same batch. Time is processor
time of this process, which is wall time on a machine with nothing else to do, and nearly so on a busy one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import torch
import typer
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.transcriptions import transcribe
from mer_models import MODELS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.schema import AU_VOCABULARY

N_CLASSES = 3
# multiply-accumulates of a forward pass that a batch should have, if it has between 2 and 32 clips
STEP = 10e9


def build(name: str, size: int) -> tuple[nn.Module, tuple[int, ...]]:
    """The model for its default feature set, and the shape of a clip of that, with pictures of ``size``
    px."""
    torch.manual_seed(0)
    model = MODELS[name]
    shape = INPUTS[model.default_features].shape(Settings(image_size=size))
    given: dict[str, Any] = {"n_aus": len(AU_VOCABULARY)} if model.uses_aus else {}
    if "roi_flow" in model.takes:
        given["n_rois"] = shape[1]
    return model(N_CLASSES, **given), shape


def random_clips(name: str, batch: int, shape: tuple[int, ...]) -> tuple[Tensor, ...]:
    """What the model's forward takes: clips and, where it reads them, action units."""
    x = torch.randn(batch, *shape)
    return (x, (torch.rand(batch, len(AU_VOCABULARY)) < 0.2).float()) if MODELS[name].uses_aus else (x,)


def multiply_accumulates(model: nn.Module, clip: tuple[Tensor, ...]) -> float:
    """Of the forward pass of one clip: convolutions and matrix products, no element-wise work."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(*clip)  # in training mode running statistics would move, and some models need two clips
    return float(counter.get_total_flops() / 2)


def training_step(model: nn.Module, clips: tuple[Tensor, ...]) -> Callable[[], float]:
    """A function that takes one training step and gives the processor seconds that it took."""
    labels, optimiser = torch.arange(len(clips[0])) % N_CLASSES, torch.optim.Adam(model.parameters(), lr=1e-4)

    def step() -> float:
        begin = time.process_time()
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(*clips), labels).backward()
        optimiser.step()
        return time.process_time() - begin

    return step


def measure(name: str, batch: int, rounds: int, seconds: float, size: int) -> dict[str, Any]:
    """At least ``rounds`` rounds after the first, which does not count, and as many more as begin within
    ``seconds``."""
    model, shape = build(name, size)
    written = transcribe(name, model)
    macs = multiply_accumulates(written, random_clips(name, 1, shape))
    clips = random_clips(name, batch or round(min(32, max(2, STEP / macs))), shape)
    steps = [training_step(module.train(), clips) for module in (model, written)]
    for step in steps:
        step()
    least, done, end = [float("inf")] * 2, 0, time.perf_counter() + seconds
    while done < rounds or time.perf_counter() < end:
        for which in (0, 1) if done % 2 else (1, 0):
            least[which] = min(least[which], steps[which]())
        done += 1
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "mmac": macs / 1e6,
        "clip": list(shape),
        "batch": len(clips[0]),
        "rounds": done,
        "ms": 1e3 * least[0],
        "written_ms": 1e3 * least[1],
        "speedup": least[1] / least[0],
    }


def main(
    models: Annotated[str, typer.Option(help="names, with commas between; '' = all")] = "",
    batch: Annotated[int, typer.Option(help="clips a step; 0 = 2 to 32, fewer the dearer the model")] = 0,
    rounds: Annotated[int, typer.Option(help="rounds a model, at least", min=1)] = 4,
    seconds: Annotated[
        float, typer.Option(help="seconds in which a model's further rounds may begin")
    ] = 12.0,
    size: Annotated[int, typer.Option(help="side in pixels of pictures; 28 px pictures stay")] = 224,
) -> None:
    """Print a line a model and, last, one JSON object."""
    names = [name.strip() for name in models.split(",")] if models else list(MODELS)
    if unknown := [name for name in names if name not in MODELS]:
        raise typer.BadParameter(
            f"unknown: {', '.join(unknown)}; known: {', '.join(MODELS)}", param_hint="--models"
        )
    torch.set_num_threads(1)
    print(
        f"{'model':16} {'parameters':>12} {'MMAC/clip':>10} {'batch':>5} {'ms/step':>9} {'written':>9} "
        f"{'speedup':>7} rounds"
    )
    figures = {}
    for name in names:
        figures[name] = row = measure(name, batch, rounds, seconds, size)
        print(
            f"{name:16} {row['parameters']:12,} {row['mmac']:10.2f} {row['batch']:5} {row['ms']:9.2f} "
            f"{row['written_ms']:9.2f} "
            f"{row['speedup']:7.2f} {row['rounds']:6}",
            flush=True,
        )
    rounded = {
        name: {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}
        for name, row in figures.items()
    }
    print(json.dumps({"torch": torch.__version__, "threads": 1, "models": rounded}))


if __name__ == "__main__":
    typer.run(main)
