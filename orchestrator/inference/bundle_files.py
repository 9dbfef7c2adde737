"""The files of a bundle, in a folder or a zip: read whole and checked before anything of them is used.

model.json            what the model is (bundle.About)
weights.safetensors   arrays of its networks and of its heads for action units
example.safetensors   made-up inputs ("flow", "aus"), and the probabilities that they gave where it was made
card.md               the model card
reliability.png       how sure it was and how often right, where it is calibrated (figure.py)
model.onnx            the same as an ONNX graph, where that was asked for (onnx_file.py); for other programs
SHA256SUMS            SHA-256 of each of the others, as ``sha256sum --check`` reads it

Nothing else may be there. No pickle, so that reading runs no code; code of a plugin, where the model came
from one, is text in model.json, and runs only where somebody allows it (bundle.load).
"""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
import zlib
from pathlib import Path

from orchestrator.common.commands import command
from preprocessing.errors import BadInput
from preprocessing.regular import shut

MODEL, WEIGHTS, EXAMPLE, CARD = "model.json", "weights.safetensors", "example.safetensors", "card.md"
ONNX, FIGURE = "model.onnx", "reliability.png"
SUMS = "SHA256SUMS"
# name -> bytes at most. A plugin's source has 8 MiB at most, the largest of our models 0.4 GiB.
LARGEST = {
    MODEL: 64 << 20,
    WEIGHTS: 8 << 30,
    EXAMPLE: 256 << 20,
    CARD: 1 << 20,
    SUMS: 1 << 16,
    FIGURE: 4 << 20,
}
LARGEST[ONNX] = LARGEST[WEIGHTS]
WRITTEN = (1980, 1, 1, 0, 0, 0)  # time of every file in a zip: equal bundles are equal files
AGAIN = f"get it again from where it was made ({command('export', 'SWEEP', '--to', 'FILE.zip')})"
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".npy", ".npz")
# what flipped and missing bytes of a zip file raise: RuntimeError where it seems encrypted, OSError where an
# offset leads before its begin
_ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError, OverflowError, OSError)


class BundleError(BadInput):
    """A bundle cannot be used: damaged, foreign, of another version, or not what it says. Names file and next
    step."""


def read_files(path: Path) -> dict[str, bytes]:
    """Name -> bytes of every file, once each was compared with SHA256SUMS.

    Raises BundleError for what is no bundle, a file too many, too few, too large or changed, a link, and a
    name that leads out of the folder; OSError where it cannot be read.
    """
    if why := shut(path):
        raise BundleError(why)
    if path.is_dir():
        held = _of_folder(path)
    elif path.is_file():
        held = _of_zip(path)
    else:
        raise BundleError(f"{path} is neither a folder nor a zip file; a bundle is one or the other")
    _check(path, held)
    return held


def write_zip(folder: Path, file: Path) -> None:
    """The bundle in ``folder`` as a zip file. Raises OSError."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:  # weights hardly shrink
        for name in sorted(one.name for one in folder.iterdir()):
            made.writestr(zipfile.ZipInfo(name, WRITTEN), (folder / name).read_bytes())


def digest_of(held: dict[str, bytes]) -> str:
    """16 hex digits that name a bundle: of its SHA256SUMS."""
    return hashlib.sha256(held[SUMS]).hexdigest()[:16]


def _of_folder(folder: Path) -> dict[str, bytes]:
    held = {}
    for path in sorted(folder.iterdir()):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise BundleError(f"{path} is a link, and may lead out of the bundle; put the file itself there")
        _allowed(path.name, folder, path.stat().st_size)
        if not stat.S_ISREG(mode):
            raise BundleError(f"{path} is no file; {AGAIN}")
        if why := shut(path):
            raise BundleError(why)
        held[path.name] = path.read_bytes()
    return held


def _of_zip(file: Path) -> dict[str, bytes]:
    held: dict[str, bytes] = {}
    stream = file.open("rb")  # what may not be read is no damage
    try:
        with stream, zipfile.ZipFile(stream) as opened:
            for one in opened.infolist():
                _allowed(one.filename, file, one.file_size)
                if one.filename in held:
                    raise BundleError(f"{file} holds {one.filename} twice; {AGAIN}")
                with opened.open(one) as data:
                    # the header may state less than there is
                    held[one.filename] = data.read(LARGEST[one.filename] + 1)
                _allowed(one.filename, file, len(held[one.filename]))
    except BundleError:
        raise
    except _ZIP_DAMAGE as error:
        raise BundleError(f"{file} is no whole zip file ({error}); {AGAIN}") from error
    return held


def _allowed(name: str, where: Path, size: int) -> None:
    """Raises BundleError unless a bundle may hold a file of this name and size."""
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name:
        raise BundleError(f"{where} names {name!r}, which leads out of its folder; do not use it")
    if name.lower().endswith(_PICKLES):
        raise BundleError(
            f"{where} holds {name!r}: a file of this kind may run code when it is read; a bundle has weights "
            f"as safetensors only; {AGAIN}"
        )
    if name not in LARGEST:
        raise BundleError(
            f"{where} holds {name!r}; a bundle has {', '.join(LARGEST)} and nothing else; {AGAIN}"
        )
    if size > LARGEST[name]:
        raise BundleError(
            f"{where}: {name} has {size} bytes, a bundle's has {LARGEST[name]} at most; {AGAIN}"
        )


def _check(path: Path, held: dict[str, bytes]) -> None:
    if SUMS not in held:
        raise BundleError(f"{path} has no {SUMS}, so it is no bundle, or one that is not whole; {AGAIN}")
    listed: dict[str, str] = {}
    # every byte counts: splitlines ends a line at other signs too
    for line in held[SUMS].decode("ascii", "replace").removesuffix("\n").split("\n"):
        if not (one := re.fullmatch(r"([0-9a-f]{64})  ([\w.-]+)", line)):
            raise BundleError(
                f"{path}: {SUMS} has the line {line[:80]!r}, which is none of a bundle; {AGAIN}"
            )
        listed[one[2]] = one[1]
    for name, said in listed.items():
        if name not in held:
            raise BundleError(f"{path} lacks {name}, which {SUMS} lists; {AGAIN}")
        if hashlib.sha256(held[name]).hexdigest() != said:
            raise BundleError(f"{path}: {name} is not as it was written, its SHA-256 is another; {AGAIN}")
    if rest := held.keys() - listed.keys() - {SUMS}:
        raise BundleError(f"{path}: {SUMS} does not list {min(rest)}; {AGAIN}")
    if lacks := {MODEL, WEIGHTS} - held.keys():
        raise BundleError(f"{path} lacks {min(lacks)}; {AGAIN}")
