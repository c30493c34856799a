"""What is found in a message, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LIKELY = 4
"""Weight from which a message has many marks of a scam."""
SUSPICIOUS = 2
"""Weight from which it has some."""


class Kind(StrEnum):
    """What may be found. Each has a weight in signs.yaml, and its words in messages.yaml."""

    # in the name of an address
    SUFFIX_INSIDE = "suffix_inside"
    GOV_WORD = "gov_word"
    STATE_NAME = "state_name"
    BRAND_NAME = "brand_name"
    STRANGE_LETTERS = "strange_letters"
    USER_PART = "user_part"
    IP = "ip"
    PORT = "port"
    SHORTENER = "shortener"
    FREE_PAGE = "free_page"
    CHEAP_ENDING = "cheap_ending"
    LURE = "lure"
    PRESS = "press"
    INSTALL_FILE = "install_file"
    # in a number
    FOREIGN_NUMBER = "foreign_number"
    DEAR_NUMBER = "dear_number"
    # in the words
    DISGUISED = "disguised"
    SECRET = "secret"  # noqa: S105  (a mark, not a password)
    CARD = "card"
    MONEY = "money"
    PRIVATE_ACCOUNT = "private_account"
    AUTHORITY = "authority"
    COMPANY = "company"
    THREAT = "threat"
    DEADLINE = "deadline"
    INSTALL = "install"
    LOGIN = "login"
    LINK_ASKED = "link_asked"
    PRESS_KEY = "press_key"
    BIOMETRIC = "biometric"
    PRIZE = "prize"
    SUBSIDY = "subsidy"
    REFUND = "refund"
    JOB = "job"
    LOAN = "loan"
    INVEST = "invest"
    GAMBLING = "gambling"
    RECOVERY = "recovery"
    RELATIVE = "relative"
    DEBT = "debt"
    BLACKMAIL = "blackmail"
    CUSTOMS = "customs"
    PARCEL = "parcel"
    SECRECY = "secrecy"
    PRIVATE_CHAT = "private_chat"
    QR = "qr"
    SALE = "sale"


class Level(StrEnum):
    """How much was found. There is none that says a message is safe."""

    LIKELY = "likely"
    SUSPICIOUS = "suspicious"
    LITTLE = "little"
    WARNING = "warning"
    """The message itself warns of scams."""


@dataclass(frozen=True)
class Finding:
    """One mark of a scam, and the host it was found in."""

    kind: Kind
    host: str = ""


@dataclass(frozen=True)
class Judgement:
    """What was found in a message. Holds no phone number and nothing of its text but hosts."""

    level: Level
    findings: tuple[Finding, ...] = ()
    """The weightiest first."""
    official: tuple[str, ...] = ()
    """Hosts on the list of official addresses."""
    unknown: tuple[str, ...] = ()
    """Hosts of which nothing is known, good or bad."""
    has_link: bool = False
    has_number: bool = False
    guides: tuple[str, ...] = ()
    """Ids of the Guides that fit, the best first."""
