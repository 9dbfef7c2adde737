"""2. Tensor -> logits. One paper, one file; imports torch and nothing else of ours."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any


class _Registry(Mapping[str, Any]):
    """Class by name, from the file of that name, which is imported when the class is asked for: who only
    needs the names (a command line, a process that waits for others) needs no torch, which takes a second."""

    def __init__(self, **classes: str):
        self._classes = classes

    def __getitem__(self, name: str) -> Any:
        found = self._classes[name]  # KeyError for an unknown name, before any import
        return getattr(importlib.import_module(f"mer_models.{name}"), found)

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)


# Name -> nn.Module class with these attributes:
# paper         whom to cite, up to 40 characters that end with the year ("undated" where none is known)
# n_parameters  at 3 classes with default arguments; with the 21 AUs where uses_aus, with 14 regions where it
#               reads roi_flow
# kinds         of input that it reads; features: its feature sets, the first is the default
# uses_aus      whether forward takes action units
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
