"""2. Tensor -> logits. One paper, one file; imports torch and nothing else of ours."""

from typing import Any

from mer_models.stag import STAG
from mer_models.ststnet import STSTNet

MODELS: dict[str, Any] = {  # name -> nn.Module class with kind, features, uses_aus
    "stag": STAG,
    "ststnet": STSTNet,
}
