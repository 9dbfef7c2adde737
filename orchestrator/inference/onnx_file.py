"""A bundle as one ONNX graph: from inputs as stored to class probabilities, the mean over its models, not
calibrated; for programs that have neither torch nor this package.

In the graph: normaliser, mirror images where the recipe asks for them, every network, and the heads that
estimate action units. Not in it: the preprocessing of frames, and the temperature (model.json has it).

One clip at a time: torch's exporter fixes the number of clips in some models' graphs, so it is 1 in all.
Input   "flow" float32 (1, ...) as stored; "aus" float32 (1, A), only for a model of annotated action units.
Output  "probabilities" float32 (1, C).
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from orchestrator.common.errors import ConfigError
from orchestrator.inference.bundle import Bundle, Member
from orchestrator.training.kinds import KINDS
from orchestrator.training.parts.au_head import LARGEST, AUHead
from orchestrator.training.parts.mirror import partners
from orchestrator.training.prediction import logits

OPSET = 18
PARITY = 1e-4  # probabilities of the graph differ by at most this
INSTALL = "pip install 'mer-orchestrator[onnx]'"


class NoOnnx(ConfigError):
    """A bundle has no ONNX form; the text says why."""


def why_not(bundle: Bundle, shape: tuple[int, ...]) -> str:
    """Why a bundle whose inputs are (n, *shape) cannot be a graph, or ""."""
    kind = KINDS[bundle.about.kind]
    for one in bundle.members:
        if one.head is not None and kind.picture:
            return "its head for action units reads means of cells of pictures, which the graph has not"
        if one.recipe.precision != "float32":
            return f"recipe.precision = {one.recipe.precision} has no equal there"
        size = one.recipe.image_size
        if size and kind.picture and tuple(shape[-2:]) != (size, size):
            return (
                f"recipe.image_size = {size} shrinks its pictures of {shape[-2]} x {shape[-1]} with "
                "antialiasing, which ONNX does otherwise; train on a feature set of that size"
            )
    return ""


def written(bundle: Bundle, x: NDArray[Any], aus: NDArray[Any] | None = None) -> bytes:
    """The graph, which was run on each of x (n, ...) as stored, and gave what the bundle gives.

    Raises NoOnnx where it has none, where libraries are missing, and where it gives something else.
    """
    if reason := why_not(bundle, x.shape[1:]):
        raise NoOnnx(f"this bundle has no ONNX form: {reason}")
    try:
        import onnxruntime
        import onnxscript  # torch.onnx needs it

        _ = onnxscript
    except ImportError as error:
        raise NoOnnx(f"--onnx needs {error.name}: {INSTALL}") from error
    given = {"flow": np.ascontiguousarray(x, np.float32)} | ({} if aus is None else {"aus": aus})
    tensors = tuple(torch.from_numpy(one[:1].copy()) for one in given.values())
    with tempfile.TemporaryDirectory() as folder, _quiet():
        file = Path(folder) / "model.onnx"
        try:
            torch.onnx.export(
                _Whole(bundle).eval(), tensors, file, dynamo=True, opset_version=OPSET, external_data=False,
                input_names=list(given), output_names=["probabilities"], verbose=False,
            )  # fmt: skip
        except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
            first = str(error).strip().splitlines()[0]
            raise NoOnnx(
                f"{bundle.about.model} has no ONNX form: torch cannot export it ({first})"
            ) from error
        data = file.read_bytes()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    expected = bundle.probabilities(x, aus)
    for row in range(len(x)):
        made = session.run(None, {name: one[row : row + 1] for name, one in given.items()})[0]
        apart = float(np.abs(made - expected[row]).max())
        if not apart <= PARITY:
            raise NoOnnx(
                f"{bundle.about.model} has no ONNX form: onnxruntime gives other probabilities (by "
                f"{apart:.3g}, allowed {PARITY:g})"
            )
    return data


class _Whole(nn.Module):
    """The mean over a bundle's models."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        about = bundle.about
        self.each = nn.ModuleList(_One(one, about.kind, tuple(about.channels)) for one in bundle.members)

    def forward(self, flow: Tensor, aus: Tensor | None = None) -> Tensor:
        made = [one(flow, aus) for one in self.each]
        return torch.stack(made).double().mean(0).float()


class _One(nn.Module):
    """prediction.predict of one model, in operations of torch alone."""

    shift: Tensor
    scale: Tensor

    def __init__(self, member: Member, kind: str, channels: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.kind, self.recipe = member.model, kind, member.recipe
        self.partners = partners(channels) if kind == "roi_flow" and self.recipe.tta else []
        self.head = None if member.head is None else _Head(member.head)
        before, after = [1] * KINDS[kind].components, [1] * (2 if KINDS[kind].picture else 0)
        for name, values in member.normaliser.items():
            self.register_buffer(name, torch.from_numpy(values).reshape(*before, -1, *after))

    def forward(self, flow: Tensor, aus: Tensor | None) -> Tensor:
        seen = aus if self.head is None else self.head(flow)
        views = [flow, self._mirrored(flow)] if self.recipe.tta else [flow]
        made = [torch.softmax(logits(self.model, self._normalised(view), seen), -1) for view in views]
        return torch.stack(made).mean(0)

    def _normalised(self, x: Tensor) -> Tensor:
        option = self.recipe.normalise
        if option == "minmax255":
            axes = (-3, -2, -1) if KINDS[self.kind].jointly else (-2, -1)
            least, most = x.amin(axes, keepdim=True), x.amax(axes, keepdim=True)
            span = most - least
            return (x - least) / torch.where(span > 0, span, 1.0) * 255
        return x if option == "none" else (x - self.shift) / self.scale

    def _mirrored(self, x: Tensor) -> Tensor:
        if self.kind == "roi_flow":
            return x[:, :, self.partners] * torch.tensor([-1.0, 1.0])
        flipped, kind = x.flip(-1), KINDS[self.kind]
        planes = list(flipped.unbind(kind.components))
        for horizontal, _ in kind.vectors:
            u = planes[horizontal]
            zero = torch.zeros((), dtype=u.dtype)
            if self.kind == "flow_picture":  # mirror.py says why
                full = (u.amin((-2, -1), keepdim=True) == 0) & (u.amax((-2, -1), keepdim=True) == 255)
                zero = torch.where(full, 255.0, 0.0)
            planes[horizontal] = zero - u
        return torch.stack(planes, kind.components)


class _Head(nn.Module):
    """An AU head that reads the flow of regions (au_head.py)."""

    mean: Tensor
    weights: Tensor
    bias: Tensor

    def __init__(self, head: AUHead) -> None:
        super().__init__()
        for name in ("mean", "weights", "bias"):
            self.register_buffer(name, torch.from_numpy(np.asarray(getattr(head, name), np.float64).copy()))

    def forward(self, x: Tensor) -> Tensor:
        features = self._features(x.double())
        made = (features - self.mean) @ self.weights + self.bias
        return torch.sigmoid(made.clamp(-LARGEST, LARGEST)).float()

    def _features(self, x: Tensor) -> Tensor:
        steps = x.shape[1]
        path = torch.einsum("st,ntcd->nscd", torch.tril(torch.ones(steps, steps, dtype=x.dtype)), x)
        if steps > 1:
            path = path - path[:, -1:] * (torch.arange(1, steps + 1) / steps)[:, None, None]
        return path.mean(1).flatten(1)


@contextlib.contextmanager
def _quiet() -> Any:
    """The exporter prints and warns of its own workings."""
    level, log = logging.WARNING, logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(max(level, logging.ERROR))
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
