"""Whether what a sheet says on a facet may stand beside what an Entry says already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.districts import REFORM
from knowledge.figures import lengths_in, sums_in
from knowledge.model import Duration, DurationUnit, Facet, Fact, Procedure
from knowledge.sheets.remarks import Reason

OURS_OF_THE_PROVINCE = "we have facts of this province"
WHOLE_COUNTRY = "we have facts for the whole country"
OLDER = "older than what we have"

_LOCAL = (Facet.WHERE, Facet.TIME, Facet.FEE, Facet.BENEFIT)
"""What provinces decide; papers, steps and conditions are the same in the whole country, and a
second list of them would be read as more of them."""
_LEFT_TO_PROVINCES = re.compile(
    r"tỉnh[^.]{0,40} quy định|hội đồng nhân dân|địa phương quy định|từng (?:tỉnh|địa phương)"
    r"|tùy (?:theo )?(?:tỉnh|địa phương)|mức thu của tỉnh",
    re.IGNORECASE,
)
_DAYS = {
    DurationUnit.HOURS: 1 / 24,
    DurationUnit.DAYS: 1.0,
    DurationUnit.WORKING_DAYS: 1.4,
    DurationUnit.MONTHS: 30.0,
    DurationUnit.YEARS: 365.0,
}


def refusal(entry: Procedure, facet: Facet, said: Sequence[Fact]) -> str:
    """Why the facts said on a facet may not be added to the Entry; "" if they may.

    `said` are of one row: one day, one province or none. What is from before the reform is not
    added to an Entry with newer knowledge, not even where that is silent: of a procedure that the
    portal no longer takes online, an old list says that it does.
    """
    known = entry.facts.get(facet, ())
    region, day = set(said[0].regions), said[0].checked_on
    if any(region & set(fact.regions) for fact in known):
        return OURS_OF_THE_PROVINCE
    if day < REFORM <= max(fact.checked_on for fact in entry.all_facts()):
        return OLDER
    nationwide = [fact for fact in known if not fact.regions]
    if not nationwide:
        return ""
    if facet not in _LOCAL or not region:
        return WHOLE_COUNTRY
    left = any(fact.regions or _LEFT_TO_PROVINCES.search(fact.text) for fact in known)
    if day < max(fact.checked_on for fact in nationwide) and not left:
        return OLDER
    if facet is Facet.FEE and not left and _sums(said) - _sums(nationwide):
        return Reason.ANOTHER_FEE
    if facet is Facet.TIME and _longest(said) > _longest(nationwide) > 0:
        return Reason.LONGER
    return ""


def _sums(facts: Sequence[Fact]) -> set[int]:
    return set().union(*(sums_in(fact.text) for fact in facts))


def _longest(facts: Sequence[Fact]) -> float:
    """In days; 0 if there is none."""
    lengths: set[Duration] = set().union(*(lengths_in(fact.text) for fact in facts))
    return max((length.value * _DAYS[length.unit] for length in lengths), default=0.0)
