"""Ready onset-to-apex flow pictures of MEGC2019 clips, as published with STSTNet and HTNet: no faces, no
frames, no action units.

Source  Liong et al. 2019, doi:10.1109/FG.2019.8756567; Wang et al. 2024, HTNet, arXiv:2307.14637.
Layout, from ``root``
    labels.csv            or combined_3_class2_for_optical_flow.csv: columns dataset (casme2, samm, smic),
                          sub, filename_o, label (0 negative, 1 positive, 2 surprise); others are passed over
    flow/sub01_EP02_01f .png    or STSNet_whole_norm_u_v_os/: '{sub}_{filename_o} .png', with or without the
                          space; 28x28 RGB, R horizontal flow, G vertical flow, B optical strain, each scaled
                          to 0..255 in its own picture. A picture of another kind (.PNG, .bmp, .jpg), and one
                          whose name differs in upper and lower case alone, is read too
A person's subject is 'ststnet_flow/<dataset>-<sub>' ('ststnet_flow/samm-006'): three corpora are mixed here.
Counts and classes are those of MEGC 2019: datasets/megc2019.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import layout, megc2019, sheet, tables
from preprocessing.datasets.values import whole
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


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per row, in file order. Opens no picture.

    Pictures that no row names are no clips: CausalNet publishes three more of each clip (``..._1``, ``_2``,
    ``_3``: flow of other windows of it), and a part of the rows is a choice. Raises
    CorpusError if the CSV, one of its columns or the folder of pictures is missing.
    """
    from preprocessing.decode import IMAGES  # OpenCV, which whoever asks for a scheme can spare

    rows = tables.table(sheet.find_one([root], LABELS, "label file"), COLUMNS)
    folder = layout.first_folder(root, FOLDERS, "flow pictures")
    pictures: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and path.suffix.lower() in IMAGES:
            pictures.setdefault(path.stem.strip(), []).append(path)
    spelt: dict[str, list[Path]] = {}
    for stem, paths in pictures.items():
        spelt.setdefault(stem.casefold(), []).extend(paths)
    for row in rows:
        stem = f"{row['sub']}_{row['filename_o']}"
        found = pictures.get(stem) or spelt.get(stem.casefold(), [])
        emotion = EMOTIONS.get(whole(row["label"]), "")
        problems = [
            f"label {row['label']!r} is none of {', '.join(EMOTIONS)}" if not emotion else "",
            f"{len(found)} pictures have this name: {', '.join(repr(p.name) for p in found)}"
            if len(found) > 1
            else "",
        ]
        path = found[0] if found else folder / f"{stem} .png"
        as_said = path.stem.strip() == stem and path.suffix == ".png"
        repairs = () if as_said else (f"picture {stem}.png -> {path.name}: no other has that name",)
        problem = "; ".join(filter(None, problems))
        subject = f"{CORPUS}/{row['dataset'].lower()}-{row['sub']}"
        yield Clip(CORPUS, subject, row["filename_o"], path, emotion, problem=problem, repairs=repairs)
