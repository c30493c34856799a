"""What becomes of questions from the inbox: ways of asking in a Proposal, and out of it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import HTTPException

from bot.inbox.store import Group, hash_of
from bot.protect import without_masks
from knowledge.load import dump_entry
from knowledge.model import AnyEntry
from knowledge.proposals import OPEN, Proposal, ProposalError
from knowledge.wording import fold
from webhook.admin import fields
from webhook.admin.desk import Desk
from webhook.admin.entries import id_for
from webhook.admin.roles import Person

SHORTEST, LONGEST = 4, 900
"""Letters of a way of asking, as the record allows."""


def add_questions(
    desk: Desk, by: Person, entry: AnyEntry, texts: Sequence[str]
) -> tuple[Proposal, list[str]]:
    """Put ways of asking into the Entry's Proposal, a new one if none is open; returns it and those
    that were not there yet. ProposalError if there is nothing to add."""
    begun = desk.proposals.begin(entry.id, dump_entry(entry), entry, by.login)
    there = list(begun.body.get("questions", ()))
    known = {fold(text) for text in there}
    new = [text for text in ways_of_asking(texts) if fold(text) not in known]
    if not new:
        raise ProposalError("no_new_questions")
    body = {**begun.body, "questions": [*there, *new]}
    return desk.proposals.save(begun.id, begun.revision, by.login, body, begun.sources), new


def begin_draft(
    desk: Desk, by: Person, title: str, kind: str, texts: Sequence[str]
) -> tuple[Proposal, list[str]]:
    """A new Entry's Proposal with these ways of asking, in the writer's own provinces and field.
    ProposalError if it has no name."""
    entry_id = id_for(title, desk.library.entries)
    if not entry_id:
        raise ProposalError("title_missing")
    if kind not in fields.FORMS:
        raise HTTPException(404)
    asked = ways_of_asking(texts)
    body: dict[str, Any] = {"kind": kind, "id": entry_id, "title": title, "questions": asked}
    if by.provinces:
        body["regions"] = list(by.provinces)
    if by.fields and kind == "procedure":
        body["field"] = by.fields[0]
    return desk.proposals.begin(entry_id, body, None, by.login), asked


def take_out(desk: Desk, by: Person, group: Group) -> None:
    """Take a group's ways of asking out of the Proposal they were put into, and give the Proposal
    up if nothing else was written in it. What is published stays."""
    if group.proposal_id is None:
        return
    found = desk.proposals.get(group.proposal_id)
    if found.state not in OPEN:
        return
    asked = found.body.get("questions", ())
    left = [text for text in asked if hash_of(text) not in group.added]
    body = {key: value for key, value in found.body.items() if key != "questions"}
    if left:
        body["questions"] = left
    published = desk.library.entries.get(found.entry_id)
    untouched = body == dump_entry(published) if published else found.revision == 1
    if untouched:
        desk.proposals.drop(found.id, found.revision)
    else:
        desk.proposals.save(found.id, found.revision, by.login, body, found.sources)


def ways_of_asking(texts: Sequence[str]) -> list[str]:
    """Questions as a record may keep them: without masked numbers, none twice."""
    short = (without_masks(text)[:LONGEST].strip() for text in texts)
    return list({fold(text): text for text in short if len(text) >= SHORTEST}.values())
