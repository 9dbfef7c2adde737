"""The replay of recorded searches: events by hand, and recordings that give the scores of the results they
were made of."""

import numpy as np
import pytest

from benchmarks.racing import Recording, figures, replay
from benchmarks.record import recording
from orchestrator.search.events import Outcome
from orchestrator.search.schedulers.evidence import pooled_uf1
from orchestrator.search.schedulers.none import NoRacing
from orchestrator.selection.records import pooled_validation_uf1
from tests.orchestrator.search.schedulers.folds import fold
from tests.orchestrator.selection.records_by_hand import record


class StopsOne(NoRacing):
    """Stops trial 1 at its first report; writes down what it is told."""

    def __init__(self):
        self.told = []

    def reports(self, trial, evidence):
        self.told.append((trial, evidence.fold))
        return trial == 1

    def completed(self, trial):
        self.told.append((trial, "end"))


EVIDENCE = [[fold(str(f), 5) for f in range(4)] for _ in range(3)]
SECONDS = np.array([[1, 1, 1, 1], [1, 3, 1, 1], [1, 1, 1, 1]], np.float32)


def test_a_queue_of_trials_by_hand():
    """0 s: trial 0, 2 folds; 1 s: its others; 2 s: trial 1, 2 folds; 3 s: one ends, the other is cancelled
    after 1 s; then trial 2."""
    scheduler = StopsOne()
    run = replay(scheduler, EVIDENCE, SECONDS, [2, 1, 0, 3], [0, 1, 2], pool="queue", at_once=2)
    assert (run.jobs, run.seconds, run.completed) == (10, 10, (0, 2))
    assert scheduler.told[:6] == [(0, "2"), (0, "1"), (0, "0"), (0, "3"), (0, "end"), (1, "2")]
    assert [trial for trial, _ in scheduler.told[6:]] == [2] * 5


def test_trials_in_turns_by_hand():
    """0 s: a fold of 0 and of 1; 1 s: trial 1 is stopped with nothing else running, 2 takes its place."""
    scheduler = StopsOne()
    run = replay(scheduler, EVIDENCE, SECONDS, range(4), [0, 1, 2], pool="turns", at_once=2)
    assert (run.jobs, run.seconds, run.completed) == (9, 9, (0, 2))
    assert scheduler.told[:4] == [(0, "0"), (1, "0"), (0, "1"), (2, "0")]


def test_every_trial_begins_when_slots_are_many():
    run = replay(NoRacing(), EVIDENCE, SECONDS, range(4), [2, 0, 1], pool="turns", slots=5, at_once=2)
    assert run.jobs == SECONDS.size and run.seconds == pytest.approx(SECONDS.sum())
    assert sorted(run.completed) == [0, 1, 2]


@pytest.fixture
def made(tmp_path):
    """A recording of 3 trials of 4 folds that end at epochs of their own, the results, and the recording read
    back."""
    rng = np.random.default_rng(0)
    outcomes = []
    for trial in range(3):
        results = []
        for f in range(4):
            epochs = [1, 2, 3, 4][: rng.integers(1, 5)]
            called = rng.integers(0, 3, (len(epochs), 6)).tolist()
            loss = [np.nan if rng.random() < 0.2 else 1.0 for _ in epochs]
            results.append(
                record(
                    str(f),
                    [[0]] * len(epochs),
                    called,
                    [0, 0, 1, 1, 2, 2],
                    loss=loss,
                    n_classes=3,
                    epochs=epochs,
                )
            )
        outcomes.append(Outcome(trial, {}, {}, tuple(results)))
    recording(outcomes, [0.5] * 12, {}, 1).save(tmp_path / "made.npz")
    return outcomes, Recording.load(tmp_path / "made.npz"), recording(outcomes, [0.5] * 12, {}, 2)


def test_a_recording_scores_as_the_results_it_was_made_of(made):
    outcomes, recorded, thinned = made
    for outcome, folds in zip(outcomes, recorded.evidence(), strict=True):
        assert pooled_uf1(folds) == pytest.approx(pooled_validation_uf1(outcome.results))
    assert recorded.validates.sum(axis=1).tolist() == [6] * 4
    assert (recorded.epochs.tolist(), thinned.epochs.tolist()) == ([1, 2, 3, 4], [2, 4])


def test_without_racing_all_is_run_and_the_winner_found(made):
    _, recorded, _ = made
    got = figures(recorded, NoRacing, "queue", replays=3)
    assert got == {"jobs": 1, "seconds": pytest.approx(1), "gap": 0, "worst_gap": 0, "failed": 0}


def test_a_search_that_loses_the_winner_has_its_gap(made):
    _, recorded, _ = made
    scores = np.array([pooled_uf1(folds) for folds in recorded.evidence()])
    assert np.ptp(scores) > 0.01 and np.argmax(scores) != 0

    class KeepsFirst(NoRacing):
        def reports(self, trial, evidence):
            return trial != 0

    got = figures(recorded, KeepsFirst, "turns", replays=3)
    assert got["gap"] == got["worst_gap"] == pytest.approx(scores.max() - scores[0])
    assert got["failed"] == 1 and 4 / 12 < got["jobs"] < 1
    # all have begun when the first ends
    assert figures(recorded, KeepsFirst, "queue", 3, slots=12, at_once=3)["jobs"] == 1
