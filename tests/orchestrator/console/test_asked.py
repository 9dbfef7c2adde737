"""What the options of a sweep mean."""

from pathlib import Path

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.console.asked import experiment_fields
from orchestrator.study.configuration import recipe
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Corpus, Experiment
from preprocessing.places import PlaceError, place


def test_a_root_without_a_corpus_is_a_folder_with_a_manifest_or_refused(tmp_path):
    with pytest.raises(ConfigError, match="which corpus is it"):
        experiment_fields({"model": "stag", "root": [str(tmp_path)]})
    (tmp_path / "manifest.csv").touch()
    fields = experiment_fields({"model": "stag", "root": [str(tmp_path)]})
    assert fields["corpora"] == (("manifest", str(tmp_path)),)
    (tmp_path / "render.json").touch()  # as preprocessing.render leaves it
    assert experiment_fields({"model": "stag", "root": [str(tmp_path)]})["corpora"][0][0] == "synthetic"
    base = Experiment("stag", corpora=[("samm", "there")])
    assert experiment_fields({"root": ["here"]}, base)["corpora"] == (("samm", "here"),)


def test_people_are_named_in_the_command_or_in_a_file(tmp_path):
    assert experiment_fields({"subjects": "p01, p02,p01"})["subjects"] == ("p01", "p02")
    (tmp_path / "people.txt").write_text("p03\np04\n")
    assert experiment_fields({"subjects": str(tmp_path / "people.txt")})["subjects"] == ("p03", "p04")
    (tmp_path / "people.txt").write_text("\ufeffp03\r\np04\r\n", encoding="utf-8")  # by an office program
    assert experiment_fields({"subjects": str(tmp_path / "people.txt")})["subjects"] == ("p03", "p04")
    many = [f"p{i:03d}" for i in range(80)]  # longer than a file's name can be
    assert experiment_fields({"subjects": ",".join(many)})["subjects"] == tuple(many)
    with pytest.raises(ConfigError, match="nobody"):
        experiment_fields({"subjects": " , "})


def test_of_several_corpora_each_needs_its_people():
    two = [("casme2", "A"), ("samm", "B")]
    asked = Experiment("stag", corpora=two, subjects=("casme2/01", "samm/006"))
    assert [asked.people_of(one).subjects for one in asked.corpora] == [("casme2/01",), ("samm/006",)]
    with pytest.raises(ConfigError, match="of which corpus"):
        Experiment("stag", corpora=two, subjects=("01",))
    with pytest.raises(ConfigError, match="nobody of samm"):
        Experiment("stag", corpora=two, subjects=("casme2/01",))
    assert Experiment("stag", subjects=("p0",)) != Experiment("stag")
    assert Experiment("stag").people_of(Corpus(name="synthetic")) is None


@pytest.mark.parametrize(
    ("key", "meant"),
    [("recipe.learning_rate", "recipe.lr"), ("lr", "recipe.lr"), ("stag.dropout", "model.dropout")],
)
def test_a_key_by_another_word_names_ours(key, meant):
    with pytest.raises(ConfigError, match=f"{key}'; did you mean '{meant}'"):
        recipe("stag", {key: 1})


def test_a_tilde_is_the_home_folder_and_a_nul_is_no_path(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    how = Execution(workspace="~/mer", store="~/shared")
    assert (how.workspace, how.store) == (tmp_path / "mer", str(tmp_path / "shared"))
    assert Corpus(name="samm", root="~/samm").root == str(tmp_path / "samm")
    assert place(Path("~/x")) == tmp_path / "x"
    with pytest.raises(PlaceError, match="control character"):
        Execution(store="a\0b")
    with pytest.raises(ConfigError, match="question mark"):
        Execution(workspace="why?")
    assert Execution(workspace="why?", tracking_uri="http://host:5000").workspace.name == "why?"
