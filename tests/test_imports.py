"""The tree is the architecture: imports point one way, and each foreign library has one home."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("webhook", "bot", "retrieval", "knowledge")
"""A layer may import those to its right."""
HOMES = {
    "faiss": ["retrieval/index.py"],
    "sentence_transformers": ["retrieval/encoder.py", "retrieval/training/encoder/__main__.py"],
    "transformers": ["retrieval/encoder.py"],
    "bm25s": ["retrieval/lexical.py"],
    "rapidfuzz": ["bot/scam/hosts.py"],
    "langchain": ["bot/llm.py"],
    "langchain_core": ["bot/llm.py"],
    "langchain_openai": [],
    "telegram": ["webhook/channels/telegram/client.py", "webhook/channels/telegram/sending.py"],
    "PIL": ["webhook/media/codes.py"],
    "pypdfium2": ["webhook/paper/certificate.py"],
    "zxingcpp": ["webhook/media/codes.py"],
    "faster_whisper": ["webhook/media/voice.py"],
    "cryptography": ["webhook/sealing.py"],
    "pwdlib": ["webhook/admin/people.py"],
    "pyotp": ["webhook/admin/people.py"],
    "dbos": ["webhook/queue/durable.py", "webhook/queue/records.py"],
    "openpyxl": ["knowledge/sheets/workbook.py"],
    "docx": ["knowledge/documents/docx.py"],
    "pypdf": ["knowledge/documents/pdf.py"],
}
ENVIRONMENT = {
    # These two write, for a library that reads it, and before importing it.
    "retrieval/encoder.py": "setdefault",
    "webhook/channels/telegram/client.py": "setdefault",
}
"""Files beside webhook/settings.py that may touch os.environ, and the one thing they may do."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every file of ours with its path below the root."""
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            yield name, ast.parse(path.read_text(encoding="utf-8"), name)


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level packages a file imports, those inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module).split(".")[0]


def test_imports_point_one_way() -> None:
    for name, tree in modules():
        forbidden = {"tests", "bench", *LAYERS[: LAYERS.index(name.split("/")[0])]}
        assert not forbidden.intersection(imported(tree)), name


@pytest.mark.parametrize(("library", "homes"), HOMES.items())
def test_each_foreign_library_has_one_home(library: str, homes: list[str]) -> None:
    assert [name for name, tree in modules() if library in imported(tree)] == homes


def test_the_environment_is_read_in_the_settings_alone() -> None:
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
                assert name in ENVIRONMENT or name == "webhook/settings.py", name
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                assert not {"environ", "getenv"} & {alias.name for alias in node.names}, name


@pytest.mark.parametrize(("name", "use"), ENVIRONMENT.items())
def test_an_exception_does_only_what_it_is_allowed_to(name: str, use: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    assert source.count("os.environ") == source.count(f"os.environ.{use}(") == 1


def test_only_the_edge_is_asynchronous() -> None:
    for name, tree in modules():
        if not name.startswith("webhook/"):
            assert not any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(tree)), name
