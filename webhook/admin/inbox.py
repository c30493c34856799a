"""The inbox: what the bot could not answer well, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response

from bot.decide import inside
from bot.draft import Known
from bot.inbox.items import Kind
from bot.inbox.store import PAGE, Group, Inbox, Sight, State, Wanted
from bot.messages import node
from bot.model import Channel
from knowledge.model import AnyEntry
from knowledge.places import PROVINCES
from knowledge.proposals import ProposalError
from webhook.admin import fields
from webhook.admin.access import HOME, Posted, to
from webhook.admin.desk import Desk
from webhook.admin.inbox_deeds import add_questions, begin_draft, take_out
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

INBOX = f"{HOME}/hop-thu"
NEAREST = 3
FOUND = 5
"""Entries shown to somebody who looks for another one."""
TICKED = 3
"""Of a group's questions, those ticked from the start."""


@dataclass(frozen=True)
class InboxDesk:
    """What these pages work with."""

    desk: Desk
    inbox: Inbox
    known: Callable[[], Known]


def inbox_router(table: InboxDesk) -> APIRouter:
    """The list of groups, and a group."""
    router = APIRouter(route_class=FriendlyRoute)
    writer, form = table.desk.gate.needs(May.EDIT), table.desk.gate.form_for(May.EDIT)

    @router.get(INBOX)
    def groups(
        buoc: str = "",
        loai: str = "",
        kenh: str = "",
        tinh: str = "",
        xep: str = "",
        tu: int = 0,
        session: Session = writer,
    ) -> Response:
        wanted = Wanted(
            State(buoc) if buoc in set(State) else State.OPEN,
            Kind(loai) if loai in set(Kind) else None,
            Channel(kenh) if kenh in set(Channel) else None,
            tinh if tinh in PROVINCES else "",
            xep == "moi",
            max(0, tu),
        )
        return _list_page(table, session, wanted)

    @router.get(INBOX + "/{group_id:int}")
    def group(group_id: int, tim: str = "", xong: str = "", session: Session = writer) -> Response:
        done = WORDS.node("inbox.done").get(xong, "")
        return _group_page(table, session, group_id, sought=tim, done=done)

    @router.post(INBOX + "/{group_id:int}")
    def deed(group_id: int, posted: Posted = form) -> Response:
        found = _find(table, posted.session.person, group_id)
        try:
            return to(f"{INBOX}/{group_id}?xong={_do(table, posted, found)}")
        except ProposalError as error:
            problem = WORDS.say(f"write.{error.reason}")
            return _group_page(table, posted.session, group_id, problem=problem)

    return router


def sight(person: Person) -> Sight:
    """Whose questions a person sees."""
    return Sight(person.provinces, person.fields)


def _find(table: InboxDesk, person: Person, group_id: int) -> Group:
    found = table.inbox.get(group_id, sight(person))
    if found is None:
        raise HTTPException(404)
    return found


def _list_page(table: InboxDesk, session: Session, wanted: Wanted) -> Response:
    table.inbox.follow(table.desk.proposals)
    seen = sight(session.person)
    listed, total = table.inbox.page(wanted, seen)
    following = wanted.start + PAGE
    return page(
        "inbox",
        session,
        groups=listed,
        total=total,
        wanted=wanted,
        counts=table.inbox.counts(seen),
        states=list(State),
        kinds=list(Kind),
        channels=list(Channel),
        provinces={
            key: province.name
            for key, province in PROVINCES.items()
            if not seen.provinces or key in seen.provinces
        },
        following=following if following < total else None,
    )


def _group_page(
    table: InboxDesk,
    session: Session,
    group_id: int,
    *,
    sought: str = "",
    done: str = "",
    problem: str = "",
) -> Response:
    table.inbox.follow(table.desk.proposals)
    found = _find(table, session.person, group_id)
    return page(
        "inbox_group",
        session,
        status=409 if problem else 200,
        group=found,
        ticked=TICKED,
        nearest=_entries(table.known(), found.asked[0].text, NEAREST),
        sought=sought,
        others=_entries(table.known(), sought, FOUND) if sought.strip() else [],
        kinds=list(fields.FORMS),
        may_close=found.whole,
        reasons=node("journal.reasons"),
        done=done,
        problem=problem,
    )


def _entries(known: Known, text: str, count: int) -> list[AnyEntry]:
    """The Entries that search finds nearest."""
    hits = inside(known.searcher.search(known.searcher.read(text)))
    return [known.edition.library.entries[hit.entry_id] for hit in hits[:count]]


def _do(table: InboxDesk, posted: Posted, group: Group) -> str:
    """What a button asks for; returns the key of the sentence that says it is done."""
    person, log = posted.session.person, table.desk.gate.log
    deed, _, entry_id = posted.text("lam").partition(":")
    asked = {each.text for each in group.asked}
    texts = [text for text in posted.texts("cau") if text in asked]
    match deed:
        case "them" if group.state is State.OPEN:
            entry = table.desk.library.entries.get(entry_id)
            if entry is None or not person.may_edit(entry):
                raise HTTPException(403)
            written, added = add_questions(table.desk, person, entry, texts)
            table.inbox.drafted(group.id, person.login, written.id, added)
            log.write(person, "inbox_added", entry_id, group=group.id, questions=len(added))
            return "added"
        case "nhap" if group.state is State.OPEN:
            new, added = begin_draft(
                table.desk, person, posted.text("title"), posted.text("kind"), texts
            )
            table.inbox.drafted(group.id, person.login, new.id, added)
            log.write(person, "inbox_drafted", new.entry_id, group=group.id, questions=len(added))
            return "drafted"
        case "dong" if group.state is State.OPEN and group.whole:
            table.inbox.close(group.id, person.login)
            log.write(person, "inbox_closed", _name(group), questions=group.count)
            return "closed"
        case "mo-lai" if group.state is not State.OPEN and group.whole:
            if group.state is State.DRAFTED:
                take_out(table.desk, person, group)
            table.inbox.reopen(group.id)
            log.write(person, "inbox_reopened", _name(group), was=group.state)
            return "reopened"
    raise HTTPException(403)


def _name(group: Group) -> str:
    return f"hop-thu/{group.id}"
