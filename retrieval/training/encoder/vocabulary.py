"""A sentence-transformers model → the same model with fewer word pieces.

multilingual-e5-small knows 250,000 pieces of a hundred languages; their vectors are four fifths of
it. A Unigram tokenizer whose rare pieces are gone spells them with shorter ones.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from retrieval.weights import WEIGHTS

WORDS = "embeddings.word_embeddings.weight"
SPECIAL = frozenset({"<s>", "</s>", "<pad>", "<unk>"})
_BATCH = 5_000


def count_pieces(model: Path, texts: Iterable[str]) -> Counter[int]:
    """How often the model's tokenizer uses each piece to write the texts."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    counts: Counter[int] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            counts.update(i for row in tokenizer.encode_batch_fast(batch) for i in row.ids)
            batch.clear()
    counts.update(i for row in tokenizer.encode_batch_fast(batch) for i in row.ids)
    return counts


def prune(model: Path, counts: Counter[int], size: int, target: Path) -> None:
    """Write to `target` the model with its `size` most useful pieces.

    Kept are the special pieces, every single character, the pieces counted, most frequent first,
    and then those with the highest score of their own: everyday English, mostly.
    """
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: list[list[str | float]] = tokenizer["model"]["vocab"]

    def worth(i: int) -> tuple[bool, int, float]:
        piece, score = vocabulary[i]
        indispensable = piece in SPECIAL or len(str(piece).removeprefix("▁")) <= 1
        return indispensable, counts[i], float(score)

    kept = sorted(sorted(range(len(vocabulary)), key=worth, reverse=True)[:size])
    tokenizer["model"]["vocab"] = [vocabulary[i] for i in kept]
    moved = {old: new for new, old in enumerate(kept)}
    tokenizer["model"]["unk_id"] = moved[tokenizer["model"]["unk_id"]]
    for token in tokenizer["post_processor"]["special_tokens"].values():
        token["ids"] = [moved[i] for i in token["ids"]]
    shutil.copytree(model, target)
    text = json.dumps(tokenizer, ensure_ascii=False)
    (target / "tokenizer.json").write_text(text, encoding="utf-8")
    weights = load_file(model / WEIGHTS)
    weights[WORDS] = weights[WORDS][kept]
    save_file(weights, target / WEIGHTS, {"format": "pt"})
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config |= {"vocab_size": len(kept), "pad_token_id": moved[config["pad_token_id"]]}
    (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
