"""On the head of the cluster of run.sh. `wait N`: until N nodes are alive. `folds`: how many folds each node
ran, as JSON."""

import json
import sys
import time
from collections import Counter

import ray
from ray.util.state import list_tasks

from orchestrator.runners.ray import _folds


def alive() -> dict[str, str]:
    """Id of each living node -> its address."""
    return {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}


def wait(wanted: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while len(alive()) < wanted:
        if time.monotonic() > end:
            raise SystemExit(
                f"after {seconds:g} s there are {len(alive())} of {wanted} nodes: {sorted(alive().values())}"
            )
        time.sleep(1)


def folds() -> dict[str, int]:
    tasks = list_tasks(
        filters=[("name", "=", _folds._function.__name__), ("state", "=", "FINISHED")], limit=10_000
    )
    at = alive()
    return Counter(at[task.node_id] for task in tasks)


if __name__ == "__main__":
    ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
    if sys.argv[1] == "wait":
        wait(int(sys.argv[2]))
    else:
        print(json.dumps(folds()))
