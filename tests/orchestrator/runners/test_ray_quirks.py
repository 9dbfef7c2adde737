"""Ray's private parts that we change: each patch still takes hold, and is still needed."""

import subprocess
import sys

import pytest
import ray

from orchestrator.runners import ray_quirks


def fresh(code: str) -> str:
    """What a new process prints: a patch is applied when tune.py is imported, and cannot be taken back."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_it_is_the_ray_that_the_patches_are_for():
    assert ray.__version__.startswith(ray_quirks.RAY), "read ray_quirks.py again for this Ray"


@pytest.mark.long
def test_without_them_tune_still_sets_variables_and_imports_mlflow():
    """When one of these fails, its patch is no longer needed: take it out of ray_quirks.py."""
    before = (
        "from ray.tune.execution import class_cache as c;"
        "print(bool(c.DEFAULT_ENV_VARS and c.ENV_VARS_TO_PROPAGATE))"
    )
    assert fresh(before) == "True"
    code = (
        "import sys; from ray.air._internal import usage; usage._count_callbacks([object()]);"
        "print(any(name.split('.')[0] == 'mlflow' for name in sys.modules))"
    )
    assert fresh(code) == "True"


@pytest.mark.long
def test_with_them_it_does_not():
    code = (
        "import sys; from orchestrator.runners import ray_quirks; ray_quirks.apply();"
        "from ray.tune.execution import class_cache as c; from ray.air._internal import usage;"
        "usage.tag_callbacks([object()]);"
        "print(c.DEFAULT_ENV_VARS, c.ENV_VARS_TO_PROPAGATE, 'mlflow' in sys.modules)"
    )
    assert fresh(code).endswith("False")
    assert fresh(code).split(" ")[0] in ("{}", "set()", "[]")
