"""Words a citizen would not understand, each with the plain word to use instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Label, Record
from knowledge.review.finding import Finding, Kind
from knowledge.review.parts import texts_of
from knowledge.yaml_file import ContentError, Loc, Problem, line_of, read_yaml

LIST = Path(__file__).parents[1] / "jargon.yaml"

_COPIED = re.compile(r"“[^”]*”")
"""What stands on a paper or a screen is copied as it is."""


class Jargon(Record):
    """A word to avoid."""

    word: Label
    plain: Label
    also: tuple[Label, ...] = ()
    """Other forms of the word."""
    within: tuple[Label, ...] = ()
    """Phrases in which it is right, names above all."""
    note: Label | None = None
    """When it may stand."""


class Words:
    """The list, ready to be looked for in texts."""

    def __init__(self, listed: tuple[Jargon, ...]) -> None:
        self.listed = listed
        self._forms = {
            form.casefold(): jargon for jargon in listed for form in (jargon.word, *jargon.also)
        }
        allowed = [phrase for jargon in listed for phrase in jargon.within]
        forms = [form for jargon in listed for form in (jargon.word, *jargon.also)]
        any_of = "|".join(map(_pattern, sorted([*forms, *allowed], key=len, reverse=True)))
        self._pattern = re.compile(rf"(?<![\w/-])(?:{any_of})(?![\w/-])")  # longest first

    def found_in(self, text: str) -> dict[Jargon, str]:
        """Each listed word that the text uses outside of “…” and of allowed phrases, as written."""
        found = self._pattern.findall(_COPIED.sub("“”", text))
        listed = ((self._forms.get(" ".join(form.casefold().split())), form) for form in found)
        return {jargon: form for jargon, form in listed if jargon}


def review(library: Library, today: date) -> Iterator[Finding]:
    """Every use of a listed word in an Entry that does not explain it."""
    words = read_words(LIST)
    for entry in library:
        used = [
            (loc, jargon, form)
            for loc, text in _own_words(entry)
            for jargon, form in words.found_in(text).items()
        ]
        whole = "\n".join(text for _, text in texts_of(entry))
        explained = {jargon for _, jargon, _ in used if _explains(whole, jargon)}
        for loc, jargon, form in used:
            if jargon not in explained:
                message = f"“{form}”: say “{jargon.plain}”"
                if jargon.note:
                    message += f" ({jargon.note})"
                yield Finding(Kind.JARGON, entry.id, loc, message)


@cache
def read_words(path: Path) -> Words:
    """A list of words to avoid: word → plain word, or plain, also, within and note.

    Raises ContentError with every problem in the file.
    """
    node, data = read_yaml(path)
    problems, listed = [], []
    for word, value in data.items():
        fields = value if isinstance(value, dict) else {"plain": value}
        try:
            listed.append(Jargon.model_validate({**fields, "word": word}))
        except ValidationError as error:
            for e in error.errors():
                loc: Loc = (word, *e["loc"])
                field = ".".join(map(str, loc))
                problems.append(Problem(path, line_of(node, loc), field, e["msg"]))
    if problems:
        raise ContentError(problems)
    return Words(tuple(listed))


def _own_words(entry: AnyEntry) -> Iterator[tuple[Loc, str]]:
    """What citizens read, without the names of laws, which are cited as they are."""
    for loc, text in texts_of(entry):
        if loc[:2] != ("facts", Facet.LEGAL_BASIS.value):
            yield loc, text


def _pattern(form: str) -> str:
    """Short forms count in capitals alone, "TNCN"; everything else in any case."""
    spaced = r"\s+".join(map(re.escape, form.split()))
    return spaced if form.isupper() else f"(?i:{spaced})"


def _explains(text: str, jargon: Jargon) -> bool:
    """Whether the text says what the word means: "word (…)", "… (word)", "word, tức là …".

    At the start of a sentence, "Word là …" explains it too.
    """
    word = f"(?:{'|'.join(map(_pattern, (jargon.word, *jargon.also)))})"
    after = rf"(?<!\w){word}”?(?:(?: \w+){{0,3}} \([^\W\d]| – \w|,? (?:tức|nghĩa) là)"
    before = rf"\({word}\)"
    start = rf"(?:^|\n|[.!?] )“?{word}”? là (?!gì)"
    return re.search(f"{after}|{before}|{start}", text) is not None
