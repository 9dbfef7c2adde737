"""The same arguments, the same bits: one thread, random numbers of its own, and on a GPU only operations that
add up in one order.

Without the last, two runs of a fold on one GPU differed by up to 4e-4 in a test probability, for five of our
models: fused attention and pooling let threads add as they come. A pack needs it as well: fused attention has
no backward pass that fits several folds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel


@contextmanager
def reproducible(device: str) -> Iterator[None]:
    """What runs inside depends on its arguments alone; what was set before is put back afterwards.

    Raises RuntimeError, from the operation itself, where a model on a GPU uses one that has no fixed order.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ExitStack() as stack:
            if device == "cpu":
                stack.enter_context(torch.random.fork_rng(devices=[]))
            else:
                stack.enter_context(torch.random.fork_rng(devices=range(torch.cuda.device_count())))
                stack.enter_context(_one_order_of_adding())
            yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _one_order_of_adding() -> Iterator[None]:
    # read when cuBLAS starts in this process; https://docs.nvidia.com/cuda/cublas, "Results reproducibility"
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    memory: Any = torch.utils.deterministic  # its one setting is a property, which torch's stub does not know
    filled, tuned = memory.fill_uninitialized_memory, torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True)
    memory.fill_uninitialized_memory = False  # we read none, and filling takes time
    torch.backends.cudnn.benchmark = False
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        memory.fill_uninitialized_memory = filled
        torch.backends.cudnn.benchmark = tuned
