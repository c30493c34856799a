"""Reads one document, in a process of its own that may not take long nor much.

    python -m knowledge.documents FILE < ORIGIN

ORIGIN is an Origin as JSON. Prints {"drafts": […]} or {"why": …}, and nothing of what it read
elsewhere.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import warnings
from pathlib import Path

MOST_MEMORY = 1_500_000_000
MOST_SECONDS = 20
"""Of computing; the process that started this one also looks at the clock."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes nothing but its answer
    warnings.simplefilter("ignore")
    logging.disable()  # libraries quote what they stumble over
    # Only now: what is read with them counts against the limits.
    from knowledge.documents.blocks import Unreadable, Why
    from knowledge.documents.draft import Origin
    from knowledge.documents.read import read_document

    said: dict[str, object]
    try:
        drafts = read_document(Path(sys.argv[1]), Origin.model_validate_json(sys.stdin.read()))
        said = {"drafts": [draft.model_dump(mode="json") for draft in drafts]}
    except Unreadable as error:
        said = {"why": error.why}
    except (MemoryError, RecursionError):
        said = {"why": Why.BOMB}
    print(json.dumps(said, ensure_ascii=True))


if __name__ == "__main__":
    main()
