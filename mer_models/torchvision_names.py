"""Names of weights as torchvision has them -> as transformers has them, of the networks that both build.

Source  torchvision.models.resnet (ResNet-18, ResNet-50) and efficientnet (B0), of torchvision 0.20;
        transformers' ResNetModel and EfficientNetModel.
Input   a name of a state_dict of torchvision.
Output  the name of the same weight in ours; any other name as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Renamed = Callable[[str], str]

_UNIT = {"conv": "convolution", "bn": "normalization"}
_SHORTCUT = ("convolution", "normalization")
_HEAD = {"conv1": "convolution", "bn1": "normalization"}
B0 = (1, 2, 2, 3, 3, 4, 1)  # blocks of the seven stages of EfficientNet-B0
# what a block of EfficientNet holds, in order; the first stage does not expand
_PARTS: dict[tuple[str, str], str] = {
    ("expand", "0"): "expansion.expand_conv",
    ("expand", "1"): "expansion.expand_bn",
    ("depthwise", "0"): "depthwise_conv.depthwise_conv",
    ("depthwise", "1"): "depthwise_conv.depthwise_norm",
    ("squeeze", "fc1"): "squeeze_excite.reduce",
    ("squeeze", "fc2"): "squeeze_excite.expand",
    ("project", "0"): "projection.project_conv",
    ("project", "1"): "projection.project_bn",
}


def resnet(name: str) -> str:
    """Of layer1.0.conv1.weight and its like; fc. is the classifier's."""
    if found := re.match(r"(conv1|bn1)\.(.+)", name):
        return f"resnet.embedder.embedder.{_HEAD[found[1]]}.{found[2]}"
    if found := re.match(r"layer(\d)\.(\d+)\.(?:(conv|bn)(\d)|downsample\.(\d))\.(.+)", name):
        stage, block, kind, number, of_shortcut, rest = found.groups()
        where = f"resnet.encoder.stages.{int(stage) - 1}.layers.{block}"
        if kind:
            return f"{where}.layer.{int(number) - 1}.{_UNIT[kind]}.{rest}"
        return f"{where}.shortcut.{_SHORTCUT[int(of_shortcut)]}.{rest}"
    return re.sub(r"^fc\.", "classifier.", name)


def efficientnet(name: str, blocks: Sequence[int] = B0) -> str:
    """Of features.1.0.block.0.0.weight and its like. blocks: of each stage."""
    if found := re.match(r"features\.0\.([01])\.(.+)", name):
        return f"efficientnet.embeddings.{('convolution', 'batchnorm')[int(found[1])]}.{found[2]}"
    if found := re.match(rf"features\.{len(blocks) + 1}\.([01])\.(.+)", name):
        return f"efficientnet.encoder.{('top_conv', 'top_bn')[int(found[1])]}.{found[2]}"
    if found := re.match(r"features\.(\d+)\.(\d+)\.block\.(\d)\.(\w+)\.(.+)", name):
        stage, block, part, unit, rest = int(found[1]) - 1, int(found[2]), int(found[3]), found[4], found[5]
        parts = ("expand", "depthwise", "squeeze", "project")[1 if stage == 0 else 0 :]
        known = _PARTS.get((parts[part], unit)) if part < len(parts) and stage < len(blocks) else None
        if known:
            return f"efficientnet.encoder.blocks.{sum(blocks[:stage]) + block}.{known}.{rest}"
    return name
