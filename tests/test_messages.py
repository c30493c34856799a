"""Every Status has its words, and no words are left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import yaml

import bot
import webhook
from bot.messages import node, say
from bot.model import Status
from knowledge.model import Facet

FILE = Path(str(bot.__file__)).parent / "messages.yaml"
TREE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CODE = {
    path: path.read_text(encoding="utf-8")
    for package in (bot, webhook)
    for path in Path(str(package.__file__)).parent.rglob("*.*")
    if path.suffix in (".py", ".html", ".js")
}
KEY = re.compile(r"""(?<!WORDS\.)\b(?:say|node)\(\s*(f?)["']([\w.{}()]+)["']""")

WORDS = {
    Status.ANSWERED_FACET: "answer.title",
    Status.ANSWERED_OVERVIEW: "answer.documents_listed",
    Status.ANSWERED_GUIDE: "answer.caution",
    Status.ANSWERED_LESSON: "answer.lesson_goal",
    Status.ANSWERED_COURSE: "course.about",
    Status.ANSWERED_LEAFLET: "team.leaflet",
    Status.ANSWERED_STEP: "team.step",
    Status.ANSWERED_CHECKLIST: "checklist.title",
    Status.ANSWERED_TEAM: "team.can",
    Status.ANSWERED_CURATED: "answer.until",
    Status.ANSWERED_SEVERAL: "answer.title",
    Status.ANSWERED_FACET_UNKNOWN: "answer.facet_unknown",
    Status.ANSWERED_EMERGENCY: "emergency.title",
    Status.ANSWERED_DATA_DELETED: "journal.deleted",
    Status.ANSWERED_FEEDBACK: "journal.thanks_up",
    Status.ANSWERED_PLACE: "place.noted",
    Status.ANSWERED_SCAM_CHECK: "scam.level.likely",
    Status.ANSWERED_PRACTICE: "practice.finished",
    Status.ANSWERED_HANDOFF: "handoff.no_desk",
    Status.ANSWERED_BY_PERSON: "handoff.said",
    Status.CLARIFICATION_HANDOFF: "handoff.consent",
    Status.CLARIFICATION_ENTRY: "clarify.entry",
    Status.CLARIFICATION_TOPIC: "clarify.topic",
    Status.CLARIFICATION_CHOICE: "clarify.choice",
    Status.CLARIFICATION_PLACE: "place.change",
    Status.CLARIFICATION_SCAM_CHECK: "scam.ask",
    Status.CLARIFICATION_PRACTICE: "practice.begin",
    Status.CLARIFICATION_FEEDBACK: "journal.ask_reason",
    Status.UNANSWERABLE_NOTHING_FOUND: "unanswerable.nothing",
    Status.UNANSWERABLE_EMPTY: "unanswerable.empty",
    Status.UNANSWERABLE_MEDIA: "unanswerable.media.other",
    Status.REFUSED_OUT_OF_SCOPE: "outside.default",
    Status.REFUSED_ABUSE: "refused.abuse",
    Status.REFUSED_MANIPULATION: "refused.manipulation",
    Status.REFUSED_CHANNEL_OFF: "channel.off",
    Status.SMALLTALK_GREETING: "smalltalk.greeting",
    Status.SMALLTALK_THANKS: "smalltalk.thanks",
    Status.SMALLTALK_GOODBYE: "smalltalk.goodbye",
    Status.SMALLTALK_IDENTITY: "smalltalk.identity",
    Status.SMALLTALK_HELP: "smalltalk.help",
    Status.ERROR_INTERNAL: "error.internal",
}
SILENT = {Status.ANSWERED_NOTHING}
FAMILIES = {
    "answered", "clarification", "unanswerable", "refused", "smalltalk", "error",
}  # fmt: skip


def keys(tree: dict[str, object], before: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from keys(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def called() -> set[str]:
    """Keys as the code calls them; what is filled in at run time becomes one "*"."""
    found = {key for text in CODE.values() for _, key in KEY.findall(text)}
    return {re.sub(r"\{.*?\}", "*", key) for key in found}


def fits(key: str, pattern: str) -> bool:
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", r"[\w]+") + r"(\..+)?", key))


@pytest.mark.parametrize("status", [status for status in Status if status not in SILENT])
def test_every_status_has_words_and_a_family(status: Status) -> None:
    assert len(say(WORDS[status])) > 5
    assert status.family in FAMILIES


@pytest.mark.parametrize("facet", Facet)
def test_every_facet_has_a_label_for_a_button(facet: Facet) -> None:
    assert 3 <= len(say(f"facets.{facet}")) <= 20


@pytest.mark.parametrize("key", sorted(called()))
def test_a_key_that_is_called_exists(key: str) -> None:
    assert any(fits(known, key) for known in keys(TREE))


@pytest.mark.parametrize("key", sorted(keys(TREE)))
def test_a_key_that_exists_is_called(key: str) -> None:
    quoted = re.compile(rf"""["'`]{re.escape(key)}["'`]""")
    assert any(fits(key, pattern) for pattern in called()) or any(
        quoted.search(text) for text in CODE.values()
    )


@pytest.mark.parametrize("key", [key for key in keys(TREE) if isinstance(node(key), str)])
def test_placeholders_are_filled_by_name(key: str) -> None:
    names = {name for _, name, _, _ in Formatter().parse(node(key)) if name is not None}
    assert all(name.isidentifier() for name in names)
    filled = node(key).format(**dict.fromkeys(names, "một"))
    assert "{" not in filled


@pytest.mark.parametrize(
    "path", [path for path in CODE if path.suffix == ".py"], ids=lambda path: path.name
)
def test_every_call_fills_the_placeholders_of_its_sentence(path: Path) -> None:
    for key, arguments in re.findall(
        r"(?<!WORDS\.)"
        r'\bsay\(\s*"([\w.]+)"((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*)\)',
        CODE[path],
    ):
        wanted = {name for _, name, _, _ in Formatter().parse(node(key)) if name}
        given = set(re.findall(r"(?:,|\n)\s*(\w+)=(?!=)", arguments))
        assert wanted == given, key


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("answer.nothing_like_it")
    with pytest.raises(KeyError):
        say("answer")


PROMPTS = {
    "compose.txt": {"title", "facts"},
    "improve.txt": set(),
}


@pytest.mark.parametrize(("name", "placeholders"), PROMPTS.items())
def test_a_prompt_has_its_placeholders(name: str, placeholders: set[str]) -> None:
    text = (Path(str(bot.__file__)).parent / "prompts" / name).read_text(encoding="utf-8")
    assert {field for _, field, _, _ in Formatter().parse(text) if field} == placeholders


def test_our_words_address_people_politely() -> None:
    for key in keys(TREE):
        text = node(key)
        if isinstance(text, str):
            assert not re.search(r"\b(mày|tao|chúng mày|vui lòng liên hệ hotline)\b", text), key


def test_no_key_stands_twice_in_one_place() -> None:
    """YAML would keep the last and drop the others without a word."""

    def keys(found: yaml.Node) -> Iterator[tuple[yaml.Node, str]]:
        if isinstance(found, yaml.MappingNode):
            for key, value in found.value:
                yield found, key.value
                yield from keys(value)

    tree = yaml.compose(FILE.read_text(encoding="utf-8"))
    assert tree is not None
    all_keys = [(id(mapping), key) for mapping, key in keys(tree)]
    assert sorted(key for place, key in set(all_keys)) == sorted(key for _, key in all_keys)
