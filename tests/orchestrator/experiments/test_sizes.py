"""What a smaller size changes of a row, and what it leaves as the file has it."""

import pytest

from orchestrator.experiments.corpora import Brought
from orchestrator.experiments.file import Table, toml
from orchestrator.experiments.lines import lines
from orchestrator.experiments.output import Output
from orchestrator.experiments.sizes import SMALL, SMOKE, WHOLE
from orchestrator.sweeps.experiment import Corpus
from tests.orchestrator.experiments.test_file import FILE

SAMM = (Corpus(name="samm", root="R"),)
ROWS = FILE.replace("[common]", "seeds = 5\n[common]").replace(
    'ablation = "full"', 'ablation = "without_mixup"\nset = { "recipe.lr" = 0.1, "recipe.epochs" = 99 }'
)


def asked(size, text=ROWS, seeds=0):
    (line,) = lines(Table(**toml(text)), Brought(SAMM, size=size), seeds)
    return line.experiment


def test_a_small_row_trains_for_a_short_time_and_keeps_what_makes_it_that_row():
    settings = asked(SMALL).settings
    assert settings["recipe.epochs"] == SMALL.epochs["stag"] and settings["recipe.batch_size"] == 8
    assert settings["recipe.mixup_alpha"] == 0.0 and settings["recipe.lr"] == 0.1
    other = asked(SMALL, FILE).settings
    assert other["recipe.lr"] == SMALL.rates["stag"] and "recipe.mixup_alpha" not in other


def test_whole_is_as_the_file_says():
    assert asked(WHOLE).settings == {"recipe.mixup_alpha": 0.0, "recipe.lr": 0.1, "recipe.epochs": 99}
    assert asked(WHOLE).extraction.asked == {} and asked(WHOLE).seeds == 5


@pytest.mark.parametrize(("size", "told", "seeds"), [(WHOLE, 5, 5), (SMALL, 1, 2), (SMOKE, 1, 1)])
def test_seeds_are_those_of_the_size_unless_somebody_asks(size, told, seeds):
    assert asked(size).seeds == told and asked(size, seeds=3).seeds == 3
    assert asked(size, ROWS.replace("[common]", 'shows = ["seeds"]\n[common]')).seeds == seeds


@pytest.mark.parametrize("protocol", ["loso", "group_kfold-5", "stratified_kfold-10", "holdout-10"])
def test_a_protocol_stays_where_the_people_suffice(protocol):
    text = ROWS.replace("[common]", f'[common]\nprotocol = "{protocol}"')
    assert asked(SMALL, text).protocol == protocol
    fewer = ROWS.replace("[common]", '[common]\nprotocol = "group_kfold-13"')
    assert asked(SMALL, fewer).protocol == f"group_kfold-{SMALL.corpus.subjects}"


def test_a_title_says_the_size_and_each_size_has_a_folder_of_its_own(tmp_path):
    made = [Output("x/y", Table(**toml(FILE)), Brought(SAMM, tmp_path, size), 1)
            for size in (WHOLE, SMALL, SMOKE)]  # fmt: skip
    assert made[0].title == "t" and len({one.folder for one in made}) == 3
    assert made[1].title == "t (small size, invented corpus: no number stands for the published row)"
    made[1].write([])
    said = (made[1].folder / "table.md").read_text()
    assert "- The small size: 6 people, 36 clips" in said and "stag 20" in said
