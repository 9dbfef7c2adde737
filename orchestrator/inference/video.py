"""One clip of anybody -> class probabilities, by the same preprocessing that the bundle's training clips went
through, or an abstention with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from orchestrator.common.commands import command
from orchestrator.inference import ranges
from orchestrator.inference.bundle import Bundle
from orchestrator.inference.bundle_files import BundleError
from orchestrator.study.plugins import install
from preprocessing.files import danger
from preprocessing.inputs import INPUTS, Settings, SettingsError
from preprocessing.inputs.settings import file_of
from preprocessing.pipelines import pipeline, ready
from preprocessing.plan import spec
from preprocessing.schema import AU_VOCABULARY, Clip
from preprocessing.task_landmarks import identity

# of a row of the pipeline, what a prediction tells
FACTS = ("onset", "apex", "apex_source", "offset", "n_frames", "fps", "height", "width", "notes")


@dataclass(frozen=True)
class Prediction:
    """What a bundle says of one clip.

    reason         why it abstains; "" where it does not.
    called         the class of the highest probability; None where it abstains.
    probabilities  class -> calibrated probability, {} where it abstains; uncalibrated: as the model gives it.
    action_units   FACS number -> probability by the bundle's head; {} where it has none.
    facts          onset, apex, offset (frame numbers) and what else is known of the frames; notes: what a
                   reader should know of them, a line each.
    """

    clip: str
    reason: str
    called: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    uncalibrated: dict[str, float] = field(default_factory=dict)
    action_units: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def nested(self) -> dict[str, Any]:
        """For one line of JSON."""
        return {
            "clip": self.clip,
            "status": "abstains" if self.reason else "ok",
            "reason": self.reason,
            "class": self.called,
            "probabilities": self.probabilities,
            "uncalibrated": self.uncalibrated,
            "action_units": self.action_units,
            **self.facts,
        }

    def flat(self) -> dict[str, Any]:
        """For one row of a table: p_<class>, u_<class>, au_<number>."""
        row = self.nested()
        for key, before in (("probabilities", "p_"), ("uncalibrated", "u_"), ("action_units", "au_")):
            row |= {before + name: value for name, value in row.pop(key).items()}
        return row


class ClipPredictor:
    """Holds the bundle and the models of preprocessing; called for clip after clip, keeps nothing between
    them."""

    def __init__(self, bundle: Bundle, landmarker: str = "") -> None:
        """landmarker: the .task file that the landmarks of the training clips came from, if they did.

        Raises BundleError where the bundle cannot be used on video, or this program would make other
        inputs than those that it was trained on; PluginError as bundle.load; NoMediaPipe."""
        about, of = bundle.about, str(bundle.about.sweep.get("name", "SWEEP"))
        if about.spec is None:
            raise BundleError(
                "the model was kept by an older program without the specification of its input, so that no "
                f"input can be made for it; it is kept anew by: {command('resume', of)}"
            )
        if about.au == "annotated":
            raise BundleError(
                "the model needs the annotated action units of each clip (--au annotated), and nobody "
                "has those "
                "of a new video; run the sweep with --au predicted"
            )
        install([about.input_plugin.plugin] if about.input_plugin else [], only=("INPUTS",))
        self.bundle, self.name = bundle, str(about.spec["name"])
        if self.name not in INPUTS:
            raise BundleError(f"the model reads {self.name}, which this program does not make")
        parameters = about.spec["parameters"]
        try:
            settings = Settings(**{name: value for name, value in parameters.items() if name != "code"})
        except (TypeError, SettingsError) as error:
            raise BundleError(f"the model's input was made with settings unknown here: {error}") from error
        settings = replace(settings, landmarker=_landmarker(settings.landmarker, landmarker))
        self.pictures = bool(INPUTS[self.name].picture_unit) and parameters.keys() == {"code"}
        now = spec(self.name, settings, pictures=self.pictures)
        if now.version != about.features:
            raise BundleError(
                f"the model was trained on {about.features}, this program makes {now.version}: other "
                f"code, or "
                f"another OpenCV or MediaPipe (code {parameters.get('code')}, here "
                f"{now.parameters['code']}); use "
                "the version that made it, or train again with this one"
            )
        self.pipeline, self.spec = pipeline((self.name,), settings), now
        if not self.pictures:
            ready(self.pipeline)

    def __call__(self, clip: Clip) -> Prediction:
        """Never raises for what is wrong with the clip: then it abstains and says so."""
        clip = replace(clip, problem=clip.problem or danger(clip))
        row = self.pipeline.rows(clip, pictures=self.pictures)[self.name]
        facts = {name: row[name] for name in FACTS}
        if row["status"] != "ok":
            _, _, why = row["error"].partition(": ")  # behind the kind of error, which is for programs
            return Prediction(str(clip.frames), why, facts=facts)
        about, x = self.bundle.about, row["x"]
        out = ranges.outside(x, about.kind, self.spec.unit, about.ranges or {})
        if out:
            return Prediction(str(clip.frames), out, facts=facts)
        raw, calibrated = (
            self.bundle.probabilities(x[None], calibrated=asked)[0].tolist() for asked in (False, True)
        )
        if not np.isfinite([*raw, *calibrated]).all():
            return Prediction(str(clip.frames), "the model gives no numbers for this input", facts=facts)
        units = self.bundle.action_units(x[None])
        return Prediction(
            str(clip.frames),
            "",
            about.classes[int(np.argmax(calibrated))],
            dict(zip(about.classes, calibrated, strict=True)),
            dict(zip(about.classes, raw, strict=True)),
            {} if units is None else dict(zip(map(str, AU_VOCABULARY), units[0].tolist(), strict=True)),
            facts,
        )


def _landmarker(trained: str, given: str) -> str:
    """Path of the file given, if it is the one that a bundle was trained with ("sha256:...", or "" for none).
    Raises BundleError; SettingsError for what is no landmarker."""
    if trained and not given:
        raise BundleError(
            f"the model was trained on landmarks by a .task file ({trained[:15]}...); name it: "
            "--landmarker FILE.task"
        )
    if given and not trained:
        raise BundleError(
            "the model was trained on the landmarks of MediaPipe's own mesh; leave --landmarker out"
        )
    if given and (own := identity(file_of(given))) != trained:
        raise BundleError(
            f"--landmarker {given} is another file ({own[:15]}...) than the one that the model was trained "
            f"with ({trained[:15]}...)"
        )
    return file_of(given)
