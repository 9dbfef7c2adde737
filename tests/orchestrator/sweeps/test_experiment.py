"""What is asked: equal after a round trip through TOML, and checked as it is made."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_models import MODELS
from orchestrator import Execution, Experiment
from orchestrator.common.errors import ConfigError
from orchestrator.protocols import PROTOCOLS
from orchestrator.search.samplers import SAMPLERS
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.selection.rules import RULES
from orchestrator.study import labels
from orchestrator.sweeps.experiment import Extraction
from preprocessing.datasets import DATASETS
from preprocessing.inputs import Settings
from preprocessing.people import IdentityError

text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
number = st.floats(-1e18, 1e18)
single = st.one_of(st.booleans(), st.integers(-(2**63) + 1, 2**63 - 1), number, text)
values = st.one_of(single, st.lists(single, min_size=1, max_size=3))
extractions = st.builds(
    Extraction,
    flow=st.none() | text,
    steps=st.none() | st.integers(1, 99),
    keep=st.floats(0.01, 1),
    size=st.integers(8, 64),
    image_size=st.integers(8, 512),
    apex=text,
    equalise=st.none() | st.booleans(),
    landmarks_every=st.floats(0, 10),
    stabilise=st.none() | text,
    motion=st.none() | text,
)
# '~nobody' is refused: nobody knows that home
roots = text.filter(lambda root: root and not root.startswith("~"))
corpora = st.lists(st.tuples(st.sampled_from(sorted(DATASETS)), roots), min_size=1, max_size=3).map(tuple)
keys = st.from_regex(r"model\.[a-z_]{1,12}", fullmatch=True)
experiments = st.builds(
    Experiment,
    model=st.one_of(
        st.sampled_from(sorted(MODELS)),
        st.lists(st.sampled_from(sorted(MODELS)), min_size=2, max_size=3).map(tuple),
    ),
    corpora=corpora,
    classes=st.sampled_from(sorted(labels.all_schemes())),
    protocol=st.sampled_from(sorted(PROTOCOLS)),
    inner_folds=st.integers(2, 9),
    features=text,
    extraction=extractions,
    settings=st.dictionaries(keys, values, max_size=4),
    trials=st.integers(1, 99),
    sampler=st.sampled_from(sorted(SAMPLERS)),
    scheduler=st.sampled_from(sorted(SCHEDULERS)),
    selection=st.sampled_from(sorted(RULES)),
    seeds=st.integers(1, 9),
    au=st.sampled_from(("auto", "annotated", "predicted", "none")),
    same_person=st.lists(st.lists(text.filter(bool), min_size=2, max_size=3, unique=True), max_size=3),
)


@settings(max_examples=25, deadline=None)
@given(experiments)
def test_it_is_equal_after_a_round_trip_through_toml(experiment):
    again = Experiment.from_toml(experiment.to_toml())
    assert again == experiment
    for key, value in experiment.settings.items():
        assert type(again.settings[key]) is type(value)


def test_a_file_is_read_back_and_says_all_of_it(tmp_path):
    one = Experiment("stag", corpora=[("casme2", "/data/é")], settings={"recipe.epochs": 3}, seeds=2)
    path = tmp_path / "one.toml"
    assert one.to_toml(path) == path.read_text(encoding="utf-8")
    assert Experiment.from_toml(path) == Experiment.from_toml(str(path)) == one
    assert "[set]" in path.read_text() and 'sampler = "random"' in path.read_text()


how = st.builds(
    Execution,
    name=st.text(string.ascii_letters, max_size=9),
    runner=st.just("ray"),  # inline goes with neither a GPU nor a pack
    address=text,
    gpus_per_fold=st.sampled_from(("0", "0.25", "1", "auto")),
    pack=st.integers(1, 9),
    fold_limit=st.floats(0, 1e6),
    store=st.sampled_from(("", "/shared/mer", "s3://bucket/prefix?region=eu-west-1")),
    max_failed=st.floats(0, 1),
    tracking_uri=st.sampled_from(("", "http://host:5000", "sqlite:////x/y.db")),
)


@settings(max_examples=40, deadline=None)
@given(how)
def test_an_execution_is_equal_after_a_round_trip_too(execution):
    assert Execution.from_toml(execution.to_toml()) == execution


def test_a_password_of_a_tracking_address_is_never_written_down():
    one = Execution(tracking_uri="https://anna:s3cret@lab/mlflow")
    assert "s3cret" not in one.to_toml() and Execution.from_toml(one.to_toml()).tracking_uri == ""


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('model = "stag"\ntrails = 3', "unknown key of Experiment 'trails'; did you mean 'trials'"),
        ('model = "stag"\n[extraction]\nstep = 3', "unknown key of Extraction 'step'; did you mean 'steps'"),
        ('model = "stag"\n[set]\n"recipe.epoch" = 3', "did you mean 'recipe.epochs'"),
        ('model = "stagg"\n', "unknown model 'stagg'; did you mean 'stag'"),
        ("trials = 3\n", "Experiment needs 'model'"),
        ('model = "stag"\ntrials = 0', "trials = 0"),
        ('model = "stag"\ntrials = "four"', "trials = 'four'"),
        ('model = "stag"\ncorpora = ["casme2"]', "casme2 needs --root"),
        ('model = "stag"\ncorpora = [{name = "casme9", root = "x"}]', "did you mean"),
        ('model = "stag"\n[set]\n"recipe.lr" = nan', "finite"),
        ('model = "stag"\n[set]\n"recipe.focal_gamma" = [1.0, inf]', "finite"),
        ('model = "stag"\nsame_person = [1, 2]', "same_person"),
        ('model = "stag', "is no TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_the_value_and_the_nearest(toml, words):
    with pytest.raises(ConfigError, match=words):
        Experiment.from_toml(toml)


def test_ids_of_one_person_are_read_at_once_and_equal_joins_are_equal(tmp_path):
    (tmp_path / "same.csv").write_text("b,a\nd,c\nb2,b\n")
    one = Experiment("stag", same_person=tmp_path / "same.csv")
    assert one.same_person == (("a", "b", "b2"), ("c", "d"))
    assert one == Experiment("stag", same_person=[("c", "d"), ("a", "b2", "b")]) != Experiment("stag")
    for value, words in (
        ([["p01", "p01"]], "two or more different ids"),
        ("no/such.csv", "no/such.csv cannot"),
    ):
        with pytest.raises(IdentityError, match=words):
            Experiment("stag", same_person=value)


def test_extraction_is_the_settings_of_preprocessing_field_by_field():
    assert Settings(**Extraction().asked) == Settings()
    assert set(Extraction.model_fields) == set(Settings.__dataclass_fields__)
    assert {Extraction.usual(name) == getattr(Settings(), name) for name in Extraction.model_fields} == {True}


def test_asking_for_the_default_is_not_the_same_as_not_asking():
    asked, silent = (Experiment("meganet", extraction=e) for e in ({"equalise": False}, {}))
    assert asked != silent
    for one in (asked, silent):
        assert Experiment.from_toml(one.to_toml()) == one


def test_several_models_are_one_experiment_each():
    both = Experiment(("stag", "meganet"), trials=1)
    assert [one.models for one in both.per_model()] == [("stag",), ("meganet",)]
    with pytest.raises(ConfigError, match="see per_model"):
        both.study()


@pytest.mark.parametrize("asked", [{"gpus_per_fold": "0.5"}, {"gpus_per_fold": "auto"}, {"pack": 2}])
def test_inline_trains_fold_by_fold_on_the_cpu_and_never_says_another_arithmetic(asked):
    with pytest.raises(ConfigError, match="--runner inline trains fold by fold on the CPU"):
        Execution(runner="inline", **asked)
    one = Execution(runner="inline")
    assert one.arithmetic == "cpu" and Execution.from_toml(one.to_toml()) == one


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"trials": 0}, r"trials = 0: .* \(option --trials\)"),
        ({"trials": 10**22}, "option --trials"),
        ({"seeds": -1}, "option --seeds"),
        ({"settings": {"recipe.epochs": 10**20}}, r"recipe.epochs = 10+: give .* 2\*\*63"),
        ({"settings": {"recipe.epochs": -3}}, "recipe.epochs = -3"),
    ],
)
def test_a_number_out_of_range_is_told_with_its_option_or_key_and_the_rule(given, told):
    with pytest.raises(ConfigError, match=told):
        Experiment("stag", corpora="synthetic", **given)
