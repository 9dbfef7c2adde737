"""Whether there is room for a fold on the Ray that is running, and what a user is told who waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ray

from orchestrator.common.errors import ConfigError
from orchestrator.runners import marks
from orchestrator.runners.sizing import Need
from preprocessing import local_ray

EVERY = 2.0  # seconds between two looks
PATIENT = 6.0  # seconds in which no fold runs before it is said: a worker's start takes some of them


def refused(need: Need) -> None:
    """What this machine can never have. Raises ConfigError. A cluster may grow, so it is not asked."""
    if not need.gpus:
        return
    if not (ray.cluster_resources().get("GPU", 0) if ray.is_initialized() else _gpus()):
        raise ConfigError(
            "--gpus-per-fold asks for a GPU, and this machine has none that PyTorch sees; leave it out to "
            "train on the CPU, or give --address of a cluster that has some"
        )


def slots(need: Need, *, inline: bool = False) -> tuple[int, int]:
    """(folds that find room at once, bytes of memory that are there): of the Ray that is running, else of one
    that would be started here. inline: without Ray, one fold at a time."""
    if ray.is_initialized():
        there = ray.cluster_resources()
        cpus, memory, gpus = there.get("CPU", 0), there.get("memory", 0), there.get("GPU", 0)
    else:
        cpus, memory = local_ray.room()
        gpus = _gpus() if need.gpus else 0
    at_once = 1 if inline else int(min(cpus, gpus / need.gpus) if need.gpus else cpus)
    return max(1, at_once), int(memory)


def _gpus() -> int:
    import torch  # the sweep needs it anyway; a process that only waits for folds does without

    return torch.cuda.device_count()


def asked(need: Need) -> dict[str, float]:
    """Of Ray, for a task: resource -> amount."""
    return {"CPU": 1.0} | {
        name: float(amount) for name, amount in (("GPU", need.gpus), ("memory", need.memory)) if amount
    }


def lacks(need: Mapping[str, float], nodes: Iterable[Mapping[str, Any]], free: Mapping[str, float]) -> str:
    """What is waited for and what is there, in a sentence; "" where there is room, so that all that is waited
    for is a process' start.

    need: as ``asked``. nodes: as ray.nodes gives them; free: as ray.available_resources does.
    """
    held = [node["Resources"] for node in nodes if node["Alive"]]
    fits = any(_holds(one, need) for one in held)
    if fits and _holds(free, need):
        return ""
    there = ", ".join(
        f"{_amount(name, sum(one.get(name, 0) for one in held))} ({_bare(name, free.get(name, 0))} free)"
        for name in need
    )
    wants = " and ".join(_amount(name, amount) for name, amount in need.items())
    rest = (
        "a fold whose process is starting holds it, or somebody else does"
        if fits
        else "no node has so much: it begins when one joins that has"
    )
    return (
        f"waiting, no fold runs: one asks for {wants}; Ray has {len(held)} node{'s' * (len(held) != 1)} with "
        f"{there}; {rest}. Ctrl-C ends the sweep"
    )


def _holds(there: Mapping[str, float], need: Mapping[str, float]) -> bool:
    return all(there.get(name, 0) >= amount for name, amount in need.items())


def _amount(name: str, amount: float) -> str:
    return f"{_bare(name, amount)} GiB of memory" if name == "memory" else f"{amount:g} {name}"


def _bare(name: str, amount: float) -> str:
    return f"{amount / 2**30:.1f}" if name == "memory" else f"{amount:g}"


class Watch:
    """Looks now and then whether a fold of the sweep runs, and says, once for each reason, why none does.
    say: is told a sentence, and "" when a fold runs again."""

    def __init__(self, sweep: str, say: Callable[[str], object]):
        self.sweep, self.say = sweep, say
        self.said = ""
        self.moved()

    def moved(self) -> None:
        """A fold has ended."""
        self.since = self.looked = time.monotonic()

    def look(self) -> None:
        """Called as often as one likes."""
        now = time.monotonic()
        if now - self.looked < EVERY:
            return
        self.looked = now
        if marks.running(self.sweep):
            self.since = now
            if self.said:
                self.said = ""
                self.say("")
        elif now - self.since >= PATIENT:
            need = marks.waited_for(self.sweep)
            text = "waiting for Ray to start a process for the trials"
            if need is not None:
                text = lacks(need, ray.nodes(), ray.available_resources())
            if text and text != self.said:
                self.said = text
                self.say(text)
