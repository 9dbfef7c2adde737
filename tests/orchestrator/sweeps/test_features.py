"""A feature set that fits is taken, any other is refused by naming those that do."""

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.sweeps.experiment import Experiment, Extraction
from orchestrator.sweeps.features import chosen, extraction, unusual
from orchestrator.sweeps.run import checked
from preprocessing.inputs import Settings


def test_the_models_own_is_the_default_and_what_fits_is_taken():
    assert chosen("roi_hybrid", "") == "roi_maps4"
    assert chosen("roi_hybrid", "roi_stack9") == "roi_stack9"
    assert (
        chosen("stag", "roi_flow18_discriminative", settings=Settings(steps=3)) == "roi_flow18_discriminative"
    )


def test_what_does_not_fit_is_refused_with_the_reason_and_those_that_do():
    with pytest.raises(ConfigError) as kind:
        chosen("ststnet", "mesti")
    assert str(kind.value) == (
        "ststnet cannot read mesti: STSTNet reads flow_picture, got image; choose one that fits: "
        "onset_apex_flow, apex_offset_flow"
    )
    with pytest.raises(
        ConfigError, match=r"axis 2 must be 32 or more; choose one that fits: .*apex_offset_flow224"
    ):
        chosen("vgg19", "onset_apex_flow")
    with pytest.raises(ConfigError, match="no feature set fits"):
        chosen("off_apexnet", "", image_size=30)


def test_the_size_of_pictures_is_what_the_recipe_and_the_extraction_make_it():
    assert chosen("vgg19", "onset_apex_flow", image_size=64) == "onset_apex_flow"
    assert chosen("vgg19", "onset_apex_flow", settings=Settings(size=40)) == "onset_apex_flow"
    with pytest.raises(ConfigError, match=r"got \(3, 30, 30\)"):
        chosen("vgg19", "", settings=Settings(image_size=30))


def test_an_unknown_name_gets_the_nearest_one_that_fits():
    with pytest.raises(
        ConfigError, match="unknown feature set of stag 'roi_flow16'; did you mean 'roi_flow1"
    ):
        chosen("stag", "roi_flow16")


@pytest.mark.parametrize("model", ["meganet", "vgg19", "resnet18", "resnet50", "efficientnet_b0"])
def test_the_models_of_the_mesti_study_equalise_as_published_unless_told_not_to(model):
    assert extraction(Experiment(model)) == Settings(equalise=True)
    told = Experiment(model, extraction=Extraction(equalise=False, flow="dis"))
    assert extraction(told) == Settings(equalise=False, flow="dis")
    assert extraction(Experiment("stag")) == Settings()


def test_one_models_extraction_is_not_anothers():
    both = Experiment(("meganet", "stag"), extraction=Extraction(keep=0.5))
    assert [extraction(one) for one in both.per_model()] == [
        Settings(keep=0.5, equalise=True),
        Settings(keep=0.5),
    ]


def test_a_sweep_names_every_setting_and_says_those_that_are_read_and_unusual():
    named = checked(Experiment("meganet", extraction=Extraction(keep=0.5)))
    assert Settings(**named.extraction.model_dump()) == Settings(keep=0.5, equalise=True)
    assert unusual(named) == {"equalise": True}  # mesti reads no keep
    assert unusual(checked(Experiment("stag", extraction=Extraction(keep=0.5)))) == {"keep": 0.5}
    assert checked(named) == named


def test_a_paper_says_nothing_of_ready_flow_pictures():
    pictures = Experiment(
        "meganet",
        corpora=[("ststnet_flow", "/flow")],
        features="onset_apex_flow",
        settings={"recipe.image_size": 32},
    )
    assert extraction(pictures) == Settings()
    assert unusual(checked(pictures.but(extraction=Extraction(equalise=True)))) == {}
