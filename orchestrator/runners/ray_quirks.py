"""What is changed inside Ray, by its private names, and why. For Ray 2.60;
tests/orchestrator/runners/test_ray_quirks.py says when one of them is no longer needed, or no longer takes
hold. Nothing else of ours touches Ray's private parts but these, preprocessing/local_ray.py, and
``ray.experimental.internal_kv``, which tasks ask whether their sweep is ending (runners/ray.py).
"""

from __future__ import annotations

RAY = "2.60"  # whose private parts these are
# Tune's own Ctrl-C handler would end the folds that run; its loggers write every report three times, which
# nobody reads; and it would write its own state of the sweep every few seconds, which is not used here.
TUNE_SETTINGS = {
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
}


def trials_share_the_workers_of_folds() -> None:
    """Tune gives its trials an environment of their own, and their folds inherit it: those could then not run
    in the workers that have been warmed, but only in others, started for them. It would also hand on AWS
    credentials, which Ray logs in clear; every machine has its own, or its role."""
    from ray.tune.execution import class_cache

    class_cache.DEFAULT_ENV_VARS.clear()
    class_cache.ENV_VARS_TO_PROPAGATE.clear()


def callbacks_are_not_counted() -> None:
    """Tune counts callbacks for Ray's usage statistics, which are off here, and imports MLflow to do so: a
    second."""
    from ray.air._internal import usage

    usage.tag_callbacks = lambda callbacks: False


def apply() -> None:
    """All of it; again changes nothing."""
    trials_share_the_workers_of_folds()
    callbacks_are_not_counted()
