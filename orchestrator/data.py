"""Feature set on disk -> the study's table in memory -> the arrays of one fold.

The table is read once and shared (Ray's object store); a fold's arrays are cut out of it by clip id. The label of a test clip
never leaves here for a worker, and statistics for normalisation are the worker's business, from its training clips.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestrator.config import ConfigError
from orchestrator.jobs import FoldData, FoldJob, canonical_json
from orchestrator.labels import classify
from preprocessing.schema import AU_VOCABULARY, read_shards

AU_MODES = ("auto", "annotated", "none")


@dataclass(frozen=True)
class Table:
    """The clips of a study that have features and a class, sorted by clip id.

    clip_ids, subjects  (n,) strings.
    y         int64 (n,), class index.
    x         float32, float16 or uint8 (n, *shape), as stored: not normalised.
    aus       float32 (n, 21) with rows of -1 where not annotated, or None when the study uses no action units.
    content   digest of all of the above: equal tables anywhere give equal job ids.
    left_out  clip id -> why it is not in the table (quarantined, class not in the scheme, unknown emotion).
    """

    corpus: str
    features: str
    kind: str
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    clip_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    y: np.ndarray
    x: np.ndarray
    aus: np.ndarray | None
    content: str
    left_out: dict[str, str]

    @property
    def au(self) -> str:
        return "none" if self.aus is None else "annotated"

    @property
    def subject_of(self) -> dict[str, str]:
        return dict(zip(self.clip_ids, self.subjects, strict=True))

    @property
    def truth(self) -> dict[str, int]:
        return dict(zip(self.clip_ids, self.y.tolist(), strict=True))


def load(folder: Path, scheme: str, au: str, *, uses_aus: bool) -> Table:
    """Read one corpus' feature set and give every clip its class.

    scheme  label scheme, a key of labels.SCHEMES.
    au      "auto" (annotated where model and corpus have them), "annotated" or "none".
    Raises FeatureSetError (missing, damaged, other schema), ConfigError (no clip left, no annotation to use).
    """
    spec, table = read_shards(folder)
    rows = table.drop_columns("x").to_pylist()
    corpus = rows[0]["corpus"]
    left_out = {row["clip_id"]: f"quarantined: {row['error']}" for row in rows if row["status"] != "ok"}
    good = [row for row in rows if row["status"] == "ok"]
    labelling = classify(corpus, [row["emotion"] for row in good], scheme)
    for row, index, why in zip(good, labelling.index, labelling.why, strict=True):
        if index is None:
            left_out[row["clip_id"]] = why
    kept = {row["clip_id"]: (row, index) for row, index in zip(good, labelling.index, strict=True) if index is not None}
    if not kept:
        first = next(iter(left_out.items()), ("-", "no row"))
        raise ConfigError(
            f"no clip of {corpus} has features and a class of scheme {scheme!r}; first left out: {first[0]}: {first[1]}"
        )
    ids = tuple(sorted(kept))
    stored = dict(zip(table["clip_id"].to_pylist(), table["x"], strict=True))
    x = np.stack([spec.array(stored[clip].as_buffer()) for clip in ids])
    y = np.array([kept[clip][1] for clip in ids], np.int64)
    aus = _action_units([kept[clip][0] for clip in ids], au, uses_aus, corpus)
    content = hashlib.sha256(canonical_json([spec.version, ids, labelling.classes, y.tolist()]).encode())
    content.update(np.ascontiguousarray(x).tobytes())
    content.update(b"" if aus is None else aus.tobytes())
    return Table(
        corpus, spec.version, spec.kind, spec.channels, labelling.classes, ids,
        tuple(kept[clip][0]["subject"] for clip in ids), y, x, aus, content.hexdigest()[:16], left_out,
    )  # fmt: skip


def _action_units(rows: list[dict], au: str, uses_aus: bool, corpus: str) -> np.ndarray | None:
    if au not in AU_MODES:
        raise ConfigError(f"--au {au!r} is unknown; known: {', '.join(AU_MODES)}")
    known = any(row["aus_known"] for row in rows)
    if au == "none" or (au == "auto" and not (known and uses_aus)):
        return None
    if not uses_aus:
        raise ConfigError("--au annotated was asked for, but this model takes no action units; use --au none")
    if not known:
        raise ConfigError(f"--au annotated was asked for, but {corpus} annotates no action units; use --au none")
    missing = [-1] * len(AU_VOCABULARY)
    return np.array([missing if row["au_vector"] is None else row["au_vector"] for row in rows], np.float32)


def fold_data(table: Table, job: FoldJob) -> FoldData:
    """The arrays of one job. Labels for training and validation clips only."""
    row = {clip: i for i, clip in enumerate(table.clip_ids)}
    train, validation, test = ([row[clip] for clip in ids] for ids in (job.train, job.validation, job.test))
    aus = table.aus
    return FoldData(
        kind=table.kind, channels=table.channels,
        x_train=table.x[train], y_train=table.y[train], x_validation=table.x[validation], y_validation=table.y[validation],
        x_test=table.x[test],
        aus_train=None if aus is None else aus[train],
        aus_validation=None if aus is None else aus[validation],
        aus_test=None if aus is None else aus[test],
    )  # fmt: skip
