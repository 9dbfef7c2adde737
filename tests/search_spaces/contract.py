"""The contract that ships, for the spaces of the registry."""

import pytest

from mer_models import MODELS
from orchestrator.testing import spaces
from search_spaces import SPACES


class SpaceContract(spaces.SpaceContract):
    name: str  # registry key

    @pytest.fixture
    def space(self):
        return SPACES[self.name]

    @pytest.fixture
    def model(self):
        return MODELS[self.name]
