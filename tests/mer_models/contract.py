"""What holds for every model of ours: the contract that ships, and the size that its source states."""

import pytest

from mer_models import MODELS
from orchestrator.testing import models


class ModelContract(models.ModelContract):
    name: str  # registry key
    parameters: int  # at 3 classes, published or pinned
    published_parameters: int | None = None  # where the paper gives them, rounded as there

    @pytest.fixture
    def model(self):
        return MODELS[self.name]

    def test_the_size_is_the_published_one(self, model):
        assert model.n_parameters == self.parameters
        if self.published_parameters is not None:
            assert abs(self.parameters / self.published_parameters - 1) <= 0.15
