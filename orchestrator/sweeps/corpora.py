"""What an experiment takes of its corpora, for a sweep that begins and for one that is opened again: one way
for both, so that a setting cannot count in one of them alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mer_models import MODELS
from orchestrator.protocols import protocol
from orchestrator.search.events import Listener, Note, Preparing
from orchestrator.study.labels import own
from orchestrator.study.table import ClipTable, load
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from preprocessing import extract
from preprocessing.extract import Progress
from preprocessing.inputs import Settings
from preprocessing.places import Place
from preprocessing.plan import Plan


def planned(experiment: Experiment, execution: Execution, tell: Listener) -> list[Plan]:
    """Corpus by corpus, what is to be extracted. Raises as extract.planned."""
    return [
        extract.planned(
            corpus.name,
            Path(corpus.root) if corpus.root else None,
            [experiment.features],
            execution.workspace,
            execution.store or None,
            Settings(**experiment.extraction.asked),
            experiment.people_of(corpus),
            experiment.brought,
            reporter(tell),
        )
        for corpus in experiment.corpora
    ]


def tables(experiment: Experiment, folders: Sequence[Place]) -> list[ClipTable]:
    """Corpus by corpus, the clips with their classes. Raises as study.table.load."""
    uses_aus = MODELS[experiment.models[0]].uses_aus
    return [
        load(
            folder, scheme(experiment, corpus.name), experiment.au, uses_aus=uses_aus, meant=experiment.label
        )
        for folder, corpus in zip(folders, experiment.corpora, strict=True)
    ]


def scheme(experiment: Experiment, corpus: str) -> str:
    """Label scheme of one of the corpora. Raises as labels.own."""
    differ = protocol(experiment.protocol)[0].all_classes
    return own(corpus, experiment.classes) if differ else experiment.classes


def tell_gone(plans: Sequence[Plan], tell: Listener, had: str = "") -> None:
    """Say which features were there once and are made again. had: version of those that a sweep has read."""
    for plan in plans:
        known = had in {one.version for one in plan.specs.values()}
        if text := extract.gone(plan, had=known):
            tell(Note(text, "warning"))


def reporter(tell: Listener) -> Callable[[Progress], None]:
    """Tells of each shard as an event."""

    def report(p: Progress) -> None:
        tell(Preparing(p.what, p.done, p.total, p.note))

    return report
