"""What holds for every model."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from mer_models.shapes import Pattern, why_not
from preprocessing.schema import AU_VOCABULARY

N_ROIS = 14
# Kind of input -> a small clip of it, which ``example`` makes fit a model.
SMALL = {
    "roi_flow": (16, N_ROIS, 2),
    "flow_picture": (3, 32, 32),
    "image": (3, 32, 32),
    "frame_pair": (2, 3, 32, 32),
    "roi_maps": (2, 3, 3, 32, 32),
    "roi_stack": (9, 32, 32),
}


class ModelContract:
    """Shapes for any number of classes; evaluation is deterministic and sees no neighbours; gradient reaches
    every parameter; a missing annotation is no annotation; weights travel by state dict and safetensors;
    bfloat16 works; what does not fit is refused; the size is the stated one; and the model learns: after
    ``steps`` steps of Adam at ``lr`` it names the classes of eight random clips, all of them.

    For a model of yours::

        class TestMyModel(ModelContract):
            @pytest.fixture
            def model(self):
                return MyModel

    The class attributes below may be set as well, and any test replaced by one that says why.
    """

    quick: ClassVar[dict[str, Any]] = {}  # arguments of a smaller model with all of its parts
    shape: tuple[int, ...] = ()  # of one clip of the first kind that the model takes; (): a small one
    steps = 80  # Adam steps in which eight clips must be learnt by heart
    lr = 3e-3
    # how far bfloat16 may move the logits of a random start, as a share of their spread over the clips
    rounding = 0.2
    architecture: Any  # what the fixture ``model`` gives

    @pytest.fixture
    def model(self) -> Any:
        """The model's class."""
        raise NotImplementedError("give the class in a fixture `model` of your test class")

    @pytest.fixture(autouse=True)
    def _keep(self, model: Any) -> None:
        self.architecture = model

    def given(self, kind: str = "") -> dict[str, int]:
        """Arguments that come from the data; ``kind`` of input, "" = the first that the model takes."""
        rois = {"n_rois": N_ROIS} if (kind or self._kind()) == "roi_flow" else {}
        return rois | ({"n_aus": len(AU_VOCABULARY)} if self.architecture.uses_aus else {})

    def build(self, n_classes: int = 3, kind: str = "", **arguments: Any) -> Any:
        """The quick model from seed 0."""
        torch.manual_seed(0)
        return self.architecture(n_classes, **self.given(kind), **{**self.quick, **arguments})

    def inputs(self, n: int, seed: int = 0, kind: str = "") -> tuple[Tensor, ...]:
        """Random clips (n, ...), and where the model uses action units those, float32 (n, 21)."""
        random = torch.Generator().manual_seed(seed)
        shape = self.shape if self.shape and not kind else self._example(kind or self._kind())
        x, n_aus = torch.randn(n, *shape, generator=random), self.given().get("n_aus", 0)
        return (x, (torch.rand(n, n_aus, generator=random) < 0.2).float()) if n_aus else (x,)

    def _kind(self) -> str:
        return str(next(iter(self.architecture.takes)))

    def _example(self, kind: str) -> tuple[int, ...]:
        assert kind in SMALL, f"set `shape`: {kind} is no kind of ours ({', '.join(SMALL)})"
        return example(self.architecture.takes[kind], SMALL[kind])

    def _still(self) -> dict[str, Any]:
        return {"dropout": 0.0} if self._has_dropout() else {}

    def _has_dropout(self) -> bool:
        return "dropout" in inspect.signature(self.architecture).parameters

    def test_what_a_list_of_models_shows_needs_no_instance(self, model: Any) -> None:
        """mer_models/__init__.py says what the attributes mean."""
        assert re.fullmatch(r".+ (\d{4}|undated)", model.paper) and len(model.paper) <= 40
        assert isinstance(model.n_parameters, int) and isinstance(model.default_features, str)
        assert model.takes and all(isinstance(pattern, tuple) for pattern in model.takes.values())
        assert model.uses_aus == ("aus" in inspect.signature(model.forward).parameters)
        assert getattr(model, "pass_major", False) in (False, True)

    def test_what_it_reports_beside_logits_is_a_few_finite_numbers(self, model: Any) -> None:
        """Where its class has ``outputs``."""
        if hasattr(model, "outputs"):
            outputs = self.build().outputs()
            assert all(isinstance(name, str) and math.isfinite(value) for name, value in outputs.items())

    def test_it_takes_its_default_feature_set(self, model: Any) -> None:
        from preprocessing.inputs import INPUTS, Settings

        assert model.default_features in INPUTS, (
            f"{model.default_features} is no feature set; an input of your own must be installed first"
        )
        default = INPUTS[model.default_features]
        assert not why_not(model, default.kind, default.shape(Settings()))

    def test_it_has_as_many_parameters_as_it_says(self, model: Any) -> None:
        assert sum(p.numel() for p in model(3, **self.given()).parameters()) == model.n_parameters

    @pytest.mark.parametrize("n_classes", [2, 3, 7])
    def test_one_logit_for_each_clip_and_class(self, n_classes: int) -> None:
        logits = self.build(n_classes)(*self.inputs(5))
        assert logits.shape == (5, n_classes) and logits.dtype == torch.float32

    def test_it_reads_every_kind_that_it_takes(self, model: Any) -> None:
        for kind in model.takes:
            assert self.build(kind=kind)(*self.inputs(5, kind=kind)).shape == (5, 3), kind

    def test_it_refuses_by_value_what_it_does_not_take(self, model: Any) -> None:
        """Another number of axes, and a size just outside of each axis's range."""
        for kind, pattern in model.takes.items():
            built, (x, *aus) = self.build(kind=kind), self.inputs(2, kind=kind)
            clip = tuple(x.shape[1:])
            wrong = [*just_outside(pattern, clip), clip[1:]]
            assert all(why_not(model, kind, shape) for shape in wrong)
            if "n_rois" in self.given(kind):  # which the data fix, and no pattern
                wrong.append((clip[0], N_ROIS - 1, *clip[2:]))
            for shape in wrong:
                with pytest.raises(ValueError, match=re.escape(f"got {(2, *shape)}")):
                    built(torch.zeros(2, *shape), *aus)

    def test_dropout_works_in_training_and_evaluation_is_deterministic(self) -> None:
        more: dict[str, Any] = {"dropout": 0.5} if self._has_dropout() else {}
        model, inputs = self.build(**more), self.inputs(6)
        assert not self._has_dropout() or not torch.equal(model(*inputs), model(*inputs))
        model.eval()
        assert torch.equal(model(*inputs), model(*inputs))

    def test_a_clip_does_not_see_its_neighbours_in_evaluation(self) -> None:
        model, inputs = self.build().eval(), self.inputs(6)
        alone = torch.cat([model(*(part[i : i + 1] for part in inputs)) for i in range(6)])
        torch.testing.assert_close(model(*inputs), alone, atol=1e-5, rtol=1e-5)

    def test_gradient_reaches_every_parameter(self) -> None:
        model = self.build()
        nn.functional.cross_entropy(model(*self.inputs(16)), torch.arange(16) % 3).backward()
        assert not unreached(model)

    def test_a_clip_without_annotation_is_one_whose_action_units_are_left_out(self) -> None:
        """None is the same as rows of -1, and in a batch where others are annotated a clip with -1 is the
        clip alone."""
        model, (x, *aus) = self.build().eval(), self.inputs(4)
        if not aus:
            with pytest.raises(TypeError):
                model(x, torch.ones(4, len(AU_VOCABULARY)))
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

    def test_bfloat16_runs_forward_and_backward_and_is_close(self) -> None:
        """Under autocast, as with recipe.precision = bfloat16. In training mode, where batch statistics are
        not those of a start."""
        model, inputs = self.build(**self._still()), self.inputs(16)
        logits: list[Tensor] = []
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

    def test_state_dict_round_trip_through_a_file_without_pickled_objects(self, tmp_path: Path) -> None:
        model, inputs = self.build(), self.inputs(4)
        model(*inputs)  # moves running statistics, which must travel too
        state = {key: value.contiguous() for key, value in model.state_dict().items()}
        # refuses tensors that share memory
        safetensors.torch.save_file(state, tmp_path / "model.safetensors")
        torch.save(state, tmp_path / "model.pt")
        torch.manual_seed(99)
        other = self.architecture(3, **self.given(), **self.quick)
        for read in (
            torch.load(tmp_path / "model.pt", weights_only=True),
            safetensors.torch.load_file(tmp_path / "model.safetensors"),
        ):
            other.load_state_dict(read)
            assert torch.equal(model.eval()(*inputs), other.eval()(*inputs))

    def test_it_can_learn_eight_random_clips_by_heart(self) -> None:
        """All eight (95 % of eight clips are eight) within ``steps`` steps, without dropout."""
        model, inputs, labels = self.build(**self._still()), self.inputs(8), torch.arange(8) % 3
        optimiser = torch.optim.Adam(model.parameters(), lr=self.lr)
        known = torch.zeros(8, dtype=torch.bool)
        for step in range(1, self.steps + 1):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model.train()(*inputs), labels).backward()
            optimiser.step()
            if step % 5 == 0 or step == self.steps:
                with torch.no_grad():
                    known = model.eval()(*inputs).argmax(1) == labels
                if known.all():
                    return
        pytest.fail(f"after {self.steps} steps it knows {int(known.sum())} of 8 clips")


def example(pattern: Pattern, near: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one clip that fits ``pattern``, as near to ``near`` as can be."""
    shape = []
    for (low, high), size in zip(map(_range, pattern), near, strict=True):
        shape.append(max(low, size if high is None else min(high, size)))
    return tuple(shape)


def just_outside(pattern: Pattern, shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Shapes that differ from ``shape`` in one axis, which is one too short or one too long for
    ``pattern``."""
    for axis, allowed in enumerate(pattern):
        if allowed is not None:
            low, high = _range(allowed)
            for size in (low - 1, *(() if high is None else (high + 1,))):
                yield (*shape[:axis], size, *shape[axis + 1 :])


def unreached(model: nn.Module) -> set[str]:
    """Names of the parameters that no gradient has reached."""
    return {name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-8}


def _range(allowed: int | tuple[int, int | None] | None) -> tuple[int, int | None]:
    if allowed is None:
        return 1, None
    return (allowed, allowed) if isinstance(allowed, int) else allowed
