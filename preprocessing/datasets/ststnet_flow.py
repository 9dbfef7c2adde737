"""Ready onset-to-apex flow pictures of MEGC2019 clips, as published with STSTNet and HTNet: no faces, no
frames, no action units.

Source  Liong et al. 2019, doi:10.1109/FG.2019.8756567; Wang et al. 2024, HTNet, arXiv:2307.14637.
Layout, from ``root``
    labels.csv            or combined_3_class2_for_optical_flow.csv: columns dataset (casme2, samm, smic),
                          sub, filename_o, label (0 negative, 1 positive, 2 surprise); others are passed over
    flow/sub01_EP02_01f .png    or STSNet_whole_norm_u_v_os/: '{sub}_{filename_o} .png', with or without the
                          space; 28x28 RGB, R horizontal flow, G vertical flow, B optical strain, each scaled
                          to 0..255 in its own picture
A person's subject is 'ststnet_flow/<dataset>-<sub>' ('ststnet_flow/samm-006'): three corpora are mixed here.
Counts and classes are those of MEGC 2019: datasets/megc2019.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import layout, megc2019, sheet, tables
from preprocessing.schema import Clip

CORPUS = "ststnet_flow"
PICTURES = True  # each clip is a ready flow picture: no frames, no face
LABELS = ("labels.csv", "combined_3_class2_for_optical_flow.csv")
FOLDERS = ("flow", "STSNet_whole_norm_u_v_os", "STSTNet_whole_norm_u_v_os")
COLUMNS = ("dataset", "sub", "filename_o", "label")
EMOTIONS = {"0": "negative", "1": "positive", "2": "surprise"}
PUBLISHED = megc2019.PUBLISHED
SCHEMES = megc2019.SCHEMES
COMPOSITE = True
PICTURES = True


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per row, in file order. Opens no picture.

    Pictures that no row names are no clips: CausalNet publishes three more of each clip (``..._1``, ``_2``,
    ``_3``: flow of other windows of it), and a part of the rows is a choice. Raises
    CorpusError if the CSV, one of its columns or the folder of pictures is missing.
    """
    rows = tables.table(sheet.find_one([root], LABELS, "label file"), COLUMNS)
    folder = layout.first_folder(root, FOLDERS, "flow pictures")
    pictures: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.png")):
        if not path.name.startswith("."):
            pictures.setdefault(path.stem.strip(), []).append(path)
    for row in rows:
        stem = f"{row['sub']}_{row['filename_o']}"
        found = pictures.get(stem, [])
        emotion = EMOTIONS.get(row["label"], "")
        problems = [
            f"label {row['label']!r} is none of {', '.join(EMOTIONS)}" if not emotion else "",
            f"{len(found)} pictures have this name: {', '.join(repr(p.name) for p in found)}"
            if len(found) > 1
            else "",
        ]
        path = found[0] if found else folder / f"{stem} .png"
        yield _clip(row["dataset"], row["sub"], row["filename_o"], path, emotion, problems)


def _clip(dataset: str, sub: str, name: str, path: Path, emotion: str, problems: list[str]) -> Clip:
    problem = "; ".join(filter(None, problems))
    return Clip(CORPUS, f"{CORPUS}/{dataset.lower()}-{sub}", name, path, emotion, problem=problem)
