"""What holds for every model. A test file subclasses ``ModelContract`` and fills in the four class attributes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mer_models import MODELS


class ModelContract:
    name: str  # registry key
    given: dict[str, Any]  # constructor arguments that come from data
    shape: tuple[int, ...]  # of one clip
    parameters: int  # at 3 classes, published or pinned

    def build(self, n_classes: int = 3, **arguments: Any) -> Any:
        torch.manual_seed(0)
        return MODELS[self.name](n_classes, **self.given, **arguments)

    def inputs(self, n: int, seed: int = 0) -> tuple[Tensor, ...]:
        random = torch.Generator().manual_seed(seed)
        x = torch.randn(n, *self.shape, generator=random)
        n_aus = self.given.get("n_aus", 0)
        return (x, (torch.rand(n, n_aus, generator=random) < 0.2).float()) if n_aus else (x,)

    @pytest.mark.parametrize("n_classes", [2, 3, 7])
    def test_one_logit_for_each_clip_and_class(self, n_classes):
        logits = self.build(n_classes)(*self.inputs(5))
        assert logits.shape == (5, n_classes) and logits.dtype == torch.float32

    def test_parameter_count(self):
        assert sum(p.numel() for p in self.build().parameters()) == self.parameters

    def test_dropout_works_in_training_and_is_off_in_evaluation(self):
        model, inputs = self.build(), self.inputs(6)
        assert not torch.equal(model(*inputs), model(*inputs))
        model.eval()
        assert torch.equal(model(*inputs), model(*inputs))

    def test_a_clip_does_not_see_its_neighbours_in_evaluation(self):
        model, inputs = self.build().eval(), self.inputs(6)
        alone = torch.cat([model(*(part[i : i + 1] for part in inputs)) for i in range(6)])
        torch.testing.assert_close(model(*inputs), alone, atol=1e-5, rtol=1e-5)

    def test_gradient_reaches_every_parameter(self):
        model = self.build()
        nn.functional.cross_entropy(model(*self.inputs(16)), torch.arange(16) % 3).backward()
        unreached = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-8]
        assert not unreached

    def test_state_dict_round_trip_through_a_file_without_pickled_objects(self, tmp_path):
        model, inputs = self.build(), self.inputs(4)
        model(*inputs)  # moves running statistics, which must travel too
        torch.save(model.state_dict(), tmp_path / "model.pt")
        torch.manual_seed(99)
        other = MODELS[self.name](3, **self.given)
        other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
        assert torch.equal(model.eval()(*inputs), other.eval()(*inputs))

    def test_a_wrong_input_shape_is_refused_by_value(self):
        x, *rest = self.inputs(2)
        with pytest.raises(ValueError, match=r"got \(2, 1, "):
            self.build()(x[:, :1, :, :1] if x.shape[1] == 3 else x[:, :1, :-1], *rest)

    def test_it_can_learn_eight_random_clips_by_heart(self):
        model, inputs, labels = self.build(dropout=0.0), self.inputs(8), torch.arange(8) % 3
        optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
        for _ in range(80):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(*inputs), labels).backward()
            optimiser.step()
        assert (model.eval()(*inputs).argmax(1) == labels).all()
