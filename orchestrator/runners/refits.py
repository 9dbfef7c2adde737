"""The models of a refit as Ray tasks: side by side, on the GPUs that the folds had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import ray

from orchestrator.inference.refit import Member, Trainer, member
from orchestrator.runners.ending import end
from orchestrator.runners.pending import CRASHES
from orchestrator.runners.sizing import Need
from orchestrator.study.tasks import SharedInputs
from orchestrator.training.loop import TrainedModel
from preprocessing.plugins import Plugin


@ray.remote(max_retries=CRASHES)
def _member(one: Member, shared: SharedInputs, device: str) -> TrainedModel:
    from orchestrator.study import plugins

    plugins.install(shared.plugins, only=("MODEL",))
    made = member(one, shared, device)
    return replace(made, model=made.model.cpu())


def on_ray(need: Need, plugins: tuple[Plugin, ...]) -> Trainer:
    """need: of the sweep's folds. A model asks for a whole GPU where they ask for a share: by now no fold
    runs, and nobody has measured what training on all people takes."""

    def train(members: Sequence[Member], shared: SharedInputs) -> tuple[TrainedModel, ...]:
        inputs = ray.put(replace(shared, plugins=plugins))
        task = _member.options(num_cpus=1, num_gpus=1.0 if need.gpus else 0.0, scheduling_strategy="SPREAD")
        tasks = [task.remote(one, inputs, need.device) for one in members]
        try:
            return tuple(ray.get(tasks))
        finally:
            end(tasks)  # those that still run, where one of them raised

    return train
