"""Feature set on disk -> the study's table in memory.

The table is read once, in the sweep's own process. What leaves it for a worker is said in tasks.py: inputs
without labels for all clips, and a fold's own labels. Statistics for normalisation are the worker's business,
from its training clips.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.common.errors import ConfigError
from orchestrator.study.jobs import canonical_json
from orchestrator.study.labels import classify
from orchestrator.study.tasks import Annotations, SharedInputs
from preprocessing.places import Place, place
from preprocessing.schema import AU_VOCABULARY, FeatureSpec, read_shards

AU_MODES = ("auto", "annotated", "predicted", "none")
OWN_ANNOTATION = "the tested clip's own AU annotation is an input"


@dataclass(frozen=True)
class ClipTable:
    """The clips of a study that have features and a class, sorted by clip id.

    clip_ids, subjects, splits  (n,) strings; a split is "" where the corpus fixes none.
    y         int64 (n,), class index.
    x         float32, float16 or uint8 (n, *shape), as stored: not normalised.
    aus       float32 (n, 21) as annotated, with rows of -1 where not, or None when the study uses no action
              units.
    au        "none"; "annotated": a model gets every clip's annotation; "predicted": a fold estimates them
              (training/au_head.py), and annotations of other than its training people never leave here.
    content   digest of all of the above: equal tables anywhere give equal job ids.
    left_out  clip id -> why it is not in the table (quarantined, class not in the scheme, unknown emotion).
    lost      clip id -> class, of the clips that have a class and no features.
    not_predicted  why a study that would predict action units uses none (action_units.settled), else "".
    spec      of the feature set: all that decides the numbers in x; None in tables made by hand.
    """

    corpus: str
    features: str
    kind: str
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    clip_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    splits: tuple[str, ...]
    y: NDArray[Any]
    x: NDArray[Any]
    aus: NDArray[Any] | None
    au: str
    content: str
    left_out: dict[str, str]
    lost: dict[str, str] = field(default_factory=dict)
    not_predicted: str = ""
    spec: FeatureSpec | None = None

    @functools.cached_property
    def shared(self) -> SharedInputs:
        """What every worker may see."""
        return SharedInputs(self.kind, self.channels, self.x, self.aus if self.au == "annotated" else None)

    @functools.cached_property
    def annotations(self) -> Annotations:
        """What no worker sees whole."""
        number = {who: i for i, who in enumerate(sorted(set(self.subjects)))}
        return Annotations(
            {clip: i for i, clip in enumerate(self.clip_ids)},
            self.y,
            np.array([number[who] for who in self.subjects], np.int32),
            self.aus.astype(np.int8) if self.aus is not None and self.au == "predicted" else None,
        )

    @functools.cached_property
    def dealt(self) -> dict[Any, Any]:
        """What a study has made of these clips and needs again (study.Study): who trains, validates, is
        tested."""
        return {}

    @property
    def au_remark(self) -> str:
        """What whoever reads a score has to know of the action units behind it, or ""."""
        return OWN_ANNOTATION if self.au == "annotated" else self.not_predicted

    def without_aus(self, why: str) -> ClipTable:
        """The table that ``load`` gives with "none", and ``why`` as not_predicted."""
        content = _content(
            self.features, self.clip_ids, self.splits, self.classes, self.y, self.x, None, "none"
        )
        return replace(self, aus=None, au="none", content=content, not_predicted=why)

    @property
    def subject_of(self) -> dict[str, str]:
        return dict(zip(self.clip_ids, self.subjects, strict=True))

    @property
    def truth(self) -> dict[str, int]:
        return dict(zip(self.clip_ids, self.y.tolist(), strict=True))

    @property
    def clips_of_class(self) -> dict[str, int]:
        """Class -> clips of the corpus, with and without features."""
        lost = list(self.lost.values())
        return {name: int((self.y == i).sum()) + lost.count(name) for i, name in enumerate(self.classes)}


def load(
    folder: str | Place,
    scheme: str,
    au: str,
    *,
    uses_aus: bool,
    meant: Mapping[str, str] | None = None,
) -> ClipTable:
    """Read one corpus' feature set and give every clip its class.

    folder  as extract.prepare gives it, or its text: a path or s3://bucket/prefix.
    scheme  label scheme, a key of labels.SCHEMES. meant: as labels.classify has it.
    au      one of AU_MODES; "auto" is "predicted". A corpus that annotates none has none under any of them:
            another corpus of the study may. What the whole study uses is settled afterwards
            (action_units.settled).
    Raises FeatureSetError (missing, damaged, other schema), OSError (not reached), ConfigError (no clip left,
    action units asked for by name of a model that takes none).
    """
    spec, table = read_shards(place(folder))
    rows = table.drop_columns("x").to_pylist()
    corpus = rows[0]["corpus"]
    left_out = {row["clip_id"]: f"quarantined: {row['error']}" for row in rows if row["status"] != "ok"}
    good = [row for row in rows if row["status"] == "ok"]
    labelling = classify(corpus, [row["emotion"] for row in good], scheme, meant)
    for row, index, why in zip(good, labelling.index, labelling.why, strict=True):
        if index is None:
            left_out[row["clip_id"]] = why
    kept = {
        row["clip_id"]: (row, index)
        for row, index in zip(good, labelling.index, strict=True)
        if index is not None
    }
    if not kept:
        first = next(iter(left_out.items()), ("-", "no row"))
        raise ConfigError(
            f"no clip of {corpus} has features and a class of scheme {scheme!r}; first left out: {first[0]}: "
            f"{first[1]}"
        )
    bad = [row for row in rows if row["status"] != "ok"]
    of_bad = classify(corpus, [row["emotion"] for row in bad], scheme, meant)
    lost = {
        row["clip_id"]: of_bad.classes[index]
        for row, index in zip(bad, of_bad.index, strict=True)
        if index is not None and of_bad.classes[index] in labelling.classes
    }
    ids = tuple(sorted(kept))
    stored = dict(zip(table["clip_id"].to_pylist(), table["x"], strict=True))
    x = np.stack([spec.array(stored[clip].as_buffer()) for clip in ids])
    y = np.array([kept[clip][1] for clip in ids], np.int64)
    aus, mode = _action_units([kept[clip][0] for clip in ids], au, uses_aus)
    subjects, splits = (tuple(kept[clip][0][column] or "" for clip in ids) for column in ("subject", "split"))
    return ClipTable(
        corpus,
        spec.version,
        spec.kind,
        spec.channels,
        labelling.classes,
        ids,
        subjects,
        splits,
        y,
        x,
        aus,
        mode,
        _content(spec.version, ids, splits, labelling.classes, y, x, aus, mode),
        left_out,
        lost,
        spec=spec,
    )


def merged(tables: Sequence[ClipTable], all_classes: bool = False) -> ClipTable:
    """Several corpora as one table, with the classes that all of them have; clips of other classes are left
    out and say so. all_classes: with the classes that any of them has (Protocol.all_classes).

    The same table in whatever order they are given: corpora are sorted by name. A corpus without action units
    takes none from the others: its clips have rows of -1. Raises ConfigError for other feature sets, a corpus
    given twice, or fewer than two shared classes.
    """
    if len(tables) == 1:
        return tables[0]
    tables = sorted(tables, key=lambda table: table.corpus)
    first, names = tables[0], [table.corpus for table in tables]
    if len(set(names)) < len(names):
        raise ConfigError(f"a corpus is given twice: {', '.join(names)}")
    if other := next((t for t in tables if t.features != first.features), None):
        raise ConfigError(
            f"{first.corpus} has features {first.features}, {other.corpus} has {other.features}; choose "
            "--features that both give"
        )
    if all_classes:
        classes = tuple(dict.fromkeys(name for table in tables for name in table.classes))
    else:
        classes = tuple(name for name in first.classes if all(name in table.classes for table in tables))
    if len(classes) < 2:
        have = "; ".join(f"{table.corpus}: {', '.join(table.classes)}" for table in tables)
        raise ConfigError(
            f"the corpora share {len(classes)} classes ({have}); choose a label scheme that they share, such "
            "as --classes 3"
        )
    left_out = {clip: why for table in tables for clip, why in table.left_out.items()}
    rows: list[tuple[str, ClipTable, int]] = []
    for table in tables:
        for i, clip in enumerate(table.clip_ids):
            name = table.classes[table.y[i]]
            if name in classes:
                rows.append((clip, table, i))
            else:
                left_out[clip] = f"class {name!r} is not one of the shared classes {', '.join(classes)}"
    rows.sort(key=lambda row: row[0])
    ids, subjects, splits = (
        tuple(getattr(t, name)[i] for _, t, i in rows) for name in ("clip_ids", "subjects", "splits")
    )
    y = np.array([classes.index(t.classes[t.y[i]]) for _, t, i in rows], np.int64)
    x = np.stack([t.x[i] for _, t, i in rows])
    mode = next((t.au for t in tables if t.aus is not None), "none")
    unknown = np.full(len(AU_VOCABULARY), -1, np.float32)
    aus = None if mode == "none" else np.stack([unknown if t.aus is None else t.aus[i] for _, t, i in rows])
    return ClipTable(
        "+".join(names),
        first.features,
        first.kind,
        first.channels,
        classes,
        ids,
        subjects,
        splits,
        y,
        x,
        aus,
        mode,
        _content(first.features, ids, splits, classes, y, x, aus, mode),
        left_out,
        {clip: name for table in tables for clip, name in table.lost.items() if name in classes},
        spec=first.spec,
    )


def _content(
    features: str,
    ids: tuple[str, ...],
    splits: tuple[str, ...],
    classes: tuple[str, ...],
    y: NDArray[Any],
    x: NDArray[Any],
    aus: NDArray[Any] | None,
    au: str,
) -> str:
    made = hashlib.sha256(canonical_json([features, ids, splits, classes, y.tolist(), au]).encode())
    made.update(np.ascontiguousarray(x).tobytes())
    made.update(b"" if aus is None else aus.tobytes())
    return made.hexdigest()[:16]


def _action_units(rows: list[dict[str, Any]], au: str, uses_aus: bool) -> tuple[NDArray[Any] | None, str]:
    """(annotations, mode of ClipTable.au)."""
    if au not in AU_MODES:
        raise ConfigError(f"--au {au!r} is unknown; known: {', '.join(AU_MODES)}")
    if au in ("annotated", "predicted") and not uses_aus:
        raise ConfigError(f"--au {au} was asked for, but this model takes no action units; use --au none")
    if au == "none" or not uses_aus or not any(row["aus_known"] for row in rows):
        return None, "none"
    missing = [-1] * len(AU_VOCABULARY)
    aus = np.array([missing if row["au_vector"] is None else row["au_vector"] for row in rows], np.float32)
    return aus, "annotated" if au == "annotated" else "predicted"
