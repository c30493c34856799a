"""What holds for a time or in a place is told when and where it holds, and never as anything else.

The fee of replacing a lost identity card: half of it until 31/12/2026, nothing at all for who files
online from 15/08/2026 to 28/02/2027. The rest is a Procedure made for the purpose.
"""

from __future__ import annotations

from datetime import date

import pytest

from bot.check import text_of
from bot.compose import Composer, day
from bot.messages import say
from knowledge.load import SHIPPED, Library, load, read_entry
from knowledge.model import Facet, Fact, Procedure, Source, SourceKind
from knowledge.places import PROVINCES, Place

HALF = "35.000 đồng khi cấp lại thẻ bị mất, hỏng (đã giảm một nửa)."
WAIVED = "Miễn lệ phí đổi, cấp lại thẻ."


@pytest.mark.parametrize(
    ("today", "half", "waived"),
    [
        (date(2026, 8, 14), f"until {date(2026, 12, 31)}", f"from {date(2026, 8, 15)}"),
        (date(2026, 8, 15), f"until {date(2026, 12, 31)}", f"until {date(2027, 2, 28)}"),
        (date(2026, 12, 31), f"until {date(2026, 12, 31)}", f"until {date(2027, 2, 28)}"),
        (date(2027, 1, 1), f"ended {date(2026, 12, 31)}", f"until {date(2027, 2, 28)}"),
        (date(2027, 2, 28), f"ended {date(2026, 12, 31)}", f"until {date(2027, 2, 28)}"),
        (date(2027, 3, 1), f"ended {date(2026, 12, 31)}", f"ended {date(2027, 2, 28)}"),
    ],
)
def test_a_fee_is_told_by_the_day_it_is_asked(today: date, half: str, waived: str) -> None:
    entry = read_entry(SHIPPED / "procedures/can-cuoc.yaml")
    lines = text_of(Composer(load(), 1, today).answer(entry, [Facet.FEE])).splitlines()
    assert [period(line) for line in lines if HALF in line] == [half]
    assert [period(line) for line in lines if WAIVED in line] == [waived]
    told = [period(line).split()[0] for line in lines if HALF in line or WAIVED in line]
    assert told == sorted(told, key=["until", "from", "ended"].index), "in force first, ended last"


def period(line: str) -> str:
    """What a line says of its time."""
    for moment in (date(2026, 8, 15), date(2026, 12, 31), date(2027, 2, 28)):
        for word, key in (("until", "until"), ("from", "not_yet"), ("ended", "expired")):
            if say(f"answer.{key}", date=day(moment)) in line:
                return f"{word} {moment}"
    return "always"


def fee(text: str, **details: object) -> Fact:
    return Fact.model_validate(
        {"text": text, "sources": ["portal"], "checked_on": date(2026, 6, 30), **details}
    )


def composer(entry: Procedure, today: date = date(2026, 11, 21)) -> Composer:
    source = Source(id="portal", title="Cổng Dịch vụ công", kind=SourceKind.PORTAL)
    return Composer(Library({entry.id: entry}, {"portal": source}), 1, today)


def licence(*fees: Fact, **details: object) -> Procedure:
    return Procedure.model_validate(
        {
            "id": "giay-phep",
            "title": "Giấy phép thử",
            "summary": "Một thủ tục để thử.",
            "field": "Thử",
            "facts": {Facet.FEE: fees},
            **details,
        }
    )


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 12, 31), say("answer.not_yet", date="01/01/2027")),
        (date(2027, 1, 1), say("answer.until", date="30/06/2027")),
        (date(2027, 6, 30), say("answer.until", date="30/06/2027")),
        (date(2027, 7, 1), say("answer.expired", date="30/06/2027")),
    ],
)
def test_a_whole_entry_has_its_time_too(today: date, said: str) -> None:
    entry = licence(fee("Miễn phí."), valid_from=date(2027, 1, 1), valid_until=date(2027, 6, 30))
    for facets in ((), (Facet.FEE,)):
        assert said in text_of(composer(entry, today).answer(entry, facets))


def test_what_is_in_force_is_told_first_and_a_provinces_own_before_the_countrys() -> None:
    entry = licence(
        fee("Mức cũ.", valid_until=date(2026, 1, 1)),
        fee("Mức sắp tới.", valid_from=date(2027, 1, 1)),
        fee("Mức cả nước."),
        fee("Mức của Huế.", regions=["hue"]),
    )
    answer = text_of(composer(entry).answer(entry, [Facet.FEE], Place("hue")))
    told = ["Mức của Huế.", "Mức cả nước.", "Mức sắp tới.", "Mức cũ."]
    assert sorted(told, key=answer.index) == told
    assert "Mức của Huế." in text_of(composer(entry).answer(entry, (), Place("hue")))
    assert "Mức của Huế." not in text_of(
        composer(entry).answer(entry, [Facet.FEE], Place("ca-mau"))
    )


def test_thirty_four_provinces_fees_are_told_to_who_says_where_they_live() -> None:
    fees = [fee(f"Mức thu số {i}.", regions=[name]) for i, name in enumerate(PROVINCES)]
    for entry in (licence(*fees), licence(fee("Mức cả nước."), *fees)):
        nowhere = text_of(composer(entry).answer(entry, [Facet.FEE]))
        assert "Mức thu số" not in nowhere
        assert say("place.provinces_differ") in nowhere
        there = text_of(composer(entry).answer(entry, [Facet.FEE], Place("ha-noi")))
        assert "Mức thu số 0." in there
        assert there.count("Mức thu số") == 1
        assert say("place.provinces_differ") not in there


def test_an_overview_tells_nothing_of_another_province() -> None:
    entry = licence(fee("Mức của Huế.", regions=["hue"]))
    assert "Mức của Huế." not in text_of(composer(entry).answer(entry, (), Place("ca-mau")))
