"""Training clips through ``predict`` get the probabilities of the refitted model, to the bit; and what is no
clip gets an abstention that says why."""

import dataclasses
import os
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mer_models import MODELS
from orchestrator.inference.bundle import load
from orchestrator.inference.bundle_files import BundleError
from orchestrator.inference.clips import ClipsError, found
from orchestrator.inference.refit import refit
from orchestrator.inference.video import ClipPredictor
from orchestrator.runners.inline import run_fold
from orchestrator.selection.records import TrialRecord
from orchestrator.study.recipe import Recipe
from orchestrator.study.study import Study
from orchestrator.study.table import load as table_of
from orchestrator.tracking.kept_model import keep_model
from orchestrator.training.kinds import KINDS
from orchestrator.training.prediction import predict
from orchestrator.training.reproducible import reproducible
from preprocessing import extract
from preprocessing.datasets.reading import read
from preprocessing.inputs import INPUTS, Settings
from preprocessing.plan import spec
from preprocessing.render import RenderConfig, render_corpus
from tests.face_task import write_task
from tests.preprocessing.test_video import turned, uneven

SMALL = {"recipe.epochs": 1, "recipe.warmup_epochs": 0, "recipe.batch_size": 8}
# one of every kind of input
READS = {
    "stag": "roi_flow14",
    "ststnet": "onset_apex_flow",
    "rgb_baseline": "apex_frame",
    "facesleuth": "onset_apex_frames",
    "roi_cnn": "roi_maps1",
    "roi_hybrid": "roi_stack9",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("video")
    render_corpus(root / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    return root


@pytest.fixture(scope="module")
def folders(corpus):
    names = sorted(READS.values())
    return extract.run(extract.plan("synthetic", corpus / "corpus", names, corpus / "out")).folders


def test_the_models_read_every_kind(folders):
    assert {INPUTS[name].kind for name in READS.values()} == set(KINDS)


def kept(model, features, folders, folder):
    """(the refitted model, the table, the bundle)."""
    uses_aus = MODELS[model].uses_aus
    table = table_of(folders[features], "3", "predicted" if uses_aus else "none", uses_aus=uses_aus)
    size = {} if table.x.shape[-1] <= 32 else {"recipe.image_size": 32}
    study = Study(model, "loso", 3, 1, SMALL | size)
    job = study.jobs(table, {})[0]
    made = refit(study, table, [TrialRecord(0, job.config, (run_fold(job, table),))], "nested")
    keep_model(folder, model, made, table)
    return made, table, load(folder)


@pytest.mark.parametrize(
    "model", [pytest.param(one, marks=pytest.mark.long) if one == "facesleuth" else one for one in READS]
)
def test_training_clips_get_the_refitted_models_probabilities_to_the_bit(model, corpus, folders, tmp_path):
    made, table, bundle = kept(model, READS[model], folders, tmp_path / "b")
    (one,), recipe = made.models, Recipe(**made.config["recipe"])
    predictor = ClipPredictor(bundle)
    row = {clip: i for i, clip in enumerate(table.clip_ids)}
    clips = [clip for clip in read("synthetic", corpus / "corpus") if clip.clip_id in row][::5]
    assert len(clips) > 1
    seen = []
    for clip in clips:
        x = table.x[row[clip.clip_id]][None]
        with reproducible("cpu"):
            aus = None if one.au_head is None else one.au_head(x)
            expected = predict(
                one.model, one.normaliser, recipe, table.kind, table.channels, x, aus, len(table.classes)
            )
        # as a user names it: no emotion, no person, no AUs
        bare = found([str(clip.frames)], onset=clip.onset, apex=clip.apex, offset=clip.offset, fps=clip.fps)[
            0
        ]
        told = predictor(bare)
        assert not told.reason
        assert list(told.uncalibrated.values()) == expected[0].tolist()
        assert told.probabilities == told.uncalibrated  # nothing has calibrated it
        if one.au_head is not None:
            assert list(told.action_units.values()) == aus[0].tolist()
        seen.append(expected[0])
    assert np.ptp(seen, axis=0).max() > 0


@pytest.fixture(scope="module")
def predictor(folders, tmp_path_factory):
    return ClipPredictor(kept("ststnet", "onset_apex_flow", folders, tmp_path_factory.mktemp("p") / "b")[2])


@pytest.fixture(scope="module")
def frames(corpus):
    """Frames of a clip that moves."""
    clip = next(clip for clip in read("synthetic", corpus / "corpus") if clip.emotion)
    return [cv2.imread(str(path)) for path in sorted(clip.frames.iterdir())]


def video(path, frames, size=None):
    height, width = frames[0].shape[:2]
    made = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 100, size or (width, height))
    for frame in frames:
        made.write(frame)
    made.release()
    return path


def pictures(folder, frames):
    folder.mkdir()
    for number, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{number:04d}.png"), frame)
    return folder


def noise(shape):
    return np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)


def no_face(folder, frames):
    return video(folder / "v.avi", [noise(frames[0].shape)] * 8)


def face_lost(folder, frames):
    return video(folder / "v.avi", frames[:5] + [np.full_like(frames[0], 90)] * 40)


def lost_in_the_middle(folder, frames):
    gone = [np.full_like(frames[0], 90)] * 20
    return video(folder / "v.avi", frames[:5] + gone + frames[5:])


def two_faces(folder, frames):
    return pictures(folder / "v", [np.hstack([frame, frame]) for frame in frames])


def one_frame(folder, frames):
    return pictures(folder / "v", frames[:1])


def video_of_one_frame(folder, frames):
    return video(folder / "v.avi", frames[:1])


def one_picture(folder, frames):
    cv2.imwrite(str(folder / "v.jpg"), frames[0])
    return folder / "v.jpg"


def no_motion(folder, frames):
    return pictures(folder / "v", frames[:1] * 8)


def not_a_video(folder, frames):
    (folder / "v.mp4").write_bytes(b"not a video at all" * 100)
    return folder / "v.mp4"


def no_kind(folder, frames):
    (folder / "v.txt").write_text("hello")
    return folder / "v.txt"


def truncated(folder, frames):
    path = video(folder / "v.avi", frames)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def empty(folder, frames):
    (folder / "v.avi").write_bytes(b"")
    return folder / "v.avi"


def huge(folder, frames):
    return pictures(folder / "v", [np.zeros((20, 17000, 3), np.uint8)] * 2)


def a_copy_among_them(folder, frames):
    path = pictures(folder / "v", frames[:3])
    first = min(path.iterdir())
    shutil.copy(first, path / f"{first.stem} - Copy{first.suffix}")
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_face, "no face"),
        (
            face_lost,
            "is far (less|more) than",
        ),  # nobody looks for a face in between
        (lost_in_the_middle, "is far (less|more) than"),
        (two_faces, "2 faces"),
        (one_frame, "one frame|at least two"),
        (video_of_one_frame, "has 1 frame.* motion needs at least two"),
        (one_picture, "is one picture, and a clip is a motion"),
        (no_motion, r"horizontal motion \(u\) is far less than in any training clip"),
        (not_a_video, "cannot be opened"),
        (no_kind, "neither a folder of frames nor a video"),
        (truncated, "cut short"),
        (empty, "cannot be opened"),
        (huge, "at most 16384"),
        (a_copy_among_them, "looks like a copy"),
    ],
)
def test_what_is_no_clip_gets_an_abstention_that_says_why(make, says, predictor, frames, tmp_path):
    (clip,) = found([str(make(tmp_path, frames))])
    told = predictor(clip)
    assert told.called is None and told.probabilities == {} and told.nested()["status"] == "abstains"
    assert re.search(says, told.reason) and "Error: " not in told.reason, told.reason


@pytest.mark.long
def test_a_phones_turned_video_and_frames_of_8k_are_predicted(predictor, frames, tmp_path):
    """A phone writes its frames as the sensor lies, and into the file how they are to be turned."""
    few = frames[::4][:6]
    path = tmp_path / "v.mp4"
    lying = [np.ascontiguousarray(np.rot90(frame)) for frame in few]
    made = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 100, lying[0].shape[1::-1])
    for frame in lying:
        made.write(frame)
    made.release()
    path.write_bytes(turned(path.read_bytes(), 0, 1, -1, 0))
    stands = predictor(found([str(path)])[0])
    assert not stands.reason, stands.reason
    large = [cv2.resize(few[at], (7680, 4320)) for at in (0, len(few) // 2, -1)]
    told = predictor(found([str(pictures(tmp_path / "8k", large))])[0])
    assert (told.facts["height"], told.facts["width"]) == (4320, 7680) and not told.reason, told.reason


def test_of_a_rate_that_varies_the_mean_is_taken_and_the_class_is_that_of_the_frames(
    predictor, frames, tmp_path
):
    """The frames decide; their times count where landmarks are looked for, and are told."""
    path, few = tmp_path / "v.mp4", frames[:24]
    made = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, few[0].shape[1::-1])
    for frame in few:
        made.write(frame)
    made.release()
    even = predictor(found([str(path)])[0])
    varied = predictor(found([str(uneven(path, [10] * 20 + [100] * 3))])[0])
    assert (even.facts["fps"], varied.facts["fps"]) == (25, pytest.approx(46))
    assert varied.facts["n_frames"] == 24 and not varied.reason and not even.reason
    assert varied.probabilities == even.probabilities
    assert even.facts["notes"] == "" and varied.facts["notes"].startswith("a variable frame rate")
    sent = cv2.VideoWriter(str(tmp_path / "v.ts"), cv2.VideoWriter.fourcc(*"mpg2"), 25, few[0].shape[1::-1])
    for frame in few:
        sent.write(frame)
    sent.release()
    notes = predictor(found([str(tmp_path / "v.ts")])[0]).facts["notes"]
    assert notes == "its container does not say how long it is: if it was cut, nothing shows it"


def test_an_apex_that_is_no_frame_of_the_clip_is_refused(predictor, frames, tmp_path):
    (clip,) = found([str(video(tmp_path / "v.avi", frames[:9]))], apex=90)
    assert predictor(clip).reason.endswith("v.avi: its frames are 0..8, and the apex 90 is none of them")


def test_a_fifo_is_not_waited_for(predictor, tmp_path):
    os.mkfifo(tmp_path / "v.mp4")
    assert "named pipe" in predictor(found([str(tmp_path / "v.mp4")])[0]).reason


def test_a_clip_after_a_bad_one_is_as_if_alone(predictor, frames, tmp_path):
    good = found([str(pictures(tmp_path / "good", frames))])[0]
    alone = predictor(good)
    predictor(found([str(no_face(tmp_path, frames))])[0])
    assert predictor(good) == alone and not alone.reason


def test_folders_and_patterns_are_read_in_order_and_once(frames, tmp_path):
    a, b = pictures(tmp_path / "b_frames", frames[:2]), video(tmp_path / "a.avi", frames[:3])
    (tmp_path / "notes.txt").write_text("x")
    assert [clip.frames for clip in found([str(tmp_path)])] == [b, a]
    assert [clip.frames for clip in found([f"{tmp_path}/*.avi", str(b)])] == [b]
    shutil.rmtree(a)
    b.unlink()
    for word, says in (
        (str(tmp_path), "no frame"),
        (f"{tmp_path}/*.avi", "is not there"),
        ("no such", "is not there"),
        ("", "named by nothing"),
    ):
        with pytest.raises(ClipsError, match=says):
            found([word])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"onset": 5, "apex": 3}, "--onset 5 is after --apex 3"),
        ({"apex": 9, "offset": 3}, "--apex 9 is after --offset 3"),
        ({"onset": 5, "offset": 3}, "--onset 5 is after --offset 3"),
        ({"onset": -3}, "--onset -3: frames are numbered from 0 on"),
        ({"fps": 0.0}, "--fps 0.0"),
        ({"fps": float("nan")}, "--fps nan"),
    ],
)
def test_labels_that_cannot_be_are_refused(given, says, frames, tmp_path):
    where = str(video(tmp_path / "a.avi", frames[:3]))
    with pytest.raises(ClipsError, match=says):
        found([where], **given)
    video(tmp_path / "b.avi", frames[:3])
    with pytest.raises(ClipsError, match="is of one clip, and 2 are named"):
        found([str(tmp_path)], onset=1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"spec": None}, "older program"),
        ({"au": "annotated"}, "annotated action units"),
        ({"features": "onset_apex_flow-0000000000"}, "other code, or another OpenCV or MediaPipe"),
        ({"spec": {"name": "nothing", "parameters": {}}}, "does not make"),
        ({"spec": {"name": "onset_apex_flow", "parameters": {"flow": "none"}}}, "settings unknown here"),
        ({"spec": {"name": "onset_apex_flow", "parameters": {"warp": 1}}}, "settings unknown here"),
    ],
)
def test_a_bundle_whose_inputs_cannot_be_made_here_is_refused(changes, says, predictor):
    bundle = predictor.bundle
    other = dataclasses.replace(bundle, about=bundle.about.model_copy(update=changes))
    with pytest.raises(BundleError, match=says):
        ClipPredictor(other)


def test_a_model_of_landmarks_by_a_file_asks_for_that_file(predictor, corpus, tmp_path):
    task, other = str(write_task(tmp_path / "a.task")), tmp_path / "b.task"
    bundle = predictor.bundle
    with pytest.raises(BundleError, match="own mesh; leave --landmarker out"):
        ClipPredictor(bundle, task)
    usual = {k: v for k, v in bundle.about.spec["parameters"].items() if k != "code"}
    made = spec("onset_apex_flow", Settings(**usual, landmarker=task), pictures=False)
    changes = {"spec": {"name": made.name, "parameters": made.parameters}, "features": made.version}
    own = dataclasses.replace(bundle, about=bundle.about.model_copy(update=changes))
    with pytest.raises(BundleError, match=r"by a \.task file \(sha256:\w{8}\.\.\.\); name it: --landmarker"):
        ClipPredictor(own)
    other.write_bytes(Path(task).read_bytes() + b"\0")  # still a zip
    with pytest.raises(BundleError, match=r"b\.task is another file"):
        ClipPredictor(own, str(other))
    clip = read("synthetic", corpus / "corpus")[0]
    with_file, without = ClipPredictor(own, task)(clip), predictor(clip)
    assert not with_file.reason and with_file.probabilities != without.probabilities
