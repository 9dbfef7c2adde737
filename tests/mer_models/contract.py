"""What holds for every model. A test file subclasses ``ModelContract`` and fills in the four class
attributes."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from mer_models import MODELS


class ModelContract:
    """Shapes for any number of classes; evaluation is deterministic and sees no neighbours; gradient reaches
    every parameter; a missing annotation is no annotation; weights travel by state dict and safetensors;
    bfloat16 works; the size is the published one; and the model learns: after ``steps`` steps of Adam at
    ``lr`` it names the classes of eight random clips, all of them.
    """

    name: str  # registry key
    given: dict[str, Any]  # constructor arguments that come from data
    shape: tuple[int, ...]  # of one clip
    parameters: int  # at 3 classes, published or pinned
    published_parameters: int | None = None  # where the paper gives them, rounded as there
    # an axis whose size the model fixes: the channels of a picture, the regions of roi_flow (2)
    wrong_axis = 1
    steps = 80  # Adam steps in which eight clips must be learnt by heart
    lr = 3e-3
    # how far bfloat16 may move the logits of a random start, as a share of their spread over the clips
    rounding = 0.2
    # smaller sizes for every test but the parameter count; keep all parts of the model
    quick: ClassVar[dict[str, Any]] = {}

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
        if self.published_parameters is not None:
            assert abs(self.parameters / self.published_parameters - 1) <= 0.15

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
        unreached = [
            name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-8
        ]
        assert not unreached

    def test_a_clip_without_annotation_is_one_whose_action_units_are_left_out(self):
        """None is the same as rows of -1, and in a batch where others are annotated a clip with -1 is the
        clip alone."""
        model, (x, *aus) = self.build().eval(), self.inputs(4)
        assert bool(aus) == MODELS[self.name].uses_aus, "give n_aus exactly if the model uses AUs"
        if not aus:
            with pytest.raises(TypeError):
                model(x, torch.ones(4, 21))
            return
        annotated, without, mixed = model(x, *aus), model(x), aus[0].clone()
        mixed[1] = -1
        torch.testing.assert_close(model(x, torch.full_like(mixed, -1)), without)
        expected = annotated.clone()
        expected[1] = model(x[1:2])[0]
        torch.testing.assert_close(model(x, mixed), expected, atol=1e-5, rtol=1e-5)
        assert not torch.isclose(annotated, without, atol=1e-4).all(1).any()
        # no AU is active: known
        assert not torch.isclose(model(x, torch.zeros_like(mixed)), without, atol=1e-4).all(1).any()

    def test_bfloat16_runs_forward_and_backward_and_is_close(self):
        """Under autocast, as with recipe.precision = bfloat16. In training mode, where batch statistics are
        not those of a start."""
        model, inputs, logits = self.build(dropout=0.0), self.inputs(16), []
        for enabled in (False, True):
            torch.manual_seed(0)  # what else is random, such as drop path
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                logits.append(model(*inputs).float())
        nn.functional.cross_entropy(logits[1], torch.arange(16) % 3).backward()
        assert all(
            p.grad is not None and p.grad.dtype == torch.float32 and p.grad.isfinite().all()
            for p in model.parameters()
        )
        exact, rough = (part.detach() for part in logits)
        assert 0 < (rough - exact).norm() < self.rounding * (exact - exact.mean(0)).norm()

    def test_kinds_and_feature_sets_are_named(self):
        assert (
            MODELS[self.name].kinds
            and MODELS[self.name].features
            and MODELS[self.name].uses_aus in (True, False)
        )

    def test_state_dict_round_trip_through_a_file_without_pickled_objects(self, tmp_path):
        model, inputs = self.build(), self.inputs(4)
        model(*inputs)  # moves running statistics, which must travel too
        state = {key: value.contiguous() for key, value in model.state_dict().items()}
        # refuses tensors that share memory
        safetensors.torch.save_file(state, tmp_path / "model.safetensors")
        torch.save(state, tmp_path / "model.pt")
        torch.manual_seed(99)
        other = MODELS[self.name](3, **self.given, **self.quick)
        for read in (
            torch.load(tmp_path / "model.pt", weights_only=True),
            safetensors.torch.load_file(tmp_path / "model.safetensors"),
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
        """All eight (95 % of eight clips are eight) within ``steps`` steps, without dropout."""
        model, inputs, labels = self.build(dropout=0.0), self.inputs(8), torch.arange(8) % 3
        optimiser = torch.optim.Adam(model.parameters(), lr=self.lr)
        for _ in range(self.steps):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(*inputs), labels).backward()
            optimiser.step()
        assert (model.eval()(*inputs).argmax(1) == labels).all()
