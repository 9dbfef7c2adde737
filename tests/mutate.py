"""Break one line at a time, in a copy, and expect red: python -m tests.mutate. Exit status 1 if a break goes unnoticed."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
# file, line part, its break, the tests that must notice
BREAKS = [
    ("orchestrator/protocols/loso.py", "if subject_of[c] != who", "if True", "tests/orchestrator/protocols"),
    ("orchestrator/protocols/inner.py", "if subject_of[c] not in chosen)", ")", "tests/orchestrator/protocols"),
    ("orchestrator/seeds.py", "for name in names)", "for name in names[:1])", "tests/orchestrator/training tests/orchestrator/test_study.py"),
    ("orchestrator/jobs.py", "asdict(self), 24", "[self.fold], 24", "tests/orchestrator/test_study.py"),
    ("orchestrator/metrics.py", ".mean(", ".max(", "tests/orchestrator/test_metrics.py"),
    ("orchestrator/data.py", "x_train=table.x[train]", "x_train=table.x[test]", "tests/orchestrator/test_data.py"),
    ("orchestrator/data.py", "for clip in ids])\n    y = np", "for clip in stored])\n    y = np", "tests/orchestrator/test_data.py"),
    ("orchestrator/data.py", 'if table.au == "annotated" else None', "", "tests/orchestrator/test_data.py"),
    ("orchestrator/protocols/fold.py", "if people and not subject_dependent", "if False", "tests/orchestrator/protocols"),
    ("orchestrator/training/loop.py", "aus_train=own", "aus_train=head(data.x_train)", "tests/orchestrator/training"),
    ("orchestrator/selection.py", 'part_of(row["fold"]', 'part_of(""', "tests/orchestrator/test_selection.py"),
    ("orchestrator/store.py", "os.replace(path, aside)", "pass", "tests/orchestrator/test_store.py"),
    ("orchestrator/study.py", "split(fold.train, ", "split(table.clip_ids, ", "tests/orchestrator/test_study.py"),
    ("orchestrator/refit.py", "np.median(epochs)", "np.max(epochs)", "tests/orchestrator/test_refit.py"),
    ("orchestrator/search.py", "self.seed, trial.number, param_name", "self.seed, param_name", "tests/orchestrator/test_search.py"),
    ("orchestrator/sweep_folder.py", "if differ:", "if not differ:", "tests/orchestrator/test_sweep.py"),
    ("preprocessing/inputs/roi_flow.py", "math.ceil((1 - keep)", "math.ceil(keep", "tests/preprocessing/inputs"),
    ("preprocessing/inputs/roi_flow.py", "* (steps / n)", "", "tests/preprocessing/inputs"),
    ("preprocessing/inputs/motion_image.py", "t <= apex, 2 * t", "t < apex, 2 * t", "tests/preprocessing/inputs"),
    ("preprocessing/pipeline.py", "(i / len(waiting))", "(1.0)", "tests/preprocessing/test_pipeline.py"),
    ("preprocessing/pipeline.py", "_spooled(waiting, first)", "_spooled(waiting, 0)", "tests/preprocessing/test_pipeline.py"),
    ("preprocessing/apex.py", "- (1 - s) * first - s * last", "- first", "tests/preprocessing/test_apex.py"),
    ("preprocessing/check.py", "if found != wanted]", "]", "tests/preprocessing/test_check.py"),
    ("preprocessing/align.py", "[-sin, cos]", "[sin, cos]", "tests/preprocessing/test_align.py"),
    ("preprocessing/flow.py", "0.5 * (uy + vx)", "0.5 * (uy - vx)", "tests/preprocessing/test_flow.py"),
    ("preprocessing/landmarks.py", "self._next.reset()", "pass", "tests/preprocessing/test_landmarks.py"),
    ("preprocessing/schema.py", '== path.stat().st_size)', "!= -1)", "tests/preprocessing/test_extract.py"),
    ("preprocessing/extract.py", "label | fingerprint(clip)", "label", "tests/preprocessing/test_extract.py"),
]  # fmt: skip


def main() -> int:
    survived = []
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "workspace", "__pycache__", ".mypy_cache"))
        for file, old, new, tests in BREAKS:
            path = copy / file
            text = path.read_text()
            if text.count(old) < 1:
                survived.append(f"{file}: {old!r} is not there any more; mend tests/mutate.py")
                continue
            path.write_text(text.replace(old, new, 1))
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", *tests.split()], cwd=copy, capture_output=True, check=False
            )
            path.write_text(text)
            noticed = done.returncode == 1
            print(f"{'red  ' if noticed else 'GREEN'} {file}: {old} -> {new or '(nothing)'}", flush=True)
            if not noticed:
                survived.append(f"{file}: {old} -> {new}")
    print(f"{len(BREAKS) - len(survived)} of {len(BREAKS)} breaks noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
