"""Search and runners: the same numbers with and without Ray, nothing finished is lost, a failing fold fails
its trial only."""

import json
import os

import numpy as np
import optuna
import pytest

from orchestrator.runners import inline as inline_runner
from orchestrator.runners.pending import CRASHES
from orchestrator.runners.ray import RayRunner
from orchestrator.runners.sizing import Peak
from orchestrator.search.samplers import SAMPLERS, NamedSampler
from orchestrator.study.jobs import FoldJob
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from search_spaces import SPACES
from tests.orchestrator.tables import table
from tests.processes import descendants
from tests.sweeps import STUDY, Watcher, run_inline, run_ray
from tests.waiting import until


@pytest.fixture
def study():
    return STUDY


def test_inline_and_ray_propose_and_compute_the_same(study, tmp_path, local_ray):
    alone, _ = run_inline(study, tmp_path / "inline")
    watcher = Watcher()
    together = run_ray(study, tmp_path / "ray", watcher, n=2)
    assert [o.error for o in together] == ["", ""]
    assert [o.drawn for o in alone] == [o.drawn for o in together]
    for a, b in zip(alone, together, strict=True):
        theirs = {r.job_id: r for r in b.results}
        assert set(theirs) == {r.job_id for r in a.results}
        for result in a.results:
            for name in ("train_loss", "validation_counts", "test_probs", "epochs"):
                np.testing.assert_array_equal(getattr(result, name), getattr(theirs[result.job_id], name))
    assert len(watcher.folds) == 8
    assert {o.index for o in watcher.trials} == {0, 1}


def test_a_sweep_s_folds_run_in_the_workers_that_are_there(study, tmp_path, local_ray):
    """Tune gives its trials an environment of their own; folds would inherit it, and need other workers than
    those that were warmed."""
    import ray

    def training():
        """Workers that train at this moment; Ray may keep a spare one, idle."""
        below = descendants(os.getpid()).items()
        return {pid for pid, command in below if command.startswith("ray::_folds")}

    @ray.remote(num_cpus=1)
    def here(number):
        (tmp_path / f"here {number}").touch()
        until(lambda: len(list(tmp_path.glob("here *"))) == 2, "two workers side by side")
        return os.getpid()

    warm = set(ray.get([here.remote(number) for number in range(2)]))
    assert len(warm) == 2
    seen = set()

    class Looks(Watcher):
        def fold(self, event):
            seen.update(training())

    run_ray(study, tmp_path, Looks(), n=3)
    assert seen and seen <= warm


def test_trial_0_is_the_published_configuration_under_the_users_keys(study, tmp_path):
    outcomes, _ = run_inline(study, tmp_path / "a", n=1)
    config = outcomes[0].config
    assert config["recipe"]["lr"] == SPACES["stag"].PUBLISHED["recipe.lr"]
    assert config["recipe"]["epochs"] == 3


def test_one_fold_alone_equals_the_same_fold_in_the_full_run(study, tmp_path):
    outcomes, _ = run_inline(study, tmp_path / "a", n=1)
    job = study.jobs(table(), {})[2]
    alone = inline_runner.run_fold(job, table())
    full = next(r for r in outcomes[0].results if r.job_id == job.job_id)
    np.testing.assert_array_equal(alone.test_probs, full.test_probs)


def test_a_second_run_computes_nothing_and_a_longer_one_only_the_new_trials(study, tmp_path, monkeypatch):
    first, _ = run_inline(study, tmp_path / "a", n=2)
    computed: list[FoldJob] = []
    real = inline_runner.run_fold
    monkeypatch.setattr(
        inline_runner, "run_fold", lambda job, data, keep: computed.append(job) or real(job, data)
    )
    again, watcher = run_inline(study, tmp_path / "a", n=2)
    assert not computed
    assert all(fold.reused for fold in watcher.folds)
    assert [o.drawn for o in again] == [o.drawn for o in first]
    longer, _ = run_inline(study, tmp_path / "a", n=3)
    assert len(computed) == 4
    assert [o.drawn for o in longer[:2]] == [o.drawn for o in first]
    undisturbed, _ = run_inline(study, tmp_path / "b", n=3)
    assert [o.drawn for o in longer] == [o.drawn for o in undisturbed]


def test_an_interrupted_run_keeps_its_finished_folds(study, tmp_path, monkeypatch):
    real, computed = inline_runner.run_fold, []

    def third_time_unlucky(job, data, keep):
        if len(computed) == 3:
            raise KeyboardInterrupt
        computed.append(job)
        return real(job, data)

    monkeypatch.setattr(inline_runner, "run_fold", third_time_unlucky)
    with pytest.raises(KeyboardInterrupt):
        run_inline(study, tmp_path / "a")
    monkeypatch.setattr(
        inline_runner, "run_fold", lambda job, data, keep: computed.append(job) or real(job, data)
    )
    outcomes, _ = run_inline(study, tmp_path / "a")
    assert len(computed) == 8  # 3 before, 5 after: none twice
    assert len({j.job_id for j in computed}) == 8
    assert [len(o.results) for o in outcomes] == [4, 4]


def test_a_fold_that_raises_is_tried_again_and_then_fails_its_trial_with_the_traceback(tmp_path, local_ray):
    """STSTNet on a table of ROI flow: the model refuses it in every fold."""
    study = Study("ststnet", "loso", 2, 1, {"recipe.epochs": 1})
    watcher = Watcher()
    outcomes = run_ray(study, tmp_path, watcher, n=1)
    assert len(outcomes) == 1
    assert "failed 2 times" in outcomes[0].error
    assert "STSTNet reads flow_picture" in outcomes[0].error
    assert outcomes[0].results == ()


def test_a_worker_killed_in_the_middle_costs_nothing(study, tmp_path, local_ray):
    """A fold whose process dies is started again by Ray; numbers are those of an undisturbed run."""
    import ray

    mark = tmp_path / "died"
    data = table()
    jobs = study.jobs(data, {})

    @ray.remote(max_retries=CRASHES)
    def dies_once(tasks, shared, need, sweep):
        import os

        if tasks[0].job.fold == "synthetic/p1" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), 9)
        return inline_runner.train(tasks, shared, need.device), Peak(1)

    runner = RayRunner(FoldStore(tmp_path / "folds"), ray.put(data.shared), data.annotations, task=dies_once)
    results = {r.job_id: r for r, _ in runner.run(jobs)}
    assert mark.exists()
    for job in jobs:
        np.testing.assert_array_equal(
            results[job.job_id].test_probs, inline_runner.run_fold(job, data).test_probs
        )


def test_draws_depend_on_names_alone():
    """Adding a parameter leaves the others' draws as they were; asking in another order, too."""

    def draws(*names):
        study = optuna.create_study(sampler=NamedSampler(7))
        return [
            {name: trial.suggest_float(name, 0, 1) for name in names} for trial in (study.ask(), study.ask())
        ]

    few, more = draws("a", "b"), draws("c", "b", "a")
    assert [{"a": d["a"], "b": d["b"]} for d in more] == few
    assert few[0] != few[1]


@pytest.mark.parametrize("before", [2, 12])  # the first ten of tpe are random
@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_more_trials_of_a_search_are_those_that_an_undisturbed_one_draws(sampler, before):
    def drawn(n, first):
        search = optuna.create_study(sampler=SAMPLERS[sampler](7), direction="maximize")
        for point in first:
            search.enqueue_trial(point)
        for _ in range(n):
            trial = search.ask()
            SPACES["stag"].space(trial)
            search.tell(trial, trial.params["recipe.lr"])
        return [trial.params for trial in search.trials]

    undisturbed = drawn(before + 2, [])
    assert drawn(before + 2, undisturbed[:before]) == undisturbed
    assert undisturbed[-1] not in undisturbed[:-1]


def test_proposals_are_on_disk_before_they_run(study, tmp_path):
    run_inline(study, tmp_path / "a", n=2)
    kept = json.loads((tmp_path / "a" / "sweep" / "trials.json").read_text())["proposed"]
    assert len(kept) == 2
    assert set(kept[1]) <= set(SPACES["stag"].PUBLISHED)


def test_a_shorter_run_forgets_no_proposal(study, tmp_path):
    run_inline(study, tmp_path / "a", n=2)
    before = (tmp_path / "a" / "sweep" / "trials.json").read_text()
    run_inline(study, tmp_path / "a", n=1)
    assert (tmp_path / "a" / "sweep" / "trials.json").read_text() == before
