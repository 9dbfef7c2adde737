"""The unit of work: one fold of one trial under one seed. What goes into it, what comes out, and what names
it.

A FoldJob holds no test label, and neither does the data that a worker gets: a worker cannot look at what it
must not see. Truth is joined by clip id afterwards, in selection.py.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


def canonical_json(value: Any) -> str:
    """One text for equal values: sorted keys, no spaces, floats by repr. NaN and objects without a JSON form
    are refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any, length: int = 16) -> str:
    """Hex digest of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


@dataclass(frozen=True)
class FoldJob:
    """One fold to train. All ids are clip ids of the study's table; labels are in FoldData, for train and
    validation only."""

    model: str
    config: dict[str, Any]  # full canonical configuration: {"recipe": {...}, "model": {...}}
    features: str  # feature-set version, "roi_flow14-1a2b3c4d"
    corpus: str  # corpus fingerprint
    au: str  # "none" | "annotated" | "predicted"
    classes: tuple[str, ...]
    protocol: str
    fold: str  # name of the fold: the held-out subject
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int  # replicate number given by --seeds: 0, 1, ...
    code: str  # version of the code that decides the numbers
    # "cpu" | "cuda", and "packed" behind it: equal within rounding, not to the bit, so never mixed
    arithmetic: str = "cpu"
    member: int = (
        0  # which of the fold's inner models this is: that for which inner group ``member`` validates
    )

    @functools.cached_property
    def job_id(self) -> str:
        """24 hex digits of all of the above. Keys of the recipe that switch something off (0, False, "none")
        are left out: a new key changes no job that leaves it off, as long as off is one of these values. So
        is member 0, which a fold without a committee has too."""
        return digest(self._identity(), 24)

    @functools.cached_property
    def plain(self) -> bool:
        """Whether JSON writes the clip ids as they are; asked once for all trials (``under``)."""
        text = "".join("".join(getattr(self, name)) for name in _IDS)
        # json.encoder.ESCAPE_ASCII: all but printable ASCII, and two of that
        return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text

    def _identity(self) -> dict[str, Any]:
        recipe = {key: value for key, value in self.config["recipe"].items() if value not in (0, "none")}
        held = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        held["config"] = self.config | {"recipe": recipe}
        if not self.member:
            del held["member"]
        return held


_IDS = ("test", "train", "validation")  # fields of a FoldJob that hold clip ids: its last ones by name


def under(jobs: Sequence[FoldJob], config: Mapping[str, Any], code: str) -> tuple[FoldJob, ...]:
    """The same folds under another configuration, in the same order; code: as in FoldJob.

    Their ids are worked out on the way. A fold of 7,000 clips is 180 kB of JSON, nearly all of it clip ids,
    which JSON writes as they are unless they hold quotes and the like: then they are joined, which takes a
    tenth of the time and gives the same text.
    """
    made = tuple(replace(job, config=dict(config), code=code) for job in jobs)
    for job, one in zip(jobs, made, strict=True):
        if job.plain:
            vars(one).update(plain=True, job_id=_digest_of_plain(one))
    return made


def _digest_of_plain(job: FoldJob) -> str:
    """As FoldJob.job_id, of a job whose clip ids JSON writes as they are."""
    held = job._identity()
    lists = [(name, held.pop(name)) for name in _IDS]
    made = hashlib.sha256(canonical_json(held)[:-1].encode())
    for name, ids in lists:  # piece by piece: the whole text would be copied three times
        listed = '"' + '","'.join(ids) + '"' if ids else ""
        made.update(f',"{name}":[{listed}]'.encode())
    made.update(b"}")
    return made.hexdigest()[:24]


@dataclass(frozen=True)
class FoldData:
    """The arrays of one fold, cut out of a study's inputs by FoldTask.opened(). n, v, t clips in train,
    validation, test.

    x_*       float32, float16 or uint8 (n, *input shape), as stored: (T, N, 2) for roi_flow, (3, 28, 28) for
              flow pictures ...
    y_*       int64 (n,), class index. There is no y_test.
    aus_*     float32 (n, 21): 1 active, 0 not, a row of -1 where the clip has no annotation. None when au is
              "none"; when it is "predicted", annotations of the training clips alone, and None for all
              others.
    subjects_train  person of each training clip; needed when au is "predicted".
    channels  names of the N motion channels (roi_flow), else ().
    kind      one of training/kinds.py.
    """

    kind: str
    channels: tuple[str, ...]
    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_validation: NDArray[Any]
    y_validation: NDArray[Any]
    x_test: NDArray[Any]
    aus_train: NDArray[Any] | None = None
    aus_validation: NDArray[Any] | None = None
    aus_test: NDArray[Any] | None = None
    subjects_train: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoldResult:
    """What one job leaves behind: per-epoch records from which every selection rule can choose later. E
    epochs, C classes.

    epochs           int32 (E,): 1-based numbers of the epochs that were evaluated.
    train_loss       float32 (E,): mean training loss of the epoch.
    validation_truth int64 (v,): labels of the validation clips, which the worker had. There is no test truth
                     here, so a rule that gets records alone cannot see any.
    validation_loss  float32 (E,): cross-entropy on the validation clips; NaN without validation people.
    validation_probs float32 (E, v, C), rows in the order of ``validation``.
    test_probs       float32 (E, t, C), rows in the order of ``test``.
    seconds          training time of the fold, evaluation included.
    member           as in FoldJob.
    outputs          name -> float32 (E,): what the model itself reports (``outputs`` in mer_models), or {}.
    weights          of the model, as training/packed/keeping.py writes them; b"" where they are not kept.
    """

    job_id: str
    fold: str
    seed: int
    validation: tuple[str, ...]
    test: tuple[str, ...]
    validation_truth: NDArray[Any]
    epochs: NDArray[Any]
    train_loss: NDArray[Any]
    validation_loss: NDArray[Any]
    validation_probs: NDArray[Any]
    test_probs: NDArray[Any]
    seconds: float
    notes: tuple[str, ...] = field(default=())
    member: int = 0
    outputs: dict[str, NDArray[Any]] = field(default_factory=dict)
    weights: bytes = field(default=b"", repr=False)

    @property
    def validation_counts(self) -> NDArray[Any]:
        """int64 (E, C, C): the validation confusion matrix of every epoch, rows = truth."""
        n_epochs, _, n_classes = self.validation_probs.shape
        called = self.validation_probs.argmax(axis=2)  # (E, v)
        cell = (
            np.arange(n_epochs)[:, None] * n_classes + self.validation_truth[None, :]
        ) * n_classes + called
        return np.bincount(cell.ravel(), minlength=n_epochs * n_classes**2).reshape(
            n_epochs, n_classes, n_classes
        )
