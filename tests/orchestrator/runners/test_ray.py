"""Fold tasks that fail, hang, run out of memory or are no longer wanted. The folds here are invented: what
counts is what is started."""

import logging
import stat
import time
from pathlib import Path
from socket import SOCK_DGRAM

import pytest
import ray
import torch

from orchestrator.runners import inline, marks
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.pending import FoldFailed, packs
from orchestrator.runners.ray import RayRunner
from orchestrator.runners.sizing import Need, Peak
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from preprocessing import local_ray
from tests.orchestrator.tables import QUICK, table
from tests.waiting import LIMIT, until


@pytest.fixture(scope="module")
def cluster():
    """Two CPUs and one GPU by name: tasks that ask for a share of it are placed, and find none."""
    ray_runner.start(None, cpus=2, gpus=1)
    yield
    ray.shutdown()


@pytest.fixture
def jobs():
    return Study("stag", "loso", 2, 1, QUICK).jobs(table(), {})


class Log:
    """Lines that tasks leave behind, in a file that all processes see."""

    def __init__(self, path: Path):
        self.path = path

    def add(self, line: str) -> None:
        with open(self.path, "a") as handle:
            handle.write(line + "\n")

    @property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.is_file() else []


def task(body, retries=0):
    """A fold task like the runner's own whose work is ``body(pack, need)``, pack being jobs; it gives the
    real results, made on the CPU."""

    @ray.remote(max_retries=retries)
    def folds(tasks, shared, need, sweep):
        if not marks.begins(sweep):
            return None
        body([one.job for one in tasks], need)
        marks.ends(sweep)
        return [inline.train([one], shared)[0] for one in tasks], Peak(2 * 2**30, 10 * 2**30, 100 * 2**30)

    return folds


def runner(folder, **options):
    data = table()
    return RayRunner(FoldStore(folder / "folds"), ray.put(data.shared), data.annotations, **options)


def run(jobs, folder, **options):
    return list(runner(folder, **options).run(jobs))


def kept(jobs, folder):
    store = FoldStore(folder / "folds")
    return {job.job_id for job in jobs if job.job_id in store}


def test_every_port_of_a_local_ray_is_on_loopback_and_its_folder_is_closed(cluster, jobs, tmp_path):
    """Of the whole tree of processes, workers and metrics among them: looked at as ``ss -ltnp`` does."""
    run(jobs[:1], tmp_path)  # workers are there
    import psutil  # Ray brings it

    me = psutil.Process()
    listening = [
        (process.name(), socket.laddr.ip)
        for process in (me, *me.children(recursive=True))
        for socket in process.net_connections("inet")
        if socket.status == psutil.CONN_LISTEN or (not socket.raddr and socket.type == SOCK_DGRAM)
    ]
    assert len(listening) > 6, "what Ray's processes are called has changed"
    assert {ip.removeprefix("::ffff:") for _, ip in listening} <= {"127.0.0.1", "::1"}, listening
    folder = local_ray.private_folder()
    assert (folder / "ray" / "session_latest").is_dir() and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(local_ray.token_file().stat().st_mode) == 0o600


def test_a_local_ray_starts_no_process_that_only_a_cloud_or_a_dashboard_needs(cluster):
    import psutil

    begun = " ".join(" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True))
    assert "raylet" in begun
    for idle in ("monitor.py", "log_monitor.py", "dashboard/dashboard.py"):
        assert idle not in begun
    assert "--minimal" in begun  # the agent's web server


def test_the_first_fold_has_the_gpu_to_itself_and_sizes_the_others(cluster, jobs, tmp_path, monkeypatch):
    log = Log(tmp_path / "log")
    monkeypatch.setattr(
        ray_runner, "_folds", task(lambda pack, need: log.add(f"{need.gpus} {need.memory / 2**30}"))
    )
    done = run(jobs, tmp_path, need=Need(gpus=1.0, measured=True))
    assert len(done) == len(jobs) == 4
    assert log.lines == ["1.0 0.0"] + 3 * ["0.13 2.5"]


def test_out_of_gpu_memory_halves_the_pack_then_doubles_the_share(
    cluster, jobs, tmp_path, monkeypatch, caplog
):
    log = Log(tmp_path / "log")

    def body(pack, need):
        log.add(f"{len(pack)} {need.gpus}")
        if len(pack) > 1 or need.gpus < 0.5:
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(ray_runner, "_folds", task(body))
    with caplog.at_level(logging.WARNING):
        done = run(jobs, tmp_path, need=Need(gpus=0.25, pack=4))
    assert {r.fold for r, _ in done} == {job.fold for job in jobs}
    assert sorted(log.lines) == sorted(["4 0.25", "2 0.25", "2 0.25", *4 * ["1 0.25"], *4 * ["1 0.5"]])
    assert "ran out of memory; next as 2 task(s) of at most 2 folds" in caplog.text
    assert "with 0.50 GPU" in caplog.text


def test_a_fold_that_no_gpu_holds_fails_by_name(cluster, jobs, tmp_path, monkeypatch):
    def body(pack, need):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(ray_runner, "_folds", task(body))
    with pytest.raises(FoldFailed, match=r"fold synthetic/p0 seed 0 .* failed 2 times(.|\n)*out of memory"):
        run(jobs[:1], tmp_path, need=Need(gpus=0.5))


def test_one_bad_fold_of_a_pack_does_not_fail_the_others(cluster, jobs, tmp_path, monkeypatch):
    def body(pack, need):
        if any(job.fold == "synthetic/p2" for job in pack):
            raise ValueError("broken clip")

    monkeypatch.setattr(ray_runner, "_folds", task(body))
    with pytest.raises(FoldFailed, match=r"^fold synthetic/p2 seed 0 \(job \w+\) failed 2 times"):
        run(jobs, tmp_path, need=Need(pack=4))
    others = [job.job_id for job in jobs if job.fold != "synthetic/p2"]
    assert sorted(kept(jobs, tmp_path)) == sorted(others), "all others have ended before the failure is told"


def test_a_fold_that_hangs_is_ended_tried_again_and_named(cluster, tmp_path):
    """The runner's own task, with a fold that would train for days."""
    jobs = Study("stag", "loso", 2, 1, {**QUICK, "recipe.epochs": 10**7}).jobs(table(), {})
    with pytest.raises(FoldFailed, match=r"fold synthetic/p1 .* failed 2 times:(.|\n)*limit of 0.5 s"):
        run(jobs[1:2], tmp_path, need=Need(limit_s=0.5))


def test_a_trial_that_races_has_its_part_of_the_places_and_one_more_under_way(cluster, jobs, tmp_path):
    begun = []

    class Counted:
        def options(self, **asked):
            self.asked = asked
            return self

        def remote(self, tasks, *rest):
            begun.append(tasks[0].job.fold)
            return task(lambda pack, need: None).options(**self.asked).remote(tasks, *rest)

    folds = runner(tmp_path, share=2, task=Counted()).run(jobs)
    next(folds)
    assert len(begun) == 2  # of two CPUs one, and one that waits
    assert len(list(folds)) == 3 and len(begun) == 4


def test_closing_early_ends_running_folds_and_begins_no_other(cluster, jobs, tmp_path, monkeypatch):
    """What a stopped trial does: its places are free at once, also where Ray loses a cancellation, as it does
    on a busy machine."""
    log = Log(tmp_path / "log")
    lost, cancel = set(), ray.cancel

    def loses_the_first(reference, force):
        if reference in lost:
            cancel(reference, force=force)
        lost.add(reference)

    monkeypatch.setattr(ray, "cancel", loses_the_first)

    def body(pack, need):
        log.add("begun")
        if pack[0].fold == "synthetic/p0":
            until(lambda: log.lines.count("begun") > 1, "another fold beside the first")
        else:
            until((tmp_path / "never").exists, "the end of a fold that is to be ended")
        log.add("ended")

    monkeypatch.setattr(ray_runner, "_folds", task(body))
    folds = runner(tmp_path).run(jobs)
    next(folds)
    folds.close()

    @ray.remote(num_cpus=2)
    def whole_machine():
        return "free"

    assert ray.get(whole_machine.remote(), timeout=LIMIT / 2) == "free"
    assert log.lines.count("ended") == 1 and 2 <= log.lines.count("begun") <= 3


def test_once_the_sweep_drains_no_fold_begins_and_running_ones_are_kept(cluster, jobs, tmp_path, monkeypatch):
    log = Log(tmp_path / "log")

    def body(pack, need):
        log.add(pack[0].fold)
        if pack[0].fold == "synthetic/p0":
            until(lambda: len(log.lines) > 1, "another fold beside the first")
        else:
            until((tmp_path / "drains").exists, "the sweep's draining")

    monkeypatch.setattr(ray_runner, "_folds", task(body))
    folds = runner(tmp_path, sweep="drained").run(jobs)
    done = [next(folds)]
    marks.drain("drained")
    (tmp_path / "drains").touch()
    done += list(folds)
    assert sorted(r.fold for r, _ in done) == sorted(log.lines)
    assert 2 <= len(done) < 4
    assert kept(jobs, tmp_path) == {r.job_id for r, _ in done}


def test_packs_keep_the_order_and_hold_what_may_train_together(jobs):
    pairs = packs(jobs, Need(pack=3))
    assert [[job.fold[-2:] for job in pack] for pack in pairs] == [["p0", "p1", "p2"], ["p3"]]
    other = Study("stag", "loso", 2, 1, {**QUICK, "recipe.batch_size": 4}).jobs(table(), {})
    mixed = packs([jobs[0], other[0], jobs[1], other[1]], Need(pack=2))
    assert mixed == [(jobs[0], jobs[1]), (other[0], other[1])]
    assert packs(jobs, None) == [(job,) for job in jobs]


def test_no_more_folds_run_at_once_than_there_are_cpus(cluster, jobs, tmp_path, monkeypatch):
    """A task that waits for another in ``ray.get`` gives its CPU away: two CPUs once ran three and more folds
    side by side."""
    log = Log(tmp_path / "log")

    def body(pack, need):
        log.add("+")
        time.sleep(0.3)
        log.add("-")

    monkeypatch.setattr(ray_runner, "_folds", task(body))
    many = [
        job
        for seed in range(3)
        for job in Study("stag", "loso", 2, 3, QUICK).jobs(table(), {})
        if job.seed == seed
    ]
    run(many, tmp_path, sweep="any")
    running = [sum(1 if line == "+" else -1 for line in log.lines[: i + 1]) for i in range(len(log.lines))]
    assert len(log.lines) == 2 * len(many) and max(running) <= 2
