"""The search on Ray when it does not go smoothly: a scheduler stops trials, a trial's process dies, the user
asks to end."""

import os
import signal

import optuna
import pytest

from orchestrator.search import inline, schedulers
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import table
from tests.processes import descendants
from tests.sweeps import STUDY, Watcher, plan, run_inline, run_ray, same_numbers


class Once(FoldStore):
    """Leaves a mark where a result is written that is there already: its fold was computed twice."""

    def save(self, result, job=None, weights=b""):
        if result.job_id in self:
            (self.root / f"{result.job_id} twice").touch()
        super().save(result, job, weights)


class Killer(Watcher):
    """Kills the process of a trial, once, when it has reported its second fold."""

    killed = 0

    def fold(self, event):
        if event.done == 2 and not self.killed:
            for pid, command in descendants(os.getpid()).items():
                if "ray::ImplicitFunc" in command:
                    self.killed += 1
                    os.kill(pid, signal.SIGKILL)


def test_a_killed_trial_process_costs_no_finished_fold(local_ray, tmp_path):
    watcher, store = Killer(), Once(tmp_path / "a" / "folds")
    outcomes = run_ray(STUDY, tmp_path / "a", watcher, store=store)
    assert watcher.killed
    assert [(o.state, len(o.results)) for o in outcomes] == [("complete", 4)] * 3
    same_numbers(outcomes, run_inline(STUDY, tmp_path / "b", n=3)[0])
    # what had ended before was found again, and each fold is told once
    assert not list(store.root.glob("*twice")) and len(list(store.held())) == 12
    assert len({event.result.job_id for event in watcher.folds}) == len(watcher.folds) == 12


class Interrupter(Watcher):
    """Ctrl-C at the second fold of all."""

    def fold(self, event):
        if len(self.folds) == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_drains_and_the_rest_is_computed_later(local_ray, tmp_path):
    first = run_ray(STUDY, tmp_path / "a", Interrupter())
    assert {o.state for o in first} <= {"complete", "interrupted"} and "interrupted" in {
        o.state for o in first
    }
    kept = sum(len(o.results) for o in first)
    assert 2 <= kept < 12
    watcher = Watcher()
    second = run_ray(STUDY, tmp_path / "a", watcher)
    assert [o.state for o in second] == ["complete"] * 3
    assert sum(event.reused for event in watcher.folds) == kept
    same_numbers(second, run_inline(STUDY, tmp_path / "b", n=3)[0])


class Impatient(Watcher):
    def fold(self, event):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_second_ctrl_c_ends_at_once_and_finished_folds_are_kept(local_ray, tmp_path):
    watcher, before = Impatient(), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_ray(STUDY, tmp_path / "a", watcher)
    assert signal.getsignal(signal.SIGINT) is before
    again = Watcher()
    assert [o.state for o in run_ray(STUDY, tmp_path / "a", again)] == ["complete"] * 3
    assert sum(event.reused for event in again.folds) >= 2


class Second:
    """Stops every trial but the first after its second fold, so that what follows from a stop can be
    counted."""

    def reports(self, trial, evidence):
        self.seen = {**getattr(self, "seen", {}), trial: getattr(self, "seen", {}).get(trial, 0) + 1}
        return trial > 0 and self.seen[trial] >= 2

    def completed(self, trial):
        pass

    def failed(self, trial):
        pass


def test_a_stopped_trial_is_told_as_pruned_and_its_other_folds_do_not_run(local_ray, tmp_path, monkeypatch):
    monkeypatch.setitem(schedulers.SCHEDULERS._later, "second", lambda: Second)
    held, create = [], optuna.create_study
    monkeypatch.setattr(optuna, "create_study", lambda **given: held.append(create(**given)) or held[-1])
    watcher = Watcher()
    alone = inline.search(
        STUDY, table(), FoldStore(tmp_path / "folds"), plan(tmp_path / "i", 3, "second"), watcher
    )
    assert [(o.state, len(o.results)) for o in alone] == [("complete", 4), ("stopped", 2), ("stopped", 2)]
    assert [t.state.name for t in held[0].trials] == ["COMPLETE", "PRUNED", "PRUNED"]


def test_racing_on_ray_stops_what_cannot_win(local_ray, tmp_path, monkeypatch):
    """asha on eight people: most of twelve trials end before their last fold, one has them all, and none is a
    failure."""
    watcher = Watcher()
    outcomes = run_ray(STUDY, tmp_path / "a", watcher, n=8, scheduler="asha")
    states = [o.state for o in outcomes]
    assert set(states) <= {"complete", "stopped"} and "complete" in states
    for outcome in outcomes:
        assert outcome.error == "" and (outcome.state == "stopped") == (len(outcome.results) < 4)
