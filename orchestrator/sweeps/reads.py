"""Whether a result of earlier still answers: versions of the code that decides the numbers, and of the clips
and features that are read. What is read by its name alone (a row of a table) needs both."""

from __future__ import annotations

from mer_models import MODELS
from orchestrator.search.events import Listener
from orchestrator.sweeps import corpora
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.run import checked
from preprocessing.inputs import Settings
from preprocessing.plan import Plan, spec


def code(experiment: Experiment) -> str:
    """Version of the code that decides the numbers of its one model. Imports the model."""
    study, au = experiment.study(), experiment.au
    if au == "auto":
        au = "predicted" if MODELS[study.model].uses_aus else "none"
    return study.code_of(study.config({}), au)


class Reads:
    """Corpora that several lines have are looked at once."""

    def __init__(self, execution: Execution, tell: Listener):
        self.execution, self.tell = execution, tell
        self._plans: dict[object, list[Plan]] = {}

    def of(self, experiment: Experiment) -> list[str]:
        """Corpus by corpus, the version of its features (their code and settings) and a digest of the labels
        and bytes of all its clips. Raises as sweeps.run.planned."""
        experiment = checked(experiment)
        settings = Settings(**experiment.extraction.asked)
        # all that decides a plan's clips: whatever else differs, they are the same
        asked = (experiment.corpora, experiment.subjects, settings.max_gap)
        if asked not in self._plans:
            self._plans[asked] = corpora.planned(experiment, self.execution, self.tell)
        return [
            f"{spec(experiment.features, settings, pictures=one.pictures).version}/{one.content}"
            for one in self._plans[asked]
        ]
