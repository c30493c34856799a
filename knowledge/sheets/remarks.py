"""What an import says about rows and cells, for the office that keeps the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a remark means for the row."""

    ROW = "row left out"
    CELL = "cell left out"
    REPAIRED = "repaired"
    NOTED = "kept, to be looked at"
    HELD = "kept as data"


class Reason(StrEnum):
    """The reasons, for the table that sums them up."""

    NO_NAME = "no name"
    EXAMPLE = "an example row of the template"
    TEST = "a test row"
    BAD_CODE = "malformed code"
    REPAIRED_CODE = "malformed code, repaired"
    CODE_TWICE = "code stands twice"
    NAME_TWICE = "name stands twice under different codes"
    FORMULA = "formula or spreadsheet error"
    TOO_LONG = "cell too long"
    DISTRICT = "names the level of districts"
    NOT_A_LEVEL = "not a level of government"
    OLD_SCALE = "old scale of online services"
    NOT_A_CHOICE = "not one of the values"
    NO_UNIT = "number without a unit"
    UNCLEAR_NUMBER = "number that cannot be told"
    BAD_DATE = "unreadable or impossible date"
    BAD_LINK = "not a page of the state"
    NOT_ALLOWED = "not allowed as a record"
    OTHER_NAME = "the entry of this code has another name"
    NEARER = "another entry's name is nearer"
    OTHER_CODE = "an entry of another code has this name"
    ANOTHER_FEE = "another fee than that of the whole country"
    LONGER = "longer than the time of the whole country"


@dataclass(frozen=True)
class Remark:
    """One thing about one row: where, what, and what to do."""

    row: int
    """As the spreadsheet shows it."""
    column: str
    """Its letter; empty: the whole row."""
    header: str
    effect: Effect
    reason: Reason
    message: str
    """For the clerk: what is wrong and what to do, in Vietnamese."""

    def __str__(self) -> str:
        place = f"dòng {self.row}"
        if self.column:
            place += f", cột {self.column} ({self.header})"
        return f"{place}: {self.message}"
