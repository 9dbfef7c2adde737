"""Contracts: pytest classes that hold for every model and every search space, yours as well as ours.

In:   a fixture of your subclass says what it is about; the docstring of each class shows how.
Out:  a test for each promise.
May use every other room and preprocessing.inputs. Needs pytest, which is installed with ``[dev]``.
"""

import pytest

pytest.register_assert_rewrite("orchestrator.testing.models", "orchestrator.testing.spaces")
