"""The portal's lines of ways to apply → how long, what it costs, and what else they say.

A number becomes typed only if its line leaves no doubt: it touches no other number, has its unit,
and nothing in the line's notes speaks of another one. Everything else stays the portal's own text,
or, where it would be a number without a meaning, is not shown at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.figures import UNITS, lengths_in, sums_in
from knowledge.model import Facet, Fact
from knowledge.national.facts import Desk, Outcome, distinct
from knowledge.national.readings import (
    NO_INFORMATION,
    NO_UNIT,
    UNREADABLE,
    Reading,
    Value,
    agreed,
    doubt,
    length_of,
    sum_of,
)
from knowledge.national.ways import Charge, Line, Way
from knowledge.wording import LONGEST

TIME, FEE, WAYS = "time", "fee", "ways"
"""Names in the report; they share the portal's column cach_thuc_thuc_hien."""

CONDITIONS = {
    Way.IN_PERSON: "nộp trực tiếp",
    Way.ONLINE: "nộp trực tuyến",
    Way.POST: "nộp qua bưu chính",
}
NO_FEE = (
    "Cổng không ghi khoản phí phải nộp; mức thu có thể do tỉnh quy định, nên hỏi nơi nộp hồ sơ."
)
_UNITS = {unit: name for name, unit in UNITS.items()}
_EMPTY_NOTE = re.compile(
    r"[-–.*+ ]*(?:(?:không|chưa)(?: có| quy định| thu)?)?[-–.*+ ]*", re.IGNORECASE
)


def facets_of(lines: Sequence[Line], desk: Desk) -> dict[Facet, list[Fact]]:
    """Time, fee, and the ways to apply."""
    facts = {
        Facet.TIME: time_facts(lines, desk),
        Facet.FEE: fee_facts(lines, desk),
        Facet.WHERE: ways_facts(lines, desk),
    }
    for note in _other_notes(lines):
        desk.count(WAYS, Outcome.KEPT, "description")
        facts[Facet.TIME if lengths_in(note) else Facet.WHERE] += desk.quoted(note)
    return facts


def ways_facts(lines: Sequence[Line], desk: Desk) -> list[Fact]:
    """How an application can reach the office."""
    ways = dict.fromkeys(line.way for line in lines)
    if not ways:
        return []
    desk.count(WAYS, Outcome.TYPED, times=len(ways))
    named = ", ".join(way.removeprefix("Dịch vụ ").lower() for way in ways)
    return [desk.typed(f"Cách nộp hồ sơ Cổng nêu: {named}.")]


def time_facts(lines: Sequence[Line], desk: Desk) -> list[Fact]:
    """How long it takes."""
    readings = [length_of(line) for line in lines]
    length = agreed(lines, readings)
    _count(desk, TIME, readings, length)
    facts = []
    for line, reading in zip(lines, readings, strict=True):
        condition = CONDITIONS[line.way]
        if length and reading.value:
            said = f"{length.value:g} {_UNITS[length.unit]}, theo Cổng Dịch vụ công quốc gia."
            facts.append(desk.typed(said, duration=length, condition=condition))
        elif reading.reason == NO_UNIT:
            facts.append(desk.see_page("Cổng ghi thời hạn nhưng không ghi rõ đơn vị"))
        elif reading.reason != NO_INFORMATION:
            facts += desk.quoted(_joined(line.length, line.note), condition)
    return distinct(_without_needless_conditions(facts, lines))


def fee_facts(lines: Sequence[Line], desk: Desk) -> list[Fact]:
    """What it costs."""
    readings = [sum_of(line) for line in lines]
    amount = agreed(lines, readings)
    charged = [line for line, r in zip(lines, readings, strict=True) if r.value is not None]
    said = "" if amount is None else _sum_and_notes(amount, charged)
    if len(said) > LONGEST:
        amount = None
    _count(desk, FEE, readings, amount)
    facts: list[Fact] = []
    if amount is not None:
        facts += (
            desk.typed(said, amount=amount, condition=CONDITIONS[line.way]) for line in charged
        )
    for line, reading in zip(lines, readings, strict=True):
        if amount is None or reading.value is None:
            facts += _fee_in_words(line, desk)
    return distinct(_without_needless_conditions(facts, lines))


def _sum_and_notes(amount: int, lines: Iterable[Line]) -> str:
    """The sum with what stands in brackets behind it, each note once; it often has the unit."""
    notes = [charge.note.strip(" .;:-+*") for line in lines for charge in line.charges]
    distinct_notes = [note for note in dict.fromkeys(notes) if not _EMPTY_NOTE.fullmatch(note)]
    said = f"{amount:,}".replace(",", ".") + " đồng"
    if distinct_notes:
        said += "; Cổng ghi thêm: " + "; ".join(f"“{note}”" for note in distinct_notes)
    return said + "."


def _fee_in_words(line: Line, desk: Desk) -> Iterator[Fact]:
    """The charges of a line that are not typed, as far as they can be shown."""
    condition = CONDITIONS[line.way]
    for number, charge in enumerate(line.charges):
        note = "" if _EMPTY_NOTE.fullmatch(charge.note) else charge.note
        if charge.number is None:
            if not sums_in(note):  # "Miễn phí(lần đầu: 600.000 đồng)" is not free
                yield desk.typed(NO_FEE, condition=condition)
            yield from desk.quoted(note, condition) if note else ()
        elif doubt(charge, line.glued and number == 0) in UNREADABLE:
            yield desk.see_page("Cổng ghi mức thu không đọc được chắc chắn")
            if note and _is_plausible(charge, note):
                yield from desk.quoted(note, condition)
        else:
            yield from desk.quoted(_joined(charge.text, note), condition)
    if line.charges and sums_in(line.note):
        yield from desk.quoted(line.note, condition)


def _is_plausible(charge: Charge, note: str) -> bool:
    """Whether the sums of a note can be what "25 VNĐ" was meant to be: "25.000đ", not
    "25.000.000đ", which stands there once."""
    digits = (charge.number or "").replace(",", "")
    return not digits.isdigit() or all(sum_ <= int(digits) * 1_000 for sum_ in sums_in(note))


def _other_notes(lines: Sequence[Line]) -> list[str]:
    """Descriptions that are not shown with a time or a fee, each once."""
    readings = [length_of(line) for line in lines]
    length = agreed(lines, readings)
    shown_with_time = [
        length is None and reading.reason not in (NO_INFORMATION, NO_UNIT) for reading in readings
    ]
    return list(
        dict.fromkeys(
            line.note
            for line, shown in zip(lines, shown_with_time, strict=True)
            if not shown
            and not _EMPTY_NOTE.fullmatch(line.note)
            and not (line.charges and sums_in(line.note))
        )
    )


def _without_needless_conditions(facts: list[Fact], lines: Sequence[Line]) -> list[Fact]:
    """What is said of every way is said once, of none in particular."""
    ways = {CONDITIONS[line.way] for line in lines}
    said: dict[str, set[str | None]] = {}
    for fact in facts:
        said.setdefault(fact.text, set()).add(fact.condition)
    return [
        fact.model_copy(update={"condition": None}) if said[fact.text] >= ways else fact
        for fact in facts
    ]


def _count(desk: Desk, column: str, readings: Sequence[Reading[Value]], said: Value | None) -> None:
    for reading in readings:
        if reading.value is not None and said is not None:
            desk.count(column, Outcome.TYPED)
        elif reading.value is not None:
            desk.count(column, Outcome.KEPT, "other lines of the table differ or are in doubt")
        elif reading.reason in UNREADABLE or reading.reason == NO_UNIT:
            desk.count(column, Outcome.REJECTED, reading.reason)
        elif reading.reason != NO_INFORMATION:
            desk.count(column, Outcome.KEPT, reading.reason)


def _joined(head: str, note: str) -> str:
    return f"{head}: {note}" if note else head
