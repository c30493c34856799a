"""The pages on which a second person looks at a Proposal, and on which Editions are published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter, HTTPException, Request, Response

from bot.messages import node
from knowledge.clock import today
from knowledge.load import dump_entry
from knowledge.model import Source
from knowledge.places import PROVINCES
from knowledge.proposals import Proposal, ProposalError, State, applied, check, has_moved
from knowledge.store import UnknownEdition
from webhook.admin.access import HOME, Posted, to
from webhook.admin.check_page import begin
from webhook.admin.desk import Desk
from webhook.admin.difference import differences
from webhook.admin.press import Press, note_of
from webhook.admin.preview import ANYBODY, Asked, preview
from webhook.admin.roles import May, Person
from webhook.admin.sessions import Session
from webhook.admin.view import FriendlyRoute, page
from webhook.admin.words import WORDS

REVIEW = f"{HOME}/duyet"
EDITIONS = f"{HOME}/an-ban"


def reviewing_router(desk: Desk, press: Press) -> APIRouter:
    """Review, publish, Editions."""
    router = APIRouter(route_class=FriendlyRoute)
    _review_routes(router, desk, press)
    _edition_routes(router, desk, press)
    return router


def _review_routes(router: APIRouter, desk: Desk, press: Press) -> None:
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.REVIEW)

    @router.get(REVIEW)
    def waiting(session: Session = reader) -> Response:
        return _list_page(desk, session)

    @router.get(REVIEW + "/{proposal_id:int}")
    def review(proposal_id: int, request: Request, session: Session = reader) -> Response:
        return _review_page(desk, session, proposal_id, asked=Asked.of(request.query_params))

    @router.post(REVIEW + "/{proposal_id:int}")
    def decide(proposal_id: int, posted: Posted = form) -> Response:
        person, revision = posted.session.person, posted.text("revision")
        number = int(revision) if revision.isdecimal() else 0
        try:
            match posted.text("lam"):
                case "duyet":
                    found = desk.proposals.approve(
                        proposal_id, number, person.login, posted.text("comment")
                    )
                    desk.gate.log.write(person, "approved", found.entry_id)
                    # Done by the time somebody wants to publish.
                    if press.checks and not check(found, desk.library):
                        press.checks.start(press.candidate([found]), person.login)
                case "tra":
                    found = desk.proposals.send_back(
                        proposal_id, number, person.login, posted.text("comment")
                    )
                    desk.gate.log.write(person, "sent_back", found.entry_id, comment=found.comment)
                case "hen":
                    _schedule(desk, proposal_id, number, posted, _day(posted.text("day")))
                case "xuat-ban":
                    found = desk.proposals.get(proposal_id)
                    if found.revision != number or found.state is not State.APPROVED:
                        raise ProposalError("wrong_state")
                    if _day(posted.text("ends")) != found.ends_on:
                        day = found.publish_on
                        found = _schedule(desk, proposal_id, number, posted, day)
                    return _publish(press, [found], person)
                case _:
                    raise HTTPException(404)
        except ProposalError as error:
            if error.reason == "unknown_proposal":
                raise HTTPException(404) from None
            return _review_page(desk, posted.session, proposal_id, problem=error.reason)
        return to(f"{REVIEW}/{proposal_id}")

    @router.post(REVIEW + "/xuat-ban")
    def publish_all(posted: Posted = form) -> Response:
        ready = [p for p in desk.proposals.all((State.APPROVED,)) if p.publish_on is None]
        try:
            return _publish(press, ready, posted.session.person)
        except ProposalError as error:
            return _list_page(desk, posted.session, problem=error.reason)


def _publish(press: Press, proposals: Sequence[Proposal], person: Person) -> Response:
    """To the page of their check; where nothing can be checked, out with them."""
    if press.checks:
        return begin(press.checks, press.candidate(proposals), person.login)
    press.publish(proposals, person, note_of(proposals))
    return to(f"{EDITIONS}?xong=published")


def _schedule(
    desk: Desk, proposal_id: int, revision: int, posted: Posted, day: date | None
) -> Proposal:
    ends_on = _day(posted.text("ends"))
    found = desk.proposals.schedule(proposal_id, revision, day, ends_on)
    desk.gate.log.write(
        posted.session.person, "scheduled", found.entry_id, day=day, ends_on=ends_on
    )
    return found


def _day(text: str) -> date | None:
    """ProposalError if it is no date."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ProposalError("no_date") from None


def _list_page(desk: Desk, session: Session, problem: str = "") -> Response:
    return page(
        "reviews",
        session,
        status=409 if problem else 200,
        proposals=desk.proposals.all(),
        today=today(),
        ready=len([p for p in desk.proposals.all((State.APPROVED,)) if p.publish_on is None]),
        problem=WORDS.say(f"write.{problem}") if problem else "",
    )


def _review_page(
    desk: Desk,
    session: Session,
    proposal_id: int,
    *,
    asked: Asked = ANYBODY,
    problem: str = "",
) -> Response:
    try:
        proposal = desk.proposals.get(proposal_id)
    except ProposalError:
        raise HTTPException(404) from None
    published = desk.known().edition
    library, number = published.library, published.number
    before = library.entries.get(proposal.entry_id)
    complete = not check(proposal, library)
    new = applied(library, [proposal]) if complete else library
    return page(
        "review",
        session,
        status=409 if problem else 200,
        proposal=proposal,
        is_new=before is None,
        changes=differences(dump_entry(before) if before else {}, proposal.body),
        sources=differences(
            {key: _row(library.sources[key]) for key in _ids(proposal) if key in library.sources},
            {str(row["id"]): row for row in proposal.sources},
        ),
        before=preview(before, library, number, asked, desk.public_url) if before else None,
        after=preview(new.entries[proposal.entry_id], new, number + 1, asked, desk.public_url)
        if complete
        else None,
        moved=has_moved(proposal, library),
        own=session.person.login in proposal.writers,
        facets=node("facets"),
        provinces=[province.name for province in PROVINCES.values()],
        problem=WORDS.say(f"write.{problem}") if problem else "",
    )


def _ids(proposal: Proposal) -> list[str]:
    return [str(row["id"]) for row in proposal.sources]


def _row(source: Source) -> dict[str, object]:
    return source.model_dump(mode="json", exclude_none=True)


def _edition_routes(router: APIRouter, desk: Desk, press: Press) -> None:
    reader, form = desk.gate.needs(May.READ), desk.gate.form_for(May.PUBLISH)

    @router.get(EDITIONS)
    def editions(xong: str = "", session: Session = reader) -> Response:
        return page(
            "editions",
            session,
            editions=press.editions.list(),
            ending=desk.proposals.ending(),
            serving=desk.known().edition.number,
            done=WORDS.node("editions.done").get(xong, ""),
        )

    @router.post(EDITIONS + "/{number:int}")
    def roll_back(number: int, posted: Posted = form) -> Response:
        person = posted.session.person
        try:
            if press.checks:
                return begin(press.checks, press.former(number), person.login)
            press.roll_back(number, person)
        except UnknownEdition:
            raise HTTPException(404) from None
        return to(f"{EDITIONS}?xong=rolled_back")

    @router.post(EDITIONS + "/o-lai/{proposal_id:int}")
    def stay(proposal_id: int, posted: Posted = form) -> Response:
        try:
            stays = desk.proposals.stay(proposal_id)
        except ProposalError:
            raise HTTPException(404) from None
        desk.gate.log.write(posted.session.person, "stays", stays.entry_id)
        return to(f"{EDITIONS}?xong=stays")
