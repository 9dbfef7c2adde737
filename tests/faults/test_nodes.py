"""A node of the cluster is lost in the middle of a sweep, one joins, and the head is lost: no finished fold
is, and no number differs."""

import threading

import pytest
import ray
from ray._private.state import available_resources_per_node
from ray.cluster_utils import Cluster
from ray.tune import TuneError

from orchestrator.runners import ray as ray_runner
from orchestrator.study.study import Study
from tests.orchestrator.tables import QUICK
from tests.sweeps import Watcher, run_inline, run_ray, same_numbers

STUDY = Study("stag", "loso", 2, 2, QUICK)  # two seeds: 8 folds a trial


@pytest.fixture
def cluster():
    """A head without CPUs, so that folds run on the nodes that come and go."""
    one = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 100 * 2**20})
    yield one
    ray.shutdown()
    one.shutdown()


def join(cluster):
    ray_runner.start(cluster.address)


def undisturbed(folder):
    return run_inline(STUDY, folder, n=3)[0]


class Surgeon(Watcher):
    """At the third fold: kills one node with all its processes, and adds another, whose CPU is watched from
    then on, until it is busy."""

    def __init__(self, cluster, victim):
        super().__init__()
        self.cluster, self.victim, self.added = cluster, victim, None
        self.busy, self.over = threading.Event(), threading.Event()

    def fold(self, event):
        if len(self.folds) == 3:
            self.cluster.remove_node(self.victim, allow_graceful=False)
            self.added = self.cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
            threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while not (self.busy.is_set() or self.over.wait(0.05)):
            free = available_resources_per_node().get(self.added.node_id, {"CPU": 1})
            if free.get("CPU", 0) < 1:
                self.busy.set()


def test_a_lost_node_costs_no_finished_fold_and_a_new_one_is_used(cluster, tmp_path):
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20) for _ in range(2)]
    join(cluster)
    watcher = Surgeon(cluster, nodes[0])
    outcomes = run_ray(STUDY, tmp_path / "a", watcher)
    watcher.over.set()
    assert watcher.added is not None and watcher.busy.is_set()
    assert [(o.state, len(o.results)) for o in outcomes] == [("complete", 8)] * 3, [o.error for o in outcomes]
    same_numbers(outcomes, undisturbed(tmp_path / "b"))
    assert len(watcher.folds) == 24 and not any(event.reused for event in watcher.folds)


def test_a_lost_head_ends_the_sweep_and_a_new_one_goes_on(tmp_path):
    """Ray dies with its head. What is left is the store, and a second cluster finds it."""
    first = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": 100 * 2**20})
    ray_runner.start(first.address)

    class Beheads(Watcher):
        def fold(self, event):
            if len(self.folds) == 3:
                # what the driver sees, without Ray's minute of waiting for it
                raise ConnectionError("the head is gone")

    with pytest.raises(TuneError, match="the head is gone"):
        run_ray(STUDY, tmp_path / "a", Beheads())
    ray.shutdown()
    first.shutdown()
    second = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": 100 * 2**20})
    try:
        ray_runner.start(second.address)
        watcher = Watcher()
        outcomes = run_ray(STUDY, tmp_path / "a", watcher)
        assert [(o.state, len(o.results)) for o in outcomes] == [("complete", 8)] * 3
        assert sum(event.reused for event in watcher.folds) >= 3
        same_numbers(outcomes, undisturbed(tmp_path / "b"))
    finally:
        ray.shutdown()
        second.shutdown()
