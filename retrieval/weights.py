"""The weights of the embedded encoder: packed in the repository, unpacked on first use.

Packed, a matrix is rows of int8 with a float32 scale each: a quarter of the size. Unpacked, it is
an ordinary sentence-transformers folder. How they were trained: `retrieval/training/encoder`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

PACKED = Path(__file__).parent / "data" / "encoder"
WEIGHTS = "model.safetensors"
"""Name of the weights in a sentence-transformers folder."""

_PACKED_WEIGHTS = "int8.safetensors"
_SCALE = ".scale"
_CARD = "README.md"
_SEAL = "complete"  # written last; holds the hash of the weights

Tensors = dict[str, NDArray[np.generic]]


def unpack(folder: Path) -> Path:
    """The embedded model as a sentence-transformers folder below `folder`; returns its path.

    The name has the hash of the packed weights, so vectors of two trainings never meet.
    """
    version = _digest(PACKED / _PACKED_WEIGHTS)[:8]
    return written_once(folder / f"binhdan-e5-{version}", _unpack_to)


def written_once(target: Path, write: Callable[[Path], None]) -> Path:
    """`target`, whole: written by one process while others wait, and again if damaged."""
    if _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.parent / ".lock"):
        if not _is_whole(target):
            beside = target.parent / ".unpacking"
            shutil.rmtree(beside, ignore_errors=True)  # of a process that died
            write(beside)
            (beside / _SEAL).write_text(_digest(beside / WEIGHTS))
            shutil.rmtree(target, ignore_errors=True)
            beside.rename(target)
    return target


def pack(model: Path, target: Path = PACKED) -> None:
    """Write a sentence-transformers folder in packed form; a model card already there is kept."""
    skipped = shutil.ignore_patterns(WEIGHTS, _CARD, _SEAL)
    shutil.copytree(model, target, ignore=skipped, dirs_exist_ok=True)
    packed: Tensors = {}
    for name, tensor in load_file(model / WEIGHTS).items():
        if tensor.ndim == 2:
            scale = np.abs(tensor).max(axis=1, keepdims=True).astype(np.float32) / 127
            scale[scale == 0] = 1
            packed[name] = np.rint(tensor / scale).astype(np.int8)
            packed[name + _SCALE] = scale
        else:
            packed[name] = tensor.astype(np.float32)
    save_file(packed, target / _PACKED_WEIGHTS)


def _unpack_to(folder: Path) -> None:
    shutil.copytree(PACKED, folder, ignore=shutil.ignore_patterns(_PACKED_WEIGHTS, _CARD))
    packed = load_file(PACKED / _PACKED_WEIGHTS)
    tensors = {
        name: packed[name] * packed[name + _SCALE] if name + _SCALE in packed else packed[name]
        for name in packed
        if not name.endswith(_SCALE)
    }
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})


def _is_whole(folder: Path) -> bool:
    try:
        return (folder / _SEAL).read_text() == _digest(folder / WEIGHTS)
    except OSError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
