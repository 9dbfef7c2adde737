"""What is kept of a fold: all that a selection rule can ask for, and no more.

A fold of 1,800 validation clips, 7 classes and 100 epochs is 5 MB, nearly all of it the probabilities of
validation clips. No rule asks for those: they ask how the clips were called, class by class. So of validation
an epoch's confusion matrix and loss are kept (exactly, as whole numbers), of the test clips all probabilities
as they were computed; together 45 kB in the store. Dropped: probabilities and classes of single validation
clips.

A sweep has tens of thousands of folds, and its process holds them all until it chooses. What every fold is
asked for again and again stays in memory (4 kB a fold); the arrays are read from the store when asked for.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.study.jobs import FoldResult

# (UF1, -loss) of the best epoch, its row, and of the last epoch
Judged = tuple[tuple[float, float], int, tuple[float, float]]


@dataclass(frozen=True)
class Arrays:
    """E epochs, t test clips, C classes. train_loss, test_probs: as in FoldResult.
    validation_counts: unsigned (E, C, C), confusion matrices of the validation clips, rows = truth."""

    train_loss: NDArray[Any]
    validation_counts: NDArray[Any]
    test_probs: NDArray[Any]


@dataclass(eq=False, slots=True)
class FoldRecord:
    """Fields as in FoldResult.

    held   the arrays, or None: then they are read when asked for.
    again  function of a job's id: its record from the store, or None where it is gone.
    judged selection's, of the validation clips, once it has been asked for.
    called bytes of test_called, compressed, once it has been asked for.
    """

    job_id: str
    fold: str
    seed: int
    member: int
    validation: tuple[str, ...]
    test: tuple[str, ...]
    epochs: NDArray[Any]
    validation_loss: NDArray[Any]
    seconds: float
    notes: tuple[str, ...]
    outputs: dict[str, NDArray[Any]]
    held: Arrays | None
    again: Callable[[str], FoldRecord | None] | None = None
    judged: Judged | None = None
    called: tuple[str, bytes] | None = None

    @classmethod
    def of(cls, result: FoldResult, again: Callable[[str], FoldRecord | None] | None = None) -> FoldRecord:
        """What is kept of a result. again: where it will be found."""
        counts = result.validation_counts
        most = int(counts.max(initial=0))
        arrays = Arrays(result.train_loss, counts.astype(np.min_scalar_type(most)), result.test_probs)
        return cls(
            job_id=result.job_id,
            fold=result.fold,
            seed=result.seed,
            member=result.member,
            validation=result.validation,
            test=result.test,
            epochs=result.epochs,
            validation_loss=result.validation_loss,
            seconds=result.seconds,
            notes=result.notes,
            outputs=result.outputs,
            held=arrays,
            again=again,
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
    def test_called(self) -> NDArray[Any]:
        """unsigned (E, t): the class that each test clip is called at each epoch."""
        if self.called is None:
            probs = self.test_probs
            called: NDArray[Any] = probs.argmax(axis=2).astype(np.min_scalar_type(max(0, probs.shape[2] - 1)))
            self.called = called.dtype.str, zlib.compress(called.tobytes(), 1)
            return called
        dtype, packed = self.called
        return np.frombuffer(zlib.decompress(packed), dtype).reshape(len(self.epochs), len(self.test))

    def sharing(self, validation: tuple[str, ...], test: tuple[str, ...]) -> FoldRecord:
        """Itself, with these tuples of clip ids in the place of equal ones of its own: one for all trials."""
        self.validation = validation if validation == self.validation else self.validation
        self.test = test if test == self.test else self.test
        return self

    def let_go(self) -> None:
        """Forget the arrays, if there is a store to read them from."""
        if self.again is not None:
            self.held = None
            self.epochs = _shared(self.epochs.dtype.str, self.epochs.tobytes())
            self.validation_loss = self.validation_loss.copy()  # it may be a view of more

    def _arrays(self) -> Arrays:
        """Raises FileNotFoundError when the result has gone from the store, or has been damaged there, since
        it was computed."""
        if self.held is not None:
            return self.held
        found = self.again(self.job_id) if self.again else None
        if found is None or found.held is None:
            raise FileNotFoundError(
                f"the result of fold {self.fold!r}, seed {self.seed} (job {self.job_id}) has gone from the "
                "store since it was computed; go on with --resume, which computes it again"
            )
        return found.held


@functools.lru_cache(maxsize=256)
def _shared(dtype: str, data: bytes) -> NDArray[Any]:
    """Nearly all folds have the same epochs: one array for all of them."""
    return np.frombuffer(data, dtype)
