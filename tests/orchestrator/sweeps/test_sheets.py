"""Sheets of clips for a page: small pictures of those that can be drawn, and a sentence on the others."""

import io

from PIL import Image

from orchestrator.sweeps import kept, sheets
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from preprocessing.schema import CorpusError


def test_each_clip_has_a_small_picture_or_a_reason(tmp_path, monkeypatch):
    folder, asked = tmp_path / "sweeps" / "one", []
    folder.mkdir(parents=True)
    experiment = Experiment(model="stag", corpora=[{"name": "synthetic"}], extraction={"steps": 5})
    kept.keep(folder, experiment, Execution(name="one", workspace=tmp_path))

    def sheet(clip, root, workspace, settings, **_):
        asked.append((clip, root, workspace, settings.steps))
        if clip.endswith("lost"):
            raise CorpusError("no clip 'lost'")
        path = tmp_path / "sheet.png"
        Image.new("RGBA", (1600, 1040), "red").save(path)
        return path

    monkeypatch.setattr(sheets.show, "sheet", sheet)
    made, lost = sheets.sheets(folder, ["synthetic/p01/c1", "synthetic/p01/lost"], tmp_path)
    assert asked[0] == ("synthetic/p01/c1", None, tmp_path, 5)
    assert list(made) == ["synthetic/p01/c1"] and "no clip 'lost'" in lost
    with Image.open(io.BytesIO(made["synthetic/p01/c1"])) as picture:
        assert picture.format == "JPEG" and picture.size == (1200, 780)


def test_a_sweep_of_an_older_program_has_no_sheets_and_says_why(tmp_path):
    folder = tmp_path / "sweeps" / "old"
    folder.mkdir(parents=True)
    made, lost = sheets.sheets(folder, ["synthetic/p01/c1"], tmp_path)
    assert made == {} and "experiment.toml" in lost
