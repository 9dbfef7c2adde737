"""How large an experiment is run: whole, as its file says, or at one of two smaller sizes, which are stated
here and nowhere else.

whole   the published configuration; on ``--corpus synthetic`` the usual rendered corpus.
small   every row, on few invented people whose expressions are easy to see, so that models do learn; short
        training, small pictures. Its numbers are of that corpus and that training alone.
smoke   does it go all the way? A row a model and protocol, one epoch. Its numbers mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from orchestrator.protocols import protocol
from orchestrator.sweeps.experiment import Experiment, Extraction
from preprocessing.render import RenderConfig


@dataclass(frozen=True)
class Size:
    """What a smaller size changes of every row.

    corpus      as rendered; other: the second one of a pair, other people before another camera.
    every_row   whether all rows are run, or one of each model and protocol.
    seeds       of every fold; compared: of a table that compares seeds. 0: as the file says.
    side        pixels of pictures and ROI maps. 0: as published, and so is all that follows.
    inner       groups of training people at most, of which one validates.
    epochs      model -> its epochs, "" for the others; rates: model -> its learning rate.
    batch       clips in a step.
    explained   folds whose models are explained. 0: all.
    remark      for titles; details: what is smaller, in a sentence under the table. Both "" where nothing is.
    """

    name: str
    corpus: RenderConfig
    other: RenderConfig
    every_row: bool = True
    seeds: int = 0
    compared: int = 0
    side: int = 0
    inner: int = 0
    epochs: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    batch: int = 0
    explained: int = 0
    remark: str = ""
    details: str = ""

    def said(self) -> dict[str, Any]:
        """All of it but what is for readers, by name, as JSON has it."""
        return {name: value for name, value in asdict(self).items() if name not in ("remark", "details")}

    def of(self, experiment: Experiment) -> Experiment:
        """The same at this size, seeds apart."""
        if not self.side:
            return experiment
        (model,) = experiment.models
        rule, k = protocol(experiment.protocol)
        base, people = experiment.protocol.partition("-")[0], self.corpus.subjects
        # by clips: a tenth of a tiny corpus is still some clips
        fewer = f"{base}-{people}" if k > people and not rule.subject_dependent else experiment.protocol
        epochs = self.epochs.get(model, self.epochs[""])
        rate = {"recipe.lr": self.rates[model]} if model in self.rates else {}
        shorter = {"recipe.epochs": epochs, "recipe.warmup_epochs": 0, "recipe.batch_size": self.batch}
        return experiment.but(
            trials=1,
            protocol=fewer,
            inner_folds=min(experiment.inner_folds, self.inner),
            extraction=Extraction(**experiment.extraction.asked | {"image_size": self.side}),
            settings=rate | dict(experiment.settings) | shorter,
        )


def _small() -> Size:
    corpus = RenderConfig(subjects=6, clips_per_subject=6, difficulty=0)
    made = Size(
        "small",
        corpus,
        replace(corpus, seed=1),
        seeds=1,
        compared=2,
        side=32,
        inner=4,
        # the others see pictures
        epochs={"mdmo": 300, "ststnet": 40, "off_apexnet": 40, "stag": 20, "facesleuth": 2, "": 6},
        # published for hundreds of epochs
        rates={"ststnet": 2e-3, "off_apexnet": 1e-3, "stag": 2e-3},
        batch=8,
    )
    each = ", ".join(f"{model} {epochs}" for model, epochs in made.epochs.items() if model)
    clips = corpus.subjects * corpus.clips_per_subject
    details = (
        f"The small size: {corpus.subjects} people, {clips} clips that are easy to tell, {made.side} px, "
        f"{made.epochs['']} epochs ({each}), steps of {made.batch} clips, {made.seeds} seed "
        f"({made.compared} where seeds are compared)."
    )
    remark = "small size, invented corpus: no number stands for the published row"
    return replace(made, remark=remark, details=details)


WHOLE = Size("whole", RenderConfig(), RenderConfig(seed=1, difficulty=0.6))
SMALL = _small()
SMOKE = Size(
    "smoke",
    RenderConfig(subjects=4, clips_per_subject=6),
    RenderConfig(seed=1, subjects=4, clips_per_subject=6, difficulty=0.6),
    every_row=False,
    seeds=1,
    compared=1,
    side=32,  # the smallest that every picture model takes
    inner=3,
    epochs={"": 1},
    batch=8,
    explained=1,
    remark="smoke: one epoch on a tiny corpus, no number means anything",
)
