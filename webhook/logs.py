"""How loud the log is: ours as the settings say, libraries only when something is wrong.

At a lower level they would write down addresses with tokens in them (httpx, httpcore, telegram),
statements with what people wrote (sqlalchemy, dbos), and prompts (openai, langchain).
"""

from __future__ import annotations

import logging

LIBRARIES = (
    "alembic",
    "asyncio",
    "bm25s",
    "dbos",
    "faiss",
    "faster_whisper",
    "httpcore",
    "httpx",
    "langchain",
    "openai",
    "PIL",
    "python_multipart",
    "sentence_transformers",
    "sqlalchemy",
    "telegram",
    "urllib3",
)


def set_up(level: str) -> None:
    """Write to the error output from here on, at `level` (DEBUG, INFO, WARNING or ERROR)."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s")
    quiet_libraries()


def quiet_libraries() -> None:
    """Keep what libraries have to say below a warning out of every log."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
