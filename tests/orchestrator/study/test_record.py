"""What is kept of a fold: every rule chooses from it as from whole results, and its arrays are not held."""

import errno
import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from orchestrator.results.outputs import chosen_outputs
from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import TrialRecord, remembered, validation_best, validation_last
from orchestrator.selection.rules import RULES
from orchestrator.selection.scores import score
from orchestrator.study import scratch
from orchestrator.study.jobs import FoldResult
from orchestrator.study.record import FoldRecord
from orchestrator.study.scratch import NOWHERE
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.selection.records_by_hand import record

CLASSES = ("a", "b", "c")


def study(seed, members, seeds=2, trials=4, people=6):
    """(trials of random results as training leaves them, truth): ties, early stops, divergence, outputs."""
    rng = np.random.default_rng(seed)
    truth = {f"p{p}/{i}": int(rng.integers(3)) for p in range(people) for i in range(3)}
    made = []
    for index in range(trials):
        results = []
        for person in range(people):
            for replicate in range(seeds):
                for member in range(members):
                    epochs, v = int(rng.integers(2, 6)), 5
                    results.append(
                        FoldResult(
                            job_id=f"{len(made):04x}{len(results):08x}",
                            fold=f"p{person}",
                            seed=replicate,
                            member=member,
                            validation=tuple(f"v{person}-{member}/{i}" for i in range(v)),
                            test=tuple(f"p{person}/{i}" for i in range(3)),
                            validation_truth=np.arange(v) % 3,
                            epochs=np.arange(1, epochs + 1, dtype=np.int32),
                            train_loss=rng.random(epochs, np.float32),
                            validation_loss=rng.choice([0.5, 0.7, np.nan], epochs).astype(np.float32),
                            validation_probs=rng.dirichlet(np.ones(3), (epochs, v)).astype(np.float32),
                            test_probs=rng.dirichlet(np.ones(3), (epochs, 3)).astype(np.float32),
                            seconds=1.0,
                            outputs={"theta_degrees": rng.random(epochs, np.float32)},
                        )
                    )
        lacks = 1 if index == trials - 1 else 0  # one trial is incomplete
        made.append(TrialRecord(index, {"recipe": {"patience": index % 2}}, tuple(results[lacks:])))
    return made, truth


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_rules_choose_and_score_the_same_from_the_store_as_from_whole_results(tmp_path, seed, members):
    whole, truth = study(seed, members)
    store, kept = FoldStore(tmp_path), []
    for trial in whole:
        for result in trial.results:
            store.save(result)
        if trial.index % 2:
            store.pack([result.job_id for result in trial.results])
        records = tuple(store.load(result.job_id) for result in trial.results)
        for number, one in enumerate(records):
            if number % 3:
                remembered(one)
            one.let_go()
        kept.append(replace(trial, results=records))
    assert available(kept) == available(whole) and len(available(kept)) > 4
    scores = {}
    for rule in available(whole):
        given = truth if RULES[rule].oracle else None
        choices = choose(rule, whole, given)
        assert choose(rule, kept, given) == choices
        averages = RULES[rule].averages
        scores[rule] = score(choices, kept, truth, CLASSES, averages=averages)
        assert scores[rule] == score(choices, whole, truth, CLASSES, averages=averages)
    assert chosen_outputs(kept, scores) == chosen_outputs(whole, scores)
    assert all(one.held is None for trial in kept for one in trial.results)


def test_a_result_that_has_gone_since_is_told_and_never_taken_as_nothing(tmp_path):
    store = FoldStore(tmp_path)
    store.save(replace(record("s1", [[0]], [[0]], [0]), job_id="ab" * 12))
    held = store.load("ab" * 12)
    held.let_go()
    assert held.test_probs.shape == (1, 1, 2)
    store.again(replace(held, job_id="cd" * 12))  # another one has been asked for since
    store.path("ab" * 12).unlink()
    with pytest.raises(FileNotFoundError, match=r"fold 's1', seed 0 \(job abab.*has gone .*--resume"):
        _ = held.test_probs


def light(store, result):
    """As a sweep holds it."""
    held = store.load(result.job_id, FoldRecord.of(result))
    remembered(held)
    held.let_go()
    return held


def test_what_was_remembered_stays_in_its_process_and_a_full_disk_keeps_it_in_the_store(
    tmp_path, monkeypatch
):
    result = replace(record("s1", [[0], [1]], [[0], [1]], [1], loss=[0.5, np.nan]), job_id="ab" * 12)
    store = FoldStore(tmp_path)
    store.save(result)
    here = light(store, result)
    there = pickle.loads(pickle.dumps(here))  # another process, with a scratch file of its own
    assert here.noted != NOWHERE and there.noted == NOWHERE

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(scratch.os, "pwrite", full)
    assert light(store, result).noted == NOWHERE
    for one in (here, there, light(store, result)):
        assert one.test_called.tolist() == [[0], [1]]
        np.testing.assert_array_equal(one.validation_loss, np.float32([0.5, np.nan]))
        assert validation_best(one) == ((0.0, -0.5), 0) and validation_last(one) == (0.0, -np.inf)


def test_a_fold_of_a_running_sweep_takes_no_more_memory_than_its_name_and_place(tmp_path):
    """100 epochs, 12 test clips: 3 kB a fold, were they held."""
    store, held = FoldStore(tmp_path), []
    one = record("s1", [[0] * 12] * 100, [[1] * 40] * 100, [1] * 40)
    results = [replace(one, job_id=f"{i:064x}") for i in range(600)]
    for result in results:
        store.save(result)
    jobs = [result.job_id for result in results]
    store.pack(jobs)
    del results, jobs
    tracemalloc.start()
    for i in range(600):
        held.append(light(store, replace(one, job_id=f"{i:064x}")))
        if i == 99:
            before = tracemalloc.get_traced_memory()[0]
    grew = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grew / 500 < 400


def test_counts_take_as_many_bytes_as_they_need_and_are_whole():
    """300 clips of one class: more than a byte holds."""
    one = record("s1", [[0]], [[0] * 300], [0] * 300)
    kept = FoldRecord.of(one)
    assert kept.validation_counts.dtype == np.uint16 and kept.validation_counts.tolist() == [
        [[300, 0], [0, 0]]
    ]
