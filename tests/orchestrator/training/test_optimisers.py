"""Ours are torch's own, to the bit, without torch.compile."""

import subprocess
import sys

import pytest
import torch

from orchestrator.training.optimisers import OPTIMISERS

TORCH = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def trained(make):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3))
    optimiser = make(model.parameters(), lr=0.05, weight_decay=0.01, fused=True)
    inputs = torch.randn(7, 5)
    for _ in range(4):
        optimiser.zero_grad()
        model(inputs).square().sum().backward()
        optimiser.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_step_is_torchs(name):
    assert torch.equal(trained(OPTIMISERS[name]), trained(TORCH[name]))


def test_a_process_that_trains_does_not_import_the_compiler():
    """A second and 70 MiB in every worker."""
    code = """
import sys
from orchestrator.runners.inline import run_fold
from orchestrator.study.study import Study
from tests.orchestrator.tables import table

data = table(aus=True)
keys = {"recipe.epochs": 2, "recipe.warmup_epochs": 0, "recipe.swa_start": 0.5}
run_fold(Study("stag", "loso", 2, 1, keys).jobs(data, {})[0], data)
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
