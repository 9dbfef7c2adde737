"""A finished sweep -> why its models called the held-out people's clips what they called them.

Each fold's clips are explained by the models that its prediction is of, as the rule chose them: from kept
weights, or trained again and checked against what was scored. Several models of a fold (a committee, seeds)
give the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.seeds import seed_of
from orchestrator.inference import of_folds, pack
from orchestrator.inference.bundle import Bundle, built
from orchestrator.inference.of_folds import FoldModel
from orchestrator.inference.validated import given, rows_of
from orchestrator.results.explain import embedding
from orchestrator.results.explain.collected import Collected
from orchestrator.results.explain.methods import METHODS
from orchestrator.results.explain.of_model import dropped, features, of_bundle
from orchestrator.results.explain.places import Places
from orchestrator.results.explain.planted import planted_places
from orchestrator.search.events import Listener, Note, Preparing
from orchestrator.study.table import ClipTable
from orchestrator.sweeps.reopened import Reopened, reopen
from preprocessing import extract
from preprocessing.action_units import vector
from preprocessing.datasets.reading import read
from preprocessing.render.corpus import read_claim
from preprocessing.schema import AU_VOCABULARY

NOTE = (
    "the store has no weights of some models as the rule chose them (--keep-weights keeps them): these are "
    "trained again, and give the probabilities that were scored"
)


def explain(
    name: str,
    workspace: Path,
    tell: Listener,
    *,
    rule: str = "",
    folds: Sequence[str] = (),
    clips: Sequence[str] = (),
    methods: Sequence[str] = (),
) -> tuple[Collected, list[str]]:
    """All that results.explain makes of a finished sweep, and sentences on how it came about.

    rule   under which models were chosen; "" = the sweep's own. folds, clips, methods: only these; () = all.
    Raises ConfigError (a name that is none, a rule that the sweep does not allow, an oracle), and as
    reopened.reopen and of_folds.with_weights.
    """
    if lost := [one for one in methods if one not in METHODS]:
        raise ConfigError(nearest(lost[0], METHODS, "method of explanation"))
    return explain_opened(
        reopen(name, workspace, tell), tell, rule=rule, folds=folds, clips=clips, methods=methods or METHODS
    )


def explain_opened(
    sweep: Reopened,
    tell: Listener,
    *,
    rule: str = "",
    folds: Sequence[str] = (),
    clips: Sequence[str] = (),
    methods: Sequence[str] = METHODS,
) -> tuple[Collected, list[str]]:
    """As ``explain``, of a sweep that is at hand."""
    rule = sweep.rule(rule)
    models = _asked(sweep.models(rule), folds, clips)
    again: list[FoldModel] = []
    work = _Work(sweep.table, clips, methods)
    for number, one in enumerate(models):
        tell(Preparing("explaining", number, len(models), f"fold {one.job.fold}"))
        work.add(one, _bundle(sweep, one, again.append))
    tell(Preparing("explaining", len(models), len(models), ""))
    said = [f"Rule {rule}; {len(models)} models, {len(again)} of them trained again."]
    if again:
        tell(Note(NOTE))
        said.append(NOTE[0].upper() + NOTE[1:] + ".")
    made = work.collected(
        f"{sweep.folder.name}: {sweep.study.model}, rule {rule}", _units(sweep), _planted(sweep)
    )
    return made, said


def _asked(models: list[FoldModel], folds: Sequence[str], clips: Sequence[str]) -> list[FoldModel]:
    """Those of these folds that test one of these clips. Raises ConfigError for a name that is none."""
    names = {one.job.fold: one.job.fold for one in models}
    short = {name.rpartition("/")[2]: name for name in names}
    wanted = set()
    for fold in folds:
        if fold not in names and fold not in short:
            raise ConfigError(nearest(fold, [*short, *names], "fold"))
        wanted.add(names.get(fold) or short[fold])
    there = {clip for one in models for clip in one.job.test}
    if lost := [clip for clip in clips if clip not in there]:
        raise ConfigError(nearest(lost[0], sorted(there), "clip that a fold of this sweep tests"))
    left = [
        one
        for one in models
        if (not wanted or one.job.fold in wanted) and (not clips or set(clips) & set(one.job.test))
    ]
    if not left:
        raise ConfigError("none of these clips is tested in these folds; leave --fold or --clips out")
    return left


def _bundle(sweep: Reopened, one: FoldModel, again: Callable[[FoldModel], object]) -> Bundle:
    """The one model, which is checked against what the sweep has scored."""
    ((about, arrays),) = of_folds.with_weights([one], sweep.table, sweep.store, again)
    of = pack.described(sweep.study.model, sweep.table, one.job.config, one.trial, [about | {"config": None}])
    bundle = built(of, [arrays])
    of_folds.check(bundle, [one], sweep.table)
    return bundle


class _Work:
    """Collects model after model."""

    def __init__(self, table: ClipTable, clips: Sequence[str], methods: Sequence[str]) -> None:
        self.table, self.only, self.methods = table, set(clips), methods
        spec = table.spec
        self.published = spec is not None and spec.parameters.keys() == {"code"}
        self.found: dict[str, list[dict[str, Any]]] = {}  # clip -> of each model
        self.fold: dict[str, str] = {}
        self.first: tuple[NDArray[Any], frozenset[str]] | None = None
        self.places: Places | None = None
        self.lacking: dict[str, str] = {}

    def add(self, one: FoldModel, bundle: Bundle) -> None:
        """Explain the clips that the model was tested on."""
        table = self.table
        ids = tuple(clip for clip in one.job.test if not self.only or clip in self.only)
        rows = rows_of(table, ids)
        x, aus = table.x[rows], given(table, rows)
        probs = bundle.probabilities(x, aus)
        called = probs.argmax(1)
        made, self.places = of_bundle(bundle, x, called, aus, published=self.published, only=self.methods)
        self.lacking |= made.lacking
        if not made.importance:
            why = "; ".join(f"no {name}: {reason}" for name, reason in made.lacking.items())
            raise ConfigError(f"{why}. Ask for another of {', '.join(METHODS)}")
        drops = dropped(
            bundle, x, called, aus, made, self.places, published=self.published, seed=seed_of("deletion")
        )
        points = self._embedded(bundle, one, rows)
        for n, clip in enumerate(ids):
            self.fold[clip] = one.job.fold
            self.found.setdefault(clip, []).append(
                {
                    "probs": probs[n],
                    "importance": {k: v[n] for k, v in made.importance.items()},
                    "signed": {k: v[n] for k, v in made.signed.items()},
                    "edges": {k: v[n] for k, v in made.edges.items()},
                    "deletion": {k: v[n] for k, v in drops.items()},
                    "features": points[n],
                }
            )

    def _embedded(self, bundle: Bundle, one: FoldModel, rows: NDArray[Any]) -> NDArray[Any]:
        """Features of the rows, in the space of the first model."""
        table = self.table
        aus = given(table, np.arange(len(table.x)))
        whole = features(bundle, table.x, aus, published=self.published)
        if not whole.size:
            return np.zeros((len(rows), 0))
        trained = frozenset(one.job.train)
        if self.first is None:
            self.first = whole, trained
            own: NDArray[Any] = whole[rows].astype(np.float64)
            return own
        first, theirs = self.first
        shared = np.array([clip in trained and clip in theirs for clip in table.clip_ids])
        made: NDArray[Any] = embedding.turned(whole, first, shared if shared.any() else ~shared)[rows]
        return made

    def collected(self, title: str, units: dict[str, tuple[int, ...]], planted: str) -> Collected:
        """All clips in the order of their ids. units: clip id -> annotated AUs, 1 active, 0 not."""
        table, ids = self.table, sorted(self.found)
        if self.places is None:
            raise ConfigError("no clip was explained")
        rows = rows_of(table, tuple(ids))
        probs = np.stack([np.mean([one["probs"] for one in self.found[clip]], axis=0) for clip in ids])
        truth, called = table.y[rows], probs.argmax(1)
        names = np.array(table.classes, object)
        known = np.array([clip in units for clip in ids])
        width = max(one["features"].size for clip in ids for one in self.found[clip])
        clips = pd.DataFrame(
            {
                "clip": ids,
                "person": [table.subjects[row] for row in rows],
                "fold": [self.fold[clip] for clip in ids],
                "truth": names[truth],
                "called": names[called],
                "probability": probs.max(1),
                "right": truth == called,
            }
        )
        return Collected(
            title=title,
            classes=table.classes,
            places=self.places,
            clips=clips,
            importance=self._mean("importance", ids),
            signed=self._mean("signed", ids),
            edges=self._mean("edges", ids),
            deletion=self._mean("deletion", ids),
            features=np.stack([self._features(clip, width) for clip in ids]),
            motion=table.x[rows] if table.kind == "roi_flow" else None,
            units={
                au: np.array([bool(units[clip][n]) if clip in units else False for clip in ids])
                for n, au in enumerate(AU_VOCABULARY)
                if any(units.values())
            },
            known=known,
            lacking=self.lacking,
            planted=planted,
            planted_places=planted_places(planted, self.places) if planted else None,
        )

    def _features(self, clip: str, width: int) -> NDArray[Any]:
        own = [one["features"] for one in self.found[clip]]
        made: NDArray[Any] = np.mean([np.pad(one, (0, width - one.size)) for one in own], axis=0)
        return made

    def _mean(self, of: str, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        first: Mapping[str, Any] = self.found[ids[0]][0][of]
        return {
            name: np.stack(
                [
                    np.mean([one[of][name] for one in self.found[clip]], axis=0, dtype=np.float32)
                    for clip in ids
                ]
            )
            for name in first
        }


def _units(sweep: Reopened) -> dict[str, tuple[int, ...]]:
    """Clip id -> annotated action units, of the clips that have any annotation."""
    made = {}
    for corpus in sweep.experiment.corpora:
        root = Path(corpus.root) if corpus.root else extract.synthetic_root(corpus.name, _workspace(sweep))
        for clip in read(corpus.name, root):
            if clip.aus_known and not clip.problem:
                made[clip.clip_id] = tuple(vector(clip.aus, AU_VOCABULARY))
    return made


def _planted(sweep: Reopened) -> str:
    """The part of the face that alone is predictive in a rendered corpus; "" where none is."""
    roots = [Path(one.root) for one in sweep.experiment.corpora if one.name == "synthetic" and one.root]
    found = {
        read_claim(root / "render.json").get("config", {}).get("planted", "")
        for root in roots
        if (root / "render.json").is_file()
    }
    return found.pop() if len(found) == 1 else ""


def _workspace(sweep: Reopened) -> Path:
    return sweep.folder.parents[1]
