"""Each model written a second time, straight from its equations, on the weights of ours: what
``benchmarks.models`` times ours against.

A file per registered model, of the same name, with ``transcribe(model) -> nn.Module``: a copy of the model's
weights in a module that shares no forward code with it. tests/test_transcriptions.py holds the two to the
same outputs and gradients.
"""

from __future__ import annotations

from importlib import import_module

from torch import nn


def transcribe(name: str, model: nn.Module) -> nn.Module:
    """The transcription of ``model``, registered as ``name``; dtype and mode (training or not) are the
    model's.

    Raises ModuleNotFoundError for a model without one.
    """
    own: nn.Module = import_module(f"benchmarks.transcriptions.{name}").transcribe(model)
    return own.train(model.training)
