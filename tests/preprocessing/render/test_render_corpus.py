"""The folder that render_corpus leaves: same bytes always, a manifest only when whole, never two
configurations in one folder."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import typer
from typer.testing import CliRunner

from preprocessing.datasets import synthetic
from preprocessing.render import RenderConfig, clip_plan, render_corpus
from preprocessing.render import corpus as corpus_module
from preprocessing.render.__main__ import main
from preprocessing.render.config import generator
from preprocessing.render.emotions import SHARES, annotation, corpus_emotions, three_class
from preprocessing.render.worse import worsened
from preprocessing.sealed import Damaged

SMALL = RenderConfig(seed=3, subjects=2, clips_per_subject=2, size=96)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    render_corpus(root, SMALL)
    return root


def test_bytes_do_not_depend_on_processes(rendered: Path, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    manifest = render_corpus(
        tmp_path, SMALL, processes=2, progress=lambda done, total: calls.append((done, total))
    )
    assert manifest == tmp_path / "manifest.csv"
    assert tree(tmp_path) == tree(rendered)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_another_seed_gives_other_frames(rendered: Path, tmp_path: Path) -> None:
    other = RenderConfig(seed=4, subjects=2, clips_per_subject=2, size=96)
    render_corpus(tmp_path, other)
    theirs = set(tree(rendered).values())
    assert not [name for name, content in tree(tmp_path).items() if content in theirs]


def test_manifest_says_what_was_planned_and_written(rendered: Path) -> None:
    with (rendered / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    plans = [clip_plan(SMALL, s, c) for s in range(2) for c in range(2)]
    assert len(rows) == len(plans)
    for row, plan in zip(rows, plans, strict=True):
        assert row == {
            "subject": plan.subject,
            "clip": plan.clip,
            "frames": f"frames/{plan.subject}/{plan.clip}",
            "onset": str(plan.onset),
            "apex": str(plan.apex),
            "offset": str(plan.offset),
            "emotion": plan.emotion,
            "aus": plan.aus,
            "fps": "100",
        }
        names = {path.name for path in (rendered / row["frames"]).iterdir()}
        assert names == {f"img{number}.jpg" for number in range(plan.onset, plan.offset + 1)}
        assert 18 <= len(names) <= 28
        assert plan.onset < plan.apex < plan.offset
        assert cv2.imread(str(rendered / row["frames"] / f"img{plan.apex}.jpg")).shape == (96, 96, 3)


def test_corpus_reader_accepts_the_folder(rendered: Path) -> None:
    clips = list(synthetic.clips(rendered))
    assert [clip.clip_id for clip in clips] == [f"synthetic/p0{s}/c0{c}" for s in (1, 2) for c in (1, 2)]
    assert all(clip.aus_known and clip.frames.is_dir() and not clip.problem for clip in clips)


def test_whole_corpus_is_left_untouched_and_broken_one_is_mended(tmp_path: Path) -> None:
    config = RenderConfig(subjects=1, clips_per_subject=1, size=96)
    manifest = render_corpus(tmp_path, config)
    first = tree(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert render_corpus(tmp_path, config) == manifest
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times
    next(tmp_path.glob("frames/*/*/*.jpg")).unlink()
    render_corpus(tmp_path, config)
    assert tree(tmp_path) == first


@pytest.mark.parametrize("held", [b'{"gen', b"null", b"[]", b"{}", b"\xff\xfe{", b"[" * 100_000, None])
def test_a_claim_that_is_none_is_damage_and_is_told(tmp_path: Path, held: bytes | None) -> None:
    claim = tmp_path / "render.json"
    claim.mkdir() if held is None else claim.write_bytes(held)
    with pytest.raises(Damaged, match=r"render\.json is damaged .*; choose another folder"):
        render_corpus(tmp_path, SMALL)
    with pytest.raises(Damaged, match=r"render\.json is damaged"):
        worsened(tmp_path, tmp_path / "worse", "noise", 1.0)


@pytest.mark.parametrize("change", [{"seed": 5}, {"difficulty": 0.6}, {"clips_per_subject": 1}, {"fps": 200}])
def test_other_configuration_in_the_folder_is_refused(rendered: Path, change: dict[str, float]) -> None:
    before = tree(rendered)
    settings = {"seed": 3, "subjects": 2, "clips_per_subject": 2, "size": 96} | change
    with pytest.raises(FileExistsError, match="another configuration; choose another folder"):
        render_corpus(rendered, RenderConfig(**settings))  # type: ignore[arg-type]
    assert tree(rendered) == before


def test_other_generator_version_is_refused(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_module, "GENERATOR_VERSION", corpus_module.GENERATOR_VERSION + 1)
    with pytest.raises(FileExistsError, match="choose another folder"):
        render_corpus(rendered, SMALL)


@pytest.mark.parametrize(
    "damage", [lambda text: text.rsplit("\n", 2)[0] + "\n", lambda text: text.replace("onset", "begin")]
)
def test_a_manifest_that_is_not_the_one_written_here_is_written_again(
    tmp_path: Path, damage: Callable[[str], str]
) -> None:
    config = replace(SMALL, subjects=1, clips_per_subject=2)
    manifest = render_corpus(tmp_path, config)
    whole = manifest.read_text()
    manifest.write_text(damage(whole))
    render_corpus(tmp_path, config)
    assert manifest.read_text() == whole


def test_folder_with_a_manifest_of_someone_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("subject,clip\n")
    with pytest.raises(FileExistsError, match=r"no render\.json"):
        render_corpus(tmp_path, SMALL)
    assert tree(tmp_path) == {"manifest.csv": b"subject,clip\n"}


def test_interrupted_rendering_leaves_no_manifest_and_is_completed_later(
    rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path.write_bytes
    left = 30  # frames until the disk is full: within the second clip

    def full_disk(path: Path, data: bytes) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device", str(path))
        return written(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full_disk)
        with pytest.raises(OSError, match="No space left"):
            render_corpus(tmp_path, SMALL)
    assert len(list(tmp_path.glob("frames/*/*/*.jpg"))) == 30
    assert not list(tmp_path.glob("manifest*"))
    with pytest.raises(FileExistsError):  # half a corpus still belongs to its configuration
        render_corpus(tmp_path, RenderConfig(seed=5, size=96))
    render_corpus(tmp_path, SMALL)
    assert tree(tmp_path) == tree(rendered)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("subjects", 0),
        ("subjects", 2.0),
        ("difficulty", 1.01),
        ("difficulty", float("nan")),
        ("seed", -1),
        ("size", 64),
        ("fps", True),
    ],
)
def test_settings_out_of_range_are_named(setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{setting} must be .* got {setting}={value!r}"):
        RenderConfig(**{setting: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("subjects", "clips"), [(12, 10), (3, 2), (30, 3), (5, 24)])
def test_emotions_have_their_shares_and_no_person_shows_one_class_only(subjects: int, clips: int) -> None:
    for seed in range(5):
        rows = corpus_emotions(RenderConfig(seed=seed, subjects=subjects, clips_per_subject=clips))
        counts = Counter(word for row in rows for word in row)
        assert [len(row) for row in rows] == [clips] * subjects
        for word, share in SHARES.items():
            assert abs(counts[word] - share * subjects * clips) < 1
        assert all(len({three_class(word) for word in row}) >= 2 for row in rows)


def test_default_corpus_has_the_class_sizes_it_promises() -> None:
    counts = Counter(three_class(word) for row in corpus_emotions(RenderConfig()) for word in row)
    assert counts == {"positive": 36, "surprise": 30, "negative": 54}


def test_annotation_misses_and_adds_more_with_difficulty() -> None:
    def wrong(difficulty: float) -> tuple[float, float]:
        rng = generator(0, "test")
        marks = [
            annotation([(1, "L"), (12, "")], RenderConfig(difficulty=difficulty), rng).split("+")
            for _ in range(1000)
        ]
        assert all(mark.lstrip("LR").isdigit() for row in marks for mark in row)
        missed = sum(("L1" not in row) + ("12" not in row) for row in marks) / 2000
        extra = sum(len(set(row) - {"L1", "12"}) for row in marks) / 1000
        return missed, extra

    easy, default, hard = wrong(0.0), wrong(0.5), wrong(1.0)
    assert easy[0] < 0.15 < default[0] < 0.45 < hard[0] < 0.75
    assert easy[1] < 0.35 < default[1] < 1.1 < hard[1]


def test_command_renders_and_reports_a_refusal(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(main)
    words = [str(tmp_path / "corpus"), "--subjects", "1", "--clips", "1", "--seed", "9"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert (tmp_path / "corpus" / "manifest.csv").exists()
    refused = CliRunner().invoke(app, [*words, "--difficulty", "0.9"])
    assert refused.exit_code == 1
    assert "choose another folder" in refused.output
