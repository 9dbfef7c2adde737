"""Which feature set a sweep reads: the one asked for if the model takes it, else the model's default; and
how it is extracted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mer_models import MODELS
from mer_models.shapes import why_not
from orchestrator.common.errors import ConfigError, nearest
from preprocessing.datasets import DATASETS
from search_spaces import SPACES

if TYPE_CHECKING:
    from orchestrator.sweeps.experiment import Experiment
    from preprocessing.inputs import Settings


def extraction(experiment: Experiment) -> Settings:
    """How an experiment of one model extracts: as it asks, else as the model is published (EXTRACTION of its
    search space), else as is usual. Of ready flow pictures nothing is extracted, so a paper says nothing of
    them. Raises SettingsError for a value that no extraction can use."""
    from preprocessing.inputs import Settings

    pictures = all(DATASETS[corpus.name].PICTURES for corpus in experiment.corpora)
    as_published = {} if pictures else getattr(SPACES[experiment.models[0]], "EXTRACTION", {})
    return Settings(**as_published | experiment.extraction.asked)


def unusual(experiment: Experiment) -> dict[str, Any]:
    """Settings that are read for the experiment's features and are not the usual ones: field -> value. The
    experiment names its features and every setting."""
    from preprocessing.inputs import Settings
    from preprocessing.versions import settings_read

    if all(DATASETS[corpus.name].PICTURES for corpus in experiment.corpora):
        return {}
    settings = Settings(**experiment.extraction.asked)
    read = {name: getattr(settings, name) for name in settings_read(experiment.features, settings)}
    return {name: value for name, value in read.items() if value != getattr(Settings, name)}


def chosen(model: str, features: str, image_size: int = 0, settings: Settings | None = None) -> str:
    """``features``, or of "" the default of the model of that name. Imports the model and torch.

    image_size  pixels that pictures are resized to (recipe.image_size); 0: as they are extracted.
    settings    of the extraction; the defaults if None.
    Raises ConfigError for a feature set that is unknown or that the model does not take, with those that it
    takes.
    """
    architecture: Any = MODELS[model]
    features = features or architecture.default_features
    reasons = _reasons(architecture, image_size, settings)
    known = [name for name, reason in reasons.items() if not reason]
    if features not in reasons:
        raise ConfigError(nearest(features, known, f"feature set of {model}"))
    if reason := reasons[features]:
        fit = f"choose one that fits: {', '.join(known)}" if known else "no feature set fits"
        raise ConfigError(f"{model} cannot read {features}: {reason}; {fit}")
    return features


def _reasons(model: Any, image_size: int, settings: Settings | None) -> dict[str, str]:
    """Feature set -> why the model does not take it, or ""."""
    from preprocessing.inputs import INPUTS, Settings  # OpenCV: a command line that only helps does without

    made = settings or Settings()
    return {name: why_not(model, one.kind, one.shape(made), image_size) for name, one in INPUTS.items()}
