"""How a model is trained: one recipe type for all models. Published values stand in
search_spaces/<model>.py."""

from __future__ import annotations

from typing import Literal

import pydantic


class Recipe(pydantic.BaseModel):
    """How a model is trained. One recipe type for all models; every part can be switched off by its neutral
    value."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    epochs: int = pydantic.Field(60, ge=1)
    lr: float = pydantic.Field(5e-4, gt=0)
    batch_size: int = pydantic.Field(64, ge=1)
    optimiser: Literal["adam", "adamw"] = "adam"
    weight_decay: float = pydantic.Field(0.0, ge=0)
    warmup_epochs: int = pydantic.Field(0, ge=0, description="linear warm-up from lr/warmup_epochs to lr")
    schedule: Literal["constant", "cosine"] = "constant"
    grad_clip: float = pydantic.Field(0.0, ge=0, description="largest gradient norm; 0 = off")
    patience: int = pydantic.Field(
        0,
        ge=0,
        description="epochs without a better validation loss before stopping, counted from the first "
        "averaged epoch where weights are averaged; 0 = off",
    )
    swa_start: float = pydantic.Field(
        1.0, ge=0, le=1, description="share of the epochs after which weights are averaged; 1 = off"
    )
    swa_lr: float = pydantic.Field(1e-4, gt=0, description="constant learning rate while averaging")
    swa_last: bool = pydantic.Field(
        False,
        description="an ablation: evaluate the last weights in place of their mean; rates and stopping stay",
    )
    mixup_alpha: float = pydantic.Field(0.0, ge=0, description="Beta(a, a) of MixUp; 0 = off")
    cutmix_alpha: float = pydantic.Field(
        0.0, ge=0, description="Beta(a, a) of CutMix (along time, or a box of a picture); 0 = off"
    )
    oversample: float = pydantic.Field(
        0.0, ge=0, le=1, description="0 = as they come, 1 = every class drawn equally often"
    )
    loss: Literal["focal", "hinge"] = pydantic.Field(
        "focal",
        description="hinge: squared, one class against the rest, for linear SVMs; "
        "without focal_gamma and label_smoothing",
    )
    focal_gamma: float | list[float] = pydantic.Field(
        0.0, description="0 = cross-entropy; a list has one power for each class, in the order of the classes"
    )
    label_smoothing: float = pydantic.Field(0.0, ge=0, lt=1)
    class_balance: bool = pydantic.Field(
        False, description="weight the loss by inverse class frequency of the clips that an epoch draws"
    )
    mirror: float = pydantic.Field(
        0.0, ge=0, le=1, description="chance of a left-right mirrored training clip"
    )
    rotate: float = pydantic.Field(
        0.0, ge=0, le=1, description="chance that a training clip is turned by 5 or 10 degrees"
    )
    image_size: int = pydantic.Field(
        0, ge=0, description="side in pixels that pictures are resized to; 0 = as stored"
    )
    noise: float = pydantic.Field(
        0.0, ge=0, description="standard deviation of noise added to normalised training inputs"
    )
    tta: bool = pydantic.Field(
        False, description="average the probabilities of the clip and its mirror at evaluation"
    )
    normalise: Literal["none", "scale", "standardise", "minmax255"] = pydantic.Field(
        "none",
        description="scale: divide by the training clips' RMS per component; "
        "standardise: subtract their mean, divide by their "
        "standard deviation; minmax255: each picture's channels to 0..255 on their own; none: as stored",
    )
    precision: Literal["float32", "bfloat16"] = "float32"

    @pydantic.field_validator("focal_gamma")
    @classmethod
    def _powers(cls, value: float | list[float]) -> float | list[float]:
        powers = value if isinstance(value, list) else [value]
        if not powers or not all(power >= 0 for power in powers):
            raise ValueError("a power must be 0 or more; give one number, or a list with one for each class")
        return value

    @pydantic.field_validator("focal_gamma", "label_smoothing")
    @classmethod
    def _of_the_focal_loss(
        cls, value: float | list[float], info: pydantic.ValidationInfo
    ) -> float | list[float]:
        if value and info.data.get("loss") == "hinge":
            raise ValueError("recipe.loss = 'hinge' does not use it; set it to 0 or recipe.loss to 'focal'")
        return value
