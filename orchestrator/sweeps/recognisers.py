"""A finished sweep as one model a person: that of the fold which holds the person out."""

from __future__ import annotations

from pathlib import Path

from orchestrator.common.errors import ConfigError
from orchestrator.inference import of_folds, pack
from orchestrator.inference.bundle import Bundle, built
from orchestrator.search.events import Listener, Note
from orchestrator.study.jobs import digest
from orchestrator.study.labels import classify
from orchestrator.sweeps.reopened import reopen

MANIFEST = "manifest"  # the corpus of anybody's own clips, cut from long videos too


class Recognisers:
    """Holds the sweep; a person's model is made when it is asked for."""

    def __init__(self, name: str, workspace: Path, tell: Listener, rule: str = "") -> None:
        """rule: a blind one; "": the sweep's own. Raises ConfigError, and as reopened.reopen."""
        self.tell, self.sweep = tell, reopen(name, workspace, tell)
        self.rule = self.sweep.rule(rule)
        self.name = name
        self.classes = tuple(self.sweep.table.classes)
        self._models = self.sweep.models(self.rule)

    def class_of(self, like: str, words: list[str]) -> list[str]:
        """The class of each emotion word of a corpus, "" for one that has none. Raises ConfigError where the
        corpus makes other classes of the sweep's scheme."""
        experiment = self.sweep.experiment
        found = classify(like, words, experiment.classes, experiment.label)
        if found.classes != self.classes:
            raise ConfigError(
                f"the sweep {self.name} tells {', '.join(self.classes)}, the long videos' words make "
                f"{', '.join(found.classes)} of --classes {experiment.classes}; name the classes of both: "
                "--classes negative,positive,surprise"
            )
        return ["" if i is None else self.classes[i] for i in found.index]

    def person(self, like: str, name: str) -> str:
        """The sweep's id of a person of a corpus. Raises ConfigError for a person that it does not hold
        out."""
        known = set(self.sweep.table.subjects)
        wanted = [f"{like}/{name}", f"{MANIFEST}/{name}"]
        found = [one for one in wanted if one in known]
        if len(found) != 1:
            raise ConfigError(
                f"the sweep {self.name} has {' and '.join(found) or 'no ' + ' or '.join(wanted)}; each "
                "person of the long videos must be one person of its clips, so that a model without her is "
                "known: sweep over the clips of the same people (--clips FILE writes them as a manifest)"
            )
        return found[0]

    def identity(self, person: str) -> str:
        """16 hex digits of what ``bundle`` is made of. Raises ConfigError as it does."""
        return digest([self.classes, [[one.job.job_id, one.epoch] for one in self._fold(person)]])

    def bundle(self, person: str) -> Bundle:
        """The mean of the models, under the first seed, of the fold that tests this person and neither trains
        nor validates on her; it abstains from nothing because of its range, so that what it says hangs on no
        clip of hers. Raises ConfigError where there is none, and as of_folds.with_weights."""
        fold, table = self._fold(person), self.sweep.table

        def again(one: of_folds.FoldModel) -> None:
            self.tell(Note(f"the model of fold {one.job.fold} was not kept: it is trained again"))

        made = of_folds.with_weights(fold, table, self.sweep.store, again)
        about = pack.described(
            self.sweep.study.model, table, fold[0].job.config, fold[0].trial, [each for each, _ in made]
        )
        about |= {"of": "folds", "ranges": {}}
        bundle = built(about, [arrays for _, arrays in made])
        of_folds.check(bundle, fold, table)
        return bundle

    def _fold(self, person: str) -> list[of_folds.FoldModel]:
        subject = self.sweep.table.subject_of
        fold = [
            one
            for one in self._models
            if one.job.seed == 0 and person in {subject[clip] for clip in one.job.test}
        ]
        knew = {subject[clip] for one in fold for clip in (*one.job.train, *one.job.validation)}
        if not fold or person in knew or len({one.job.fold for one in fold}) > 1:
            raise ConfigError(
                f"the sweep {self.name} has no one model that never saw {person}: its protocol is "
                f"{self.sweep.study.protocol}; take one that holds whole people out once, such as loso"
            )
        return fold
