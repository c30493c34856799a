"""Who may do what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from knowledge.model import AnyEntry, Procedure, Record


class Role(StrEnum):
    VIEWER = "viewer"
    TEAM_LEADER = "team_leader"
    CLERK = "clerk"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


class May(StrEnum):
    """What a page or a button asks for."""

    READ = "read"
    """See Entries, drafts, Editions, figures."""
    EDIT = "edit"
    """Write drafts, answer the inbox."""
    REVIEW = "review"
    """Approve what somebody else wrote."""
    PUBLISH = "publish"
    MANAGE = "manage"
    """People, channels, the audit log."""
    LEAD = "lead"
    """The community teams' own pages."""
    ANSWER = "answer"
    """Talk with people at the desks they are put at."""


RIGHTS = {
    Role.VIEWER: {May.READ},
    Role.TEAM_LEADER: {May.READ, May.LEAD, May.ANSWER},
    Role.CLERK: {May.READ, May.ANSWER},
    Role.EDITOR: {May.READ, May.EDIT, May.ANSWER},
    Role.REVIEWER: {May.READ, May.EDIT, May.REVIEW, May.PUBLISH, May.ANSWER},
    Role.ADMINISTRATOR: set(May),
}


class Person(Record):
    """Somebody with an account."""

    id: int
    login: str
    name: str
    role: Role
    provinces: tuple[str, ...] = ()
    """The provinces they work for; empty: the whole country."""
    fields: tuple[str, ...] = ()
    """The fields (lĩnh vực) they work on; empty: all."""
    active: bool = True
    has_password: bool = False
    has_totp: bool = False
    seen_at: datetime | None = None

    def may(self, what: May) -> bool:
        """Whether their role allows it at all."""
        return self.active and what in RIGHTS[self.role]

    def may_edit(self, entry: AnyEntry) -> bool:
        """Whether they may write a draft of this Entry. Who is limited to provinces writes Entries
        of those provinces alone; who is limited to fields, Procedures of those fields."""
        if not self.may(May.EDIT):
            return False
        in_provinces = not self.provinces or (
            bool(entry.regions) and set(entry.regions) <= set(self.provinces)
        )
        in_fields = not self.fields or (isinstance(entry, Procedure) and entry.field in self.fields)
        return in_provinces and in_fields
