"""The three commands: exit statuses, the settings as options, plugins; and a library that prints nothing."""

import re

import pytest
from typer.testing import CliRunner

from preprocessing import __main__ as command
from preprocessing import extract, show
from preprocessing.inputs import INPUTS, Settings
from preprocessing.render import RenderConfig, render_corpus
from tests.fake_corpora import fake_manifest, fake_ststnet_flow

cli = CliRunner()
INPUT = """
from preprocessing.inputs.frame_crops import ApexFrame
from preprocessing.inputs.onset_apex_flow import OnsetApexFlow
INPUTS = {"brighter": OnsetApexFlow()}
"""


@pytest.fixture
def pictures(tmp_path):
    return fake_ststnet_flow(tmp_path / "corpus")


def run(*arguments, status):
    done = cli.invoke(command.app, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == status, done.output
    return " ".join(done.output.split())


def test_extract_ends_with_0_when_all_is_there_and_with_1_when_too_much_is_missing(pictures, tmp_path):
    arguments = ("extract", "ststnet_flow", "--root", pictures, "--workspace", tmp_path / "w", "--workers", 0)
    assert "6 clips, 0 quarantined, 6 extracted now" in run(*arguments, status=0)
    text = run(*arguments, "--features", "roi_flow14", "--features", "onset_apex_flow", status=0)
    assert "6 extracted now" in text and "onset_apex_flow-" in text
    text = run(*arguments, "--steps", 5, status=0)  # no picture has steps
    assert "features of ststnet_flow are there: roi_flow14-" in text and "0 extracted now" in text
    next((pictures / "flow").iterdir()).write_bytes(b"no picture")
    text = run(*arguments, "--max-failed", 0, status=1)
    assert "TooManyFailures: 1 of 6 clips of ststnet_flow cannot be used" in text
    assert "1 quarantined" in run(*arguments, status=0)


def test_extract_asks_what_an_unknown_word_means_unless_label_says_it(pictures, tmp_path):
    root = fake_manifest(tmp_path / "m", people=1)
    sheet = root / "manifest.csv"
    sheet.write_text(sheet.read_text().replace(",surprise,", ",surprised,"))
    arguments = ("extract", "manifest", "--root", root, "--workspace", tmp_path / "w", "--workers", 0)
    arguments = (*arguments, "--max-failed", 1)  # noise has no face
    assert "Tell the sweep: --label surprised=surprise" in run(*arguments, status=0)
    assert "surprised" not in run(*arguments, "--label", "surprised=surprise", status=0)


def test_check_ends_with_1_when_a_clip_cannot_be_used(tmp_path):
    root = fake_manifest(tmp_path, people=1)
    assert "Every clip can be used" in run("check", "manifest", "--root", root, status=0)
    next(root.glob("frames/*/*/0011.png")).unlink()
    text = run("check", "manifest", "--root", root, status=1)
    assert "1 clip with frames missing inside" in text
    assert "1 of the frames 10..13 missing: 11" in text
    assert "Copy what is missing of 1 clip" in " ".join(text.split())
    next(root.glob("frames/*/*/0010.png")).unlink()  # the onset
    assert "1 clip cannot be used" in run("check", "manifest", "--root", root, status=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("extract", "casme22", "--root", "."), "did you mean 'casme2'"),
        (("extract", "casme2"), "CorpusError: corpus casme2 needs --root"),
        (("extract", "synthetic", "--keep", "3"), "SettingsError: keep is 3.0; .* .option --keep."),
        (
            ("extract", "synthetic", "--flow", "lk"),
            "flow is 'lk'; .*farneback, dis, tvl1, dis_fine .option --flow.",
        ),
        (("extract", "synthetic", "--plugin", "no/such.py"), r"PluginError: plugin .*such ?\.py: no such"),
        (("extract", "synthetic", "--store", "ftp://x/y"), "PlaceError: ftp: is no place"),
        (("check", "manifest", "--root", "nowhere"), "root nowhere does not exist"),
        (("check", "manifest", "--root", ".", "--plugin", "no/such.py"), "PluginError"),
        (("show", "casme22/x/y", "--root", "."), "did you mean 'casme2'"),
        (("check", "casmeII", "--root", "."), "did you mean 'casme2'"),
        (("show", "synthetic", "--landmarks-every", "-1"), "landmarks_every is -1.0"),
        (("show", "synthetic", "--plugin", "no/such.py"), "PluginError"),
        (
            ("extract", "synthetic", "--landmarker", "no.task"),
            "--landmarker .* cannot be read: No such",
        ),
        (("extract", "synthetic", "--limit", "x"), "Invalid value for '--limit'"),
    ],
)
def test_bad_input_ends_with_2_and_says_what(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")  # no path is broken
    workers = ("--workers", 0) if arguments[0] == "extract" else ()
    text = run(*arguments, *workers, status=2)
    assert re.search(words, text), text
    assert not list(tmp_path.iterdir())


def test_a_workspace_that_cannot_be_made_is_told(pictures):
    options = ("--root", pictures, "--workspace", "/proc/x", "--workers", 0)
    text = run("extract", "ststnet_flow", *options, status=2)
    assert re.search("folder /proc/x/.* cannot be made .No such file.*; name another --workspace", text)


def test_an_interrupt_ends_with_130(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(extract, "prepare", interrupted)
    assert "the same command goes on" in run("extract", "synthetic", "--workers", 0, status=130)


def test_every_setting_that_decides_numbers_is_an_option_of_extract_and_show(monkeypatch):
    seen = []

    def prepare(*_, settings, **__):
        seen.append(settings)
        return extract.Extraction({}, 0, 0, 0, 0.0)

    monkeypatch.setattr(extract, "prepare", prepare)
    monkeypatch.setattr(show, "sheet", lambda _, __, ___, settings, **____: seen.append(settings))
    options = ("--flow", "dis", "--steps", 7, "--keep", 0.5, "--apex", "roi_difference", "--equalise")
    options += ("--landmarks-every", 0, "--stabilise", "rigid", "--motion", "relative", "--max-gap", 4)
    options += ("--landmarker", "/a.task")
    run("extract", "synthetic", "--workers", 0, *options, status=0)
    run("show", "synthetic", *options, status=0)
    run("show", "synthetic", status=0)
    wanted = Settings(
        flow="dis", steps=7, keep=0.5, apex="roi_difference", equalise=True, landmarks_every=0.0,
        stabilise="rigid", motion="relative", max_gap=4, landmarker="/a.task",
    )  # fmt: skip
    assert seen == [wanted, wanted, Settings()]


def test_an_input_of_ones_own_is_extracted_beside_ours(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(INPUTS, "_modules", dict(INPUTS._modules))
    (tmp_path / "bright_input.py").write_text(INPUT)
    text = run(
        "extract", "ststnet_flow", "--root", pictures, "--workspace", tmp_path / "w", "--workers", 0,
        "--plugin", tmp_path / "bright_input.py", "--features", "brighter", "--features", "onset_apex_flow",
        status=0,
    )  # fmt: skip
    assert "brighter-" in text and "6 extracted now" in text


def test_show_draws_a_clip_and_a_picture_and_a_clip_that_cannot_be_used_is_bad_input(pictures, tmp_path):
    assert run("show", "ststnet_flow", "--root", pictures, "--workspace", tmp_path, status=0).endswith(".png")
    root = tmp_path / "frames"
    render_corpus(root, RenderConfig(subjects=1, clips_per_subject=1, size=160))
    arguments = ("show", "synthetic", "--root", root, "--workspace", tmp_path)
    run(*arguments, "--keep", 0.2, status=0)
    assert len(list((tmp_path / "sheets").glob("*.png"))) == 2
    for image in root.rglob("*.jpg"):
        image.write_bytes(b"no picture")
    assert "cannot be shown" in run(*arguments, status=2)


def test_the_library_prints_nothing(pictures, tmp_path, capsys):
    for _ in range(2):
        extract.prepare("ststnet_flow", pictures, ["roi_flow14"], tmp_path)
    assert capsys.readouterr() == ("", "")
