"""How much of a machine a fold asks for, from what a fold has used."""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass

# asked for over what was measured: another person's clips and another step's memory differ a little
SPARE = 1.25
CONTEXT = 600 * 2**20  # bytes of a GPU that a process takes beside torch's own: CUDA's context and kernels


@dataclass(frozen=True)
class Peak:
    """Most bytes that a process has held: of the host, of its GPU (0 without one), and what that GPU has in
    all."""

    host: int
    gpu: int = 0
    gpu_total: int = 0


def measure(device: str) -> Peak:
    """Peak of this process so far. The host's is that of the process' life, the GPU's that since
    ``reset``."""
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if device == "cpu":
        return Peak(host)
    import torch  # here, since the processes that only size tasks do without: it takes a second

    return Peak(
        host, torch.cuda.max_memory_reserved() + CONTEXT, torch.cuda.get_device_properties(0).total_memory
    )


def reset(device: str) -> None:
    """Start to measure anew on the GPU: a worker that trained another trial before has its peak in the
    counter."""
    if device != "cpu":
        import torch

        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


@dataclass(frozen=True)
class Need:
    """What the folds of a sweep ask for.

    gpus     share of a GPU per fold, in (0, 1]; 0 = CPU.
    measured share and host memory follow from the first fold of each trial, which has a GPU to itself (none
    where gpus = 0).
    limit_s  seconds after which a fold is ended and tried again; 0 = never.
    pack     folds that train as one program.
    memory   bytes of the host per task; 0 = not asked.
    keep     the weights of each fold are kept in the store.
    """

    gpus: float = 0.0
    measured: bool = False
    limit_s: float = 6 * 3600.0
    pack: int = 1
    memory: int = 0
    keep: bool = False

    @property
    def device(self) -> str:
        return "cuda" if self.gpus else "cpu"

    @property
    def arithmetic(self) -> str:
        """What makes the numbers, for FoldJob."""
        return f"{self.device} packed" if self.pack > 1 else self.device


def gpu_share(peak: Peak) -> float:
    """Share of a GPU, in steps of 0.01 and at most 1, that holds the peak with SPARE."""
    return min(1.0, math.ceil(100 * SPARE * peak.gpu / peak.gpu_total) / 100) if peak.gpu_total else 0.0


def host_bytes(peak: Peak) -> int:
    return int(SPARE * peak.host)
