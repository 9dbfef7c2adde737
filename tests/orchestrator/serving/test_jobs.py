"""One video at a time, in order; nothing of one stays."""

import threading

import pytest

from orchestrator.serving.jobs import KEPT, WAITING, Full, Jobs

LONG = 20.0  # seconds that nothing here takes


def new(jobs, name="a.avi"):
    job = jobs.new(name, ".avi", {"kind": "spot", "fps": None})
    job.video.write_bytes(b"film")
    return job


def ended(job):
    for _ in range(int(LONG / 0.01)):
        if job.state in ("done", "failed"):
            return job.state
        threading.Event().wait(0.01)
    raise AssertionError(job.state)


class Gate:
    """Work that waits at ``go``, tells, and knows how many were at it at once."""

    def __init__(self):
        self.go, self.at, self.most, self.order = threading.Event(), 0, 0, []

    def __call__(self, job):
        self.at += 1
        self.most = max(self.most, self.at)
        self.order.append(job.name)
        try:
            while not self.go.wait(0.01):
                job.tell("looking", 1, 4)
            (job.folder / "made.webm").write_bytes(b"made")
            if job.name == "bad":
                raise ValueError("it is bad")
        finally:
            self.at -= 1


def told(_, error):
    return f"told: {error}"


def test_one_at_a_time_in_order_and_the_upload_is_gone_whatever_comes():
    gate = Gate()
    with Jobs(gate, told) as jobs:
        each = [new(jobs, name) for name in ("one", "bad", "three")]
        for job in each:
            jobs.put(job)
        while each[0].share != 0.25:
            pass
        assert [job.state for job in each] == ["running", "waiting", "waiting"]
        assert [jobs.place(job) for job in each] == [0, 1, 2] and each[0].phase == "looking"
        gate.go.set()
        assert [ended(job) for job in each] == ["done", "failed", "done"]
        assert [job.error for job in each] == ["", "told: it is bad", ""]
        assert gate.most == 1 and gate.order == ["one", "bad", "three"]
        assert [sorted(path.name for path in job.folder.iterdir()) for job in each] == [["made.webm"]] * 3
        root = each[0].folder.parent
    assert not root.exists()


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_who_forgets_one_ends_it_and_nothing_of_it_stays(state):
    gate = Gate()
    with Jobs(gate, told) as jobs:
        first, second = new(jobs), new(jobs)
        jobs.put(first)
        jobs.put(second)
        while not gate.order:
            pass
        job = {"running": first, "waiting": second}[state]
        assert job.state == state
        jobs.forget(job)
        assert jobs.get(job.id) is None
        if state == "waiting":
            gate.go.set()
        assert ended(job) in ("failed", "done")
        gate.go.set()
        other = first if job is second else second
        assert ended(other) == "done"
        assert not job.folder.exists() and other.folder.exists()


def test_the_end_of_the_program_ends_all():
    gate = Gate()
    with Jobs(gate, told) as jobs:
        each = [new(jobs) for _ in range(3)]
        for job in each:
            jobs.put(job)
    assert not each[0].folder.parent.exists() and {ended(job) for job in each} == {"failed"}


def test_only_so_many_wait_and_only_so_many_results_are_kept():
    gate = Gate()
    with Jobs(gate, told) as jobs:
        waiting = [new(jobs) for _ in range(WAITING)]
        with pytest.raises(Full, match=f"{WAITING} videos wait already"):
            jobs.new("x", ".avi", {})
        gate.go.set()
        for job in waiting:
            jobs.put(job)
        assert {ended(job) for job in waiting} == {"done"}
        later = [new(jobs) for _ in range(2)]
        for job in later:
            jobs.put(job)
            ended(job)
        there = [job for job in [*waiting, *later] if jobs.get(job.id)]
        assert there == [*waiting, *later][-KEPT:]
        assert [job.folder.exists() for job in waiting[:3]] == [False, False, True]
