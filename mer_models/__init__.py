"""2. Tensor -> logits. One paper, one file; imports torch and nothing else of ours."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any


class _Registry(Mapping[str, Any]):
    """Class by name, from the file of that name, which is imported when the class is asked for: who only
    needs the names (a command line, a process that waits for others) needs no torch, which takes a second."""

    def __init__(self, **classes: str):
        self._classes = classes
        self._added: dict[str, Callable[[], Any]] = {}

    def add(self, name: str, model: Any) -> None:
        """A model class of somebody else's. Raises ValueError for a name that is taken."""
        self.add_later(name, lambda: model)

    def add_later(self, name: str, load: Callable[[], Any]) -> None:
        """The same for a class that ``load`` gives, which is called whenever the class is asked for."""
        if name in self:
            raise ValueError(f"there is a model {name!r} already; give yours another name")
        self._added[name] = load

    def remove(self, name: str) -> None:
        """Takes back what was added. Raises KeyError for any other name."""
        del self._added[name]

    def __getitem__(self, name: str) -> Any:
        if name in self._added:
            return self._added[name]()
        found = self._classes[name]  # KeyError for an unknown name, before any import
        return getattr(importlib.import_module(f"mer_models.{name}"), found)

    def __contains__(self, name: object) -> bool:
        return name in self._classes or name in self._added

    def __iter__(self) -> Iterator[str]:
        yield from self._classes
        yield from self._added

    def __len__(self) -> int:
        return len(self._classes) + len(self._added)


# Name -> nn.Module class with these attributes:
# paper             whom to cite, up to 40 characters that end with the year ("undated" where none is known)
# n_parameters      at 3 classes with default arguments; with the 21 AUs where uses_aus, with 14 regions where
#                   it reads roi_flow
# takes             kind of input -> shape of one clip, as shapes.py says; the first is the usual one
# default_features  the feature set that it reads unless another is asked for
# uses_aus          whether forward takes action units
# pass_major        True where a part of it sees a batch's clips several times, one after the other, as one
#                   longer batch; may be left out
# outputs           method () -> dict[str, float], finite: a few numbers that the model has learnt and that
#                   are worth a look, such as an angle. Kept of every epoch and reported fold by fold, so the
#                   names stay the same while it trains. One that ends with _degrees is the angle of an axis,
#                   which is the same 180 degrees on; may be left out
MODELS = _Registry(
    efficientnet_b0="EfficientNetB0",
    facesleuth="FaceSleuth",
    full_face_flow="FullFaceFlow",
    mdmo="MDMO",
    meganet="MEGANet",
    micro_attention="MicroAttention",
    off_apexnet="OFFApexNet",
    resnet18="ResNet18",
    resnet50="ResNet50",
    rgb_baseline="RGBBaseline",
    roi_cnn="ROICNN",
    roi_graph="ROIGraph",
    roi_hybrid="ROIHybrid",
    roi_temporal="ROITemporal",
    stag="STAG",
    ststnet="STSTNet",
    vgg19="VGG19",
)
