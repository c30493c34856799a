"""Spreadsheets' rows put into a Library: facts to the Entry of the same code, or an own Entry."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from knowledge.districts import REFORM
from knowledge.imported import Import
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Procedure, Source
from knowledge.sheets.entry import ON_THE_LIST, is_name_and_level
from knowledge.sheets.likeness import ENOUGH_FOR_A_NAME, ENOUGH_FOR_FACTS, Names
from knowledge.sheets.remarks import Reason
from knowledge.sheets.standing import refusal
from knowledge.wording import fold, shortened

ONLY_A_NAME = "nothing certain but its name"
OF_DISTRICTS = "named after the level of districts"
KNOWN_FIELD = "an old list names it, in a field of which we have newer entries"


_DISTRICTS = re.compile(r"\b(?:cấp huyện|cấp quận|huyện/thành phố)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


class Fate(StrEnum):
    """What became of a row."""

    ADDED = "added to an entry"
    NOTHING_NEW = "says nothing new of an entry"
    OWN = "an entry of its own"
    HELD = "kept as data"


@dataclass(frozen=True)
class Outcome:
    """What became of one row."""

    fate: Fate
    reason: str = ""
    """Why it is held."""
    about: str = ""
    """The title of the Entry of its code, if there is one."""
    added: tuple[str, ...] = ()
    """The facets its facts were added to; "name" for an alias, "question" for how people ask."""
    refused: tuple[tuple[Facet, str], ...] = ()
    """Facets that were not added, and why."""


@dataclass(frozen=True)
class WithSheets:
    """A Library with spreadsheets, and what became of their rows."""

    library: Library
    outcomes: dict[str, dict[str, Outcome]]
    """Source id → Entry id of the row → what became of it."""


def with_sheets(
    library: Library,
    sheets: Mapping[str, Mapping[str, Import]],
    national: Mapping[str, Import],
) -> WithSheets:
    """The Library with the rows of all sheets (by Source id), the newest first: an older sheet
    does not add what a newer one of its province says.

    `national` are the imports of the national database, those behind Entries of ours too: they
    have the official names, by which offices know procedures.
    """
    merger = _Merger(library)
    for found in national.values():
        merger.learn_name(found.entry)
    items = [(source, key, row) for source, rows in sheets.items() for key, row in rows.items()]
    items.sort(key=lambda item: (-item[2].entry.checked_on.toordinal(), item[0], item[1]))
    outcomes: dict[str, dict[str, Outcome]] = {source: {} for source in sheets}
    for source, key, row in items:
        outcomes[source][key] = merger.put(row)
    return WithSheets(Library(merger.entries, merger.sources), outcomes)


class _Merger:
    def __init__(self, library: Library) -> None:
        self.entries: dict[str, AnyEntry] = dict(library.entries)
        self.sources: dict[str, Source] = dict(library.sources)
        procedures = [entry for entry in library if isinstance(entry, Procedure)]
        self._by_code = {entry.code: entry.id for entry in procedures if entry.code}
        self._fields = [set(fold(entry.field).split()) for entry in procedures]
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._alike = Names()
        for entry in library:
            self._claim(entry)

    def learn_name(self, official: Procedure) -> None:
        """Take the official name of a code for another name of its Entry."""
        if official.code in self._by_code:
            self._alike.add(self._by_code[official.code], [official.full_name])

    def put(self, row: Import) -> Outcome:
        """Put one row in."""
        if row.held:
            return Outcome(Fate.HELD, row.held)
        entry = row.entry
        base = self.entries.get(self._by_code.get(entry.code, "") if entry.code else entry.id)
        if isinstance(base, Procedure):
            return self._add(base, row)
        if reason := self._why_not_own(entry):
            return Outcome(Fate.HELD, reason)
        self._keep(entry, row.source)
        return Outcome(Fate.OWN)

    def _why_not_own(self, entry: Procedure) -> str:
        """Why there is no Entry of its own.

        Of a mere name on a list from before the reform: where we have newer knowledge of its field
        and not of its code, the procedure has probably been abolished or given another code.
        """
        if self._names.get(_name(entry.title)):
            return Reason.OTHER_CODE
        if not is_name_and_level(entry.facts):
            return ""
        if Facet.ONLINE not in entry.facts:
            return ONLY_A_NAME
        if _DISTRICTS.search(entry.full_name):
            return OF_DISTRICTS
        old = entry.checked_on < REFORM
        return KNOWN_FIELD if old and self._is_known(entry.field) else ""

    def _is_known(self, field: str) -> bool:
        """Whether we have Entries of the field: "Nhà ở" is in "Nhà ở và công sở"."""
        words = set(fold(field).split())
        return any(words == known or (len(words) > 1 and words <= known) for known in self._fields)

    def _add(self, base: Procedure, row: Import) -> Outcome:
        name = row.entry.full_name
        alike = self._alike.likeness(name, base.id)
        if alike < ENOUGH_FOR_FACTS:
            return Outcome(Fate.HELD, Reason.OTHER_NAME, base.title)
        if self._alike.another_is_nearer(name, base.id):
            return Outcome(Fate.HELD, Reason.NEARER, base.title)
        refused = []
        facts = dict(base.facts)
        for facet, said in row.entry.facts.items() if not _is_only_listed(row.entry) else ():
            if reason := refusal(base, facet, said):
                refused.append((facet, reason))
            else:
                facts[facet] = (*base.facts.get(facet, ()), *said)
        added: tuple[str, ...] = tuple(f for f in facts if facts[f] != base.facts.get(f))
        aliases = self._new_names(base, row.entry) if alike >= ENOUGH_FOR_A_NAME else ()
        asked = tuple(q for q in _asked(row.entry) if q not in base.questions)
        added += ("name",) * bool(aliases) + ("question",) * bool(asked)
        if not added:
            return Outcome(Fate.NOTHING_NEW, "", base.title, (), tuple(refused))
        changed = base.model_copy(
            update={
                "facts": facts,
                "aliases": (*base.aliases, *aliases),
                "questions": (*base.questions, *asked),
                "regions": _regions(base, row.entry),
            }
        )
        self._keep(changed, row.source)
        return Outcome(Fate.ADDED, "", base.title, added, tuple(refused))

    def _new_names(self, base: Procedure, entry: Procedure) -> tuple[str, ...]:
        """Names that no Entry has yet; one that another Entry has would lead to both. A name with
        other numbers ("dưới 3.000 m3") or of districts is of a scope that has changed."""
        names = {_name(name): name for name in (entry.title, *entry.aliases)}
        numbers = set(_NUMBER.findall(" ".join((base.title, *base.aliases, *base.questions))))
        return tuple(
            name
            for folded, name in names.items()
            if not self._names.get(folded)
            and not name.endswith("…")
            and not _DISTRICTS.search(name)
            and set(_NUMBER.findall(name)) <= numbers
        )

    def _keep(self, entry: Procedure, source: Source) -> None:
        self.entries[entry.id] = entry
        self.sources.setdefault(source.id, source)
        if entry.code:
            self._by_code[entry.code] = entry.id
        self._claim(entry)

    def _claim(self, entry: AnyEntry) -> None:
        for name in (entry.title, *entry.aliases):
            self._names[_name(name)].add(entry.id)
        if isinstance(entry, Procedure):
            self._alike.add(entry.id, (entry.full_name, *entry.aliases))


def _is_only_listed(entry: Procedure) -> bool:
    """Whether all it says is that it is on the list, by some decision."""
    return all(fact.text.startswith(ON_THE_LIST) for fact in entry.all_facts())


def _asked(entry: Procedure) -> tuple[str, ...]:
    """How people ask for it, without its name."""
    return tuple(question for question in entry.questions if question != entry.full_name)


def _regions(base: Procedure, other: Procedure) -> tuple[str, ...]:
    """Where the Entry holds: everywhere if either does."""
    if not base.regions or not other.regions:
        return ()
    return tuple(dict.fromkeys((*base.regions, *other.regions)))


def _name(name: str) -> str:
    """A name as it is compared: without diacritics, marks, and "Thủ tục" in front."""
    return " ".join(fold(shortened(name)).removeprefix("thu tuc ").strip(" .").split())
