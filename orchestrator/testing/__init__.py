"""What holds for every model, search space ...: pytest classes that a file of yours passes as ours do.

A test of yours subclasses one and says in a fixture what it is about; the class's docstring shows how. May use
every other room and preprocessing.inputs. Needs pytest, which an installation without ``[dev]`` lacks.
"""

import pytest

pytest.register_assert_rewrite("orchestrator.testing.models", "orchestrator.testing.spaces")
