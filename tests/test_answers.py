"""What is said is in the record: every shipped Entry, every facet, on several days and places."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from bot.check import record_text, text_of, unsupported
from bot.compose import CHANGE_SHOWN_BEFORE, MAX_CHOICES, OVERVIEW_FACETS, Composer, day
from bot.messages import all_words, node, say
from bot.model import Answer, BlockKind, Status
from knowledge.freshness import OLD_AFTER
from knowledge.load import Library, load
from knowledge.model import AnyEntry, Confidence, Facet, Fact, Procedure
from knowledge.places import PROVINCES, Place

LIBRARY = load()
ENTRIES = list(LIBRARY)
DAYS = (date(2026, 11, 21), date(2027, 3, 2), date(2028, 1, 1))
PLACES = (None, Place("ha-noi"), Place("hai-phong"), Place("tay-ninh"), Place("ha-noi", "00070"))
TODAY = DAYS[0]

_NUMBER = re.compile(r"\d+(?:[.,/-]\d+)*")
_LINK = re.compile(r"https?://[^\s'\"]+")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


Case = tuple[date, Place | None, tuple[Facet, ...], Answer]
_CASES: dict[str, list[Case]] = {}


def composer(today: date = TODAY, library: Library = LIBRARY) -> Composer:
    return Composer(library, 7, today)


def questions(entry: AnyEntry) -> list[tuple[Facet, ...]]:
    facets = tuple(entry.facts) if isinstance(entry, Procedure) else ()
    unknown = [facet for facet in Facet if facet not in facets][:2]
    return list(dict.fromkeys([(), *((facet,) for facet in (*facets, *unknown)), facets[:3]]))


def all_answers(entry: AnyEntry) -> list[Case]:
    if entry.id not in _CASES:
        _CASES[entry.id] = [
            (today, place, facets, composer(today).answer(entry, facets, place))
            for today in DAYS
            for place in PLACES
            for facets in questions(entry)
        ]
    return _CASES[entry.id]


def numbers(text: str) -> set[str]:
    """Numbers as they are written."""
    return {n.rstrip(".,") for n in _NUMBER.findall(_LINK.sub(" ", text))}


def shown_facts(entry: AnyEntry, facets: tuple[Facet, ...], answer: Answer) -> list[Fact]:
    """The facts of the facets asked that stand in the answer."""
    facts = list(entry.all_facts())
    if isinstance(entry, Procedure):
        known = {facet for facet, facts in entry.facts.items() if facts}
        overview = set(OVERVIEW_FACETS) & known or {next(f for f in Facet if f in known)}
        asked = overview if answer.status is Status.ANSWERED_OVERVIEW else set(facets) & known
        facts = [fact for facet in asked for fact in entry.facts[facet]]
    return [fact for fact in facts if lines_of(fact, answer)]


def record_of(entry: AnyEntry, facets: tuple[Facet, ...]) -> str:
    """What the record holds for these facets; for no facets, all of it."""
    known = [facet for facet in facets if facet is not Facet.OVERVIEW]
    if not isinstance(entry, Procedure) or not known:
        return record_text(entry)
    facts = {facet: entry.facts[facet] for facet in known if facet in entry.facts}
    other = entry.model_dump(exclude={"facts", "questions", "aliases"})
    return str([fact.model_dump() for kept in facts.values() for fact in kept]) + str(other)


def links(text: str) -> set[str]:
    return {link.rstrip(".,;)'") for link in _LINK.findall(text)}


def lines_of(fact: Fact, answer: Answer) -> list[str]:
    """The lines that tell a fact: its text and, where it has one, its condition."""
    condition = (fact.condition or " ")[1:]
    lines = [line for block in answer.blocks for line in block.lines]
    return [line for line in lines if fact.text in line and condition in line]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_every_number_link_and_phone_is_in_the_record(entry: AnyEntry) -> None:
    """Checked without our own checker: each stands, as written, in the facts asked."""
    record = record_text(entry)
    dates = {day(date.fromisoformat(d)) for d in _ISO.findall(record)}
    ours = numbers(str(node("answer"))) | dates
    told = {facets: record_of(entry, facets) for facets in questions(entry)}
    allowed = {facets: (numbers(text) | ours, links(text)) for facets, text in told.items()}
    said = {(text_of(answer), facets) for _, _, facets, answer in all_answers(entry)}
    for text, facets in said:
        known_numbers, known_links = allowed[facets]
        assert not numbers(text) - known_numbers, facets
        assert not links(text) - known_links, facets
    assert not unsupported("\n".join(text for text, _ in said), record + all_words())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_facts_come_with_sources_a_date_and_the_edition(entry: AnyEntry) -> None:
    for today, place, facets, answer in all_answers(entry):
        where = (today, place, facets)
        assert answer.edition == 7
        assert answer.entry_id == entry.id
        assert str(answer.page).endswith(f"/{entry.id}"), where
        if answer.status is Status.ANSWERED_FACET_UNKNOWN:
            assert say("answer.facet_unknown") in text_of(answer)
            continue
        shown = shown_facts(entry, facets, answer)
        assert shown, where
        cited = {s.title for s in answer.sources}
        assert {LIBRARY.sources[s].title for fact in shown for s in fact.sources} <= cited, where
        assert answer.checked_on == min(fact.checked_on for fact in shown), where


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_what_has_expired_begins_later_or_is_uncertain_is_said_so(entry: AnyEntry) -> None:
    for today, place, facets, answer in all_answers(entry):
        lines = [line for block in answer.blocks for line in block.lines]
        for fact in shown_facts(entry, facets, answer):
            line = lines_of(fact, answer)[0]
            if fact.valid_until and fact.valid_until < today:
                assert say("answer.expired", date=day(fact.valid_until)) in line
            elif fact.valid_from and fact.valid_from > today:
                assert say("answer.not_yet", date=day(fact.valid_from)) in line
            elif fact.valid_until:
                assert say("answer.until", date=day(fact.valid_until)) in line
            if fact.confidence is not Confidence.HIGH:
                assert say("answer.unsure_mark").strip() in line, (place, facets)
                assert say("answer.unsure") in lines
            if fact.caution:
                assert fact.caution in line
        oldest = answer.checked_on or today
        warned = say("answer.old_record", date=day(oldest)) in lines
        assert warned == (today - oldest > OLD_AFTER)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_a_fact_of_another_province_is_not_told_as_one_of_here(entry: AnyEntry) -> None:
    for _today, place, facets, answer in all_answers(entry):
        for fact in shown_facts(entry, facets, answer):
            if not fact.regions:
                continue
            line = lines_of(fact, answer)[0]
            names = ", ".join(PROVINCES[region].name for region in fact.regions)
            here = place is not None and place.province_id in fact.regions
            assert here != (f"({names})" in line), (place, facets)


REGIONAL = [
    entry
    for entry in LIBRARY
    if isinstance(entry, Procedure) and any(fact.regions for fact in entry.all_facts())
]


@pytest.mark.parametrize("entry", REGIONAL, ids=lambda e: e.id)
def test_facts_of_other_provinces_are_left_out_where_there_are_others(entry: Procedure) -> None:
    for facet, facts in entry.facts.items():
        answer = composer().answer(entry, [facet], Place("ca-mau"))
        elsewhere = [f for f in facts if f.regions and "ca-mau" not in f.regions]
        if len(elsewhere) < len(facts):
            assert not any(f.text in text_of(answer) for f in elsewhere)


CHANGES = [(entry, change) for entry in LIBRARY for change in entry.changes]


@pytest.mark.parametrize(("entry", "change"), CHANGES, ids=lambda value: getattr(value, "id", ""))
def test_a_coming_change_is_told_180_days_before_and_kept_after(entry, change) -> None:  # type: ignore[no-untyped-def]
    told = f"{day(change.effective_on)}: {change.text}"
    for days_before, mark in (
        (181, None),
        (180, "Sắp thay đổi từ"),
        (1, "Sắp thay đổi từ"),
        (0, "Đã có thay đổi từ"),
        (-400, "Đã có thay đổi từ"),
    ):
        today = change.effective_on - timedelta(days=days_before)
        for facets in questions(entry):
            answer = composer(today).answer(entry, facets)
            warnings = [b.lines[0] for b in answer.blocks if b.kind is BlockKind.WARNING]
            about = [line for line in warnings if told in line]
            assert len(about) == (mark is not None)
            assert all(line.startswith(str(mark)) for line in about)
            titles = {LIBRARY.sources[s].title for s in change.sources}
            if mark:
                assert titles <= {s.title for s in answer.sources}
    assert timedelta(days=180) == CHANGE_SHOWN_BEFORE


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_choices_lead_somewhere_and_not_where_one_is(entry: AnyEntry) -> None:
    for _, _, facets, answer in all_answers(entry):
        assert len(answer.choices) <= MAX_CHOICES
        assert len({c.label for c in answer.choices}) == len(answer.choices)
        for choice in answer.choices:
            kind, entry_id, *facet = choice.action.split(":")
            assert kind == "entry"
            assert entry_id in LIBRARY.entries
            assert choice.action.isascii()
            assert len(choice.action) <= 64
            other = LIBRARY.entries[entry_id]
            assert not facet or (isinstance(other, Procedure) and other.facts[Facet(facet[0])])
            assert not (entry_id == entry.id and facet and Facet(facet[0]) in facets)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_nothing_is_left_of_a_template(entry: AnyEntry) -> None:
    for _, _, _, answer in all_answers(entry):
        assert all(line.strip() for block in answer.blocks for line in block.lines)
        assert not re.search(r"[{}]|None|\bnan\b", text_of(answer))


def test_a_facet_nobody_knows_is_not_guessed() -> None:
    entry = LIBRARY.entries["khai-sinh"]
    answer = composer().answer(entry, [Facet.BENEFIT])
    assert answer.status is Status.ANSWERED_FACET_UNKNOWN
    assert str(entry.portal_url) in text_of(answer)


def test_a_known_facet_is_answered_beside_an_unknown_one() -> None:
    answer = composer().answer(LIBRARY.entries["khai-sinh"], [Facet.BENEFIT, Facet.FEE])
    assert (answer.status, answer.facet) == (Status.ANSWERED_FACET, Facet.FEE)
    assert "Miễn lệ phí" in text_of(answer)
    assert say("answer.facet_unknown") in text_of(answer)


def test_the_checker_finds_what_is_not_in_the_record() -> None:
    allowed = "Phí 8.000 đồng trong 03 ngày, xem https://dichvucong.gov.vn/a hoặc gọi 1800 1096"
    for text in (
        "Phí 8.000 đồng trong 3 ngày (https://dichvucong.gov.vn/a).",
        "gọi 1800 1096",
        "Phí 8000 đồng",
    ):
        assert unsupported(text, allowed) == set()
    for text, found in (
        ("Phí 9.000 đồng", {"9000"}),
        ("gọi 0912345678", {"912345678"}),
        ("https://dichvucong.gov.vn/b", {"https://dichvucong.gov.vn/b"}),
        ("trong 4 ngày", {"4"}),
    ):
        assert unsupported(text, allowed) == found
