"""What is kept of a fold: all that a selection rule can ask for, and no more.

A fold of 1,800 validation clips, 7 classes and 100 epochs is 5 MB, nearly all of it the probabilities of
validation clips. No rule asks for those: they ask how the clips were called, class by class. So of validation
an epoch's confusion matrix and loss are kept (exactly, as whole numbers), of the test clips all probabilities
as they were computed; together 45 kB in the store. Dropped: probabilities and classes of single validation
clips.

A sweep has tens of thousands of folds, and its process holds them all until it chooses. So a record lets go
of its arrays, which are read from the store when asked for. What every fold is asked for again and again, of
all trials, lies in a scratch file (scratch.py): how it was judged, its validation losses, the classes that
its test clips are called.
"""

from __future__ import annotations

import functools
import struct
import sys
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from orchestrator.study.jobs import FoldResult
from orchestrator.study.scratch import NOWHERE, SCRATCH

# (UF1, -loss) of the best epoch, its row, and of the last epoch
Judged = tuple[tuple[float, float], int, tuple[float, float]]
# in the scratch file: Judged, or what stands for none; bytes and types of the losses and of the classes
# called, which follow
_HEAD = struct.Struct("<?ddqddII8s8s")


@dataclass(frozen=True)
class Arrays:
    """E epochs, t test clips, C classes. train_loss, validation_loss, test_probs: as in FoldResult.
    validation_counts: unsigned (E, C, C), confusion matrices of the validation clips, rows = truth."""

    train_loss: NDArray[Any]
    validation_loss: NDArray[Any]
    validation_counts: NDArray[Any]
    test_probs: NDArray[Any]


class Clips(Protocol):
    """A FoldJob, or the record of one. plain: whether JSON is known to write these ids as they are."""

    @property
    def validation(self) -> tuple[str, ...]: ...

    @property
    def test(self) -> tuple[str, ...]: ...

    @property
    def plain(self) -> bool: ...


class Store(Protocol):
    """Where records are read again (workspace/store.py)."""

    def again(self, record: FoldRecord) -> FoldRecord | None:
        """The record with its arrays, or None where it is gone."""


@dataclass(eq=False, slots=True)
class FoldRecord:
    """Fields as in FoldResult.

    held   the arrays, or None: then they are read when asked for.
    store  where from.
    plain  as in Clips.
    noted  where in the scratch file lies what was remembered of it.
    """

    job_id: str
    fold: str
    seed: int
    member: int
    validation: tuple[str, ...]
    test: tuple[str, ...]
    epochs: NDArray[Any]
    seconds: float
    notes: tuple[str, ...]
    outputs: dict[str, NDArray[Any]]
    held: Arrays | None
    store: Store | None = None
    plain: bool = False
    noted: int = field(default=NOWHERE, init=False)

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which has another scratch file."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "noted"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in (state | {"noted": NOWHERE}).items():
            setattr(self, name, value)

    @classmethod
    def of(cls, result: FoldResult, store: Store | None = None) -> FoldRecord:
        """What is kept of a result. store: where it will be found."""
        counts = result.validation_counts
        most = int(counts.max(initial=0))
        arrays = Arrays(
            result.train_loss,
            result.validation_loss,
            counts.astype(np.min_scalar_type(most)),
            result.test_probs,
        )
        return cls(
            job_id=result.job_id,
            fold=result.fold,
            seed=result.seed,
            member=result.member,
            validation=result.validation,
            test=result.test,
            epochs=result.epochs,
            seconds=result.seconds,
            notes=result.notes,
            outputs=result.outputs,
            held=arrays,
            store=store,
        )

    @property
    def train_loss(self) -> NDArray[Any]:
        return self._arrays().train_loss

    @property
    def validation_counts(self) -> NDArray[Any]:
        return self._arrays().validation_counts

    @property
    def test_probs(self) -> NDArray[Any]:
        return self._arrays().test_probs

    @property
    def validation_loss(self) -> NDArray[Any]:
        if self.held is not None or self.noted == NOWHERE:
            return self._arrays().validation_loss
        head, losses, _ = self._noted()
        return np.frombuffer(losses, head[8].rstrip(b"\0").decode())

    @property
    def test_called(self) -> NDArray[Any]:
        """unsigned (E, t): the class that each test clip is called at each epoch."""
        if self.noted == NOWHERE:
            probs = self.test_probs
            called: NDArray[Any] = probs.argmax(axis=2).astype(np.min_scalar_type(max(0, probs.shape[2] - 1)))
            return called
        head, _, classes = self._noted()
        flat = np.frombuffer(classes, head[9].rstrip(b"\0").decode())
        return flat.reshape(len(self.epochs), len(self.test))

    @property
    def judged(self) -> Judged | None:
        """Selection's, of the validation clips, if it was noted."""
        if self.noted == NOWHERE:
            return None
        known, uf1, less, row, last_uf1, last_less = _HEAD.unpack(SCRATCH.get(self.noted, _HEAD.size))[:6]
        return ((uf1, less), row, (last_uf1, last_less)) if known else None

    def note(self, judged: Judged | None) -> None:
        """Keep this, the validation losses and the classes called where they are at hand without the store.
        judged: None without validation people."""
        loss, called = self.validation_loss, self.test_called
        (uf1, less), row, (last_uf1, last_less) = judged or ((0.0, 0.0), 0, (0.0, 0.0))
        losses, classes = loss.tobytes(), called.tobytes()
        head = _HEAD.pack(
            judged is not None, uf1, less, row, last_uf1, last_less,
            len(losses), len(classes), loss.dtype.str.encode(), called.dtype.str.encode(),
        )  # fmt: skip
        self.noted = SCRATCH.put(head + losses + classes)

    def _noted(self) -> tuple[tuple[Any, ...], bytes, bytes]:
        """(what _HEAD holds, bytes of the losses, bytes of the classes called)."""
        head = _HEAD.unpack(SCRATCH.get(self.noted, _HEAD.size))
        rest = SCRATCH.get(self.noted + _HEAD.size, head[6] + head[7])
        return head, rest[: head[6]], rest[head[6] :]

    def let_go(self) -> None:
        """Forget the arrays, if there is a store to read them from."""
        if self.store is not None:
            self.held = None
            self.job_id = sys.intern(self.job_id)  # one text with the store's index
            self.epochs = _shared(self.epochs.dtype.str, self.epochs.tobytes())
            self.outputs = {name: values.copy() for name, values in self.outputs.items()} or _NONE

    def _arrays(self) -> Arrays:
        """Raises FileNotFoundError when the result has gone from the store, or has been damaged there, since
        it was computed."""
        if self.held is not None:
            return self.held
        found = self.store.again(self) if self.store else None
        if found is None or found.held is None:
            raise FileNotFoundError(
                f"the result of fold {self.fold!r}, seed {self.seed} (job {self.job_id}) has gone from the "
                "store since it was computed; go on with --resume, which computes it again"
            )
        return found.held


_NONE: dict[str, NDArray[Any]] = {}  # one for all folds of models without outputs


@functools.lru_cache(maxsize=256)
def _shared(dtype: str, data: bytes) -> NDArray[Any]:
    """Nearly all folds have the same epochs: one array for all of them."""
    return np.frombuffer(data, dtype)
