"""What holds for every model. A test file subclasses ``ModelContract`` and fills in the four class attributes."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from mer_models import MODELS


class ModelContract:
    name: str  # registry key
    given: dict[str, Any]  # constructor arguments that come from data
    shape: tuple[int, ...]  # of one clip
    parameters: int  # at 3 classes, published or pinned
    wrong_axis = 1  # an axis whose size the model fixes: the channels of a picture, the regions of roi_flow (2)
    steps = 80  # Adam steps in which eight clips must be learnt by heart
    lr = 3e-3
    quick: ClassVar[dict[str, Any]] = {}  # smaller sizes for every test but the parameter count; keep all parts of the model

    def build(self, n_classes: int = 3, **arguments: Any) -> Any:
        torch.manual_seed(0)
        return MODELS[self.name](n_classes, **self.given, **self.quick, **arguments)

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
        model = MODELS[self.name](3, **self.given)
        assert sum(p.numel() for p in model.parameters()) == self.parameters

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

    def test_kinds_and_feature_sets_are_named(self):
        assert MODELS[self.name].kinds and MODELS[self.name].features and MODELS[self.name].uses_aus in (True, False)

    def test_state_dict_round_trip_through_a_file_without_pickled_objects(self, tmp_path):
        model, inputs = self.build(), self.inputs(4)
        model(*inputs)  # moves running statistics, which must travel too
        state = {key: value.contiguous() for key, value in model.state_dict().items()}
        safetensors.torch.save_file(state, tmp_path / "model.safetensors")  # refuses tensors that share memory
        torch.save(state, tmp_path / "model.pt")
        torch.manual_seed(99)
        other = MODELS[self.name](3, **self.given, **self.quick)
        for read in (
            torch.load(tmp_path / "model.pt", weights_only=True), safetensors.torch.load_file(tmp_path / "model.safetensors")
        ):  # fmt: skip
            other.load_state_dict(read)
            assert torch.equal(model.eval()(*inputs), other.eval()(*inputs))

    def test_a_wrong_input_shape_is_refused_by_value(self):
        """Another number of axes, and another size of the axis that ``wrong_axis`` names."""
        x, *rest = self.inputs(2)
        for wrong in (x[0], x.narrow(self.wrong_axis, 0, x.shape[self.wrong_axis] - 1)):
            with pytest.raises(ValueError, match=rf"got \({wrong.shape[0]}, {wrong.shape[1]}"):
                self.build()(wrong, *rest)

    def test_it_can_learn_eight_random_clips_by_heart(self):
        model, inputs, labels = self.build(dropout=0.0), self.inputs(8), torch.arange(8) % 3
        optimiser = torch.optim.Adam(model.parameters(), lr=self.lr)
        for _ in range(self.steps):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(*inputs), labels).backward()
            optimiser.step()
        assert (model.eval()(*inputs).argmax(1) == labels).all()
