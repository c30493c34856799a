"""Turns approved Proposals into an Edition: by hand, on their day, and back again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.proposals import Proposal, ProposalError, State, applied, check, without
from knowledge.store import Edition, Editions
from webhook.admin.checks import Candidate, Checks
from webhook.admin.desk import Desk
from webhook.admin.jobs import Job
from webhook.admin.roles import Person
from webhook.admin.words import WORDS


@dataclass(frozen=True)
class Press:
    """What publishing needs."""

    desk: Desk
    editions: Editions
    checks: Checks | None = None
    """None where nothing can be asked on trial: then there is nothing to wait for."""

    def candidate(self, proposals: Sequence[Proposal]) -> Candidate:
        """The newest Edition with these in it. ProposalError if one can no longer be published, or
        if none is given."""
        if not proposals:
            raise ProposalError("nothing_to_publish")
        base = self._newest()
        if any(check(proposal, base.library) for proposal in proposals):
            raise ProposalError("not_complete")
        what = {"proposals": [proposal.id for proposal in proposals]}
        title = "; ".join(proposal.title for proposal in proposals)
        return Candidate(base, applied(base.library, proposals), what, title)

    def former(self, number: int) -> Candidate:
        """An earlier Edition's content. UnknownEdition if there is none of it."""
        title = WORDS.say("check.former", number=number)
        library = self.editions.get(number).library
        return Candidate(self._newest(), library, {"edition": number}, title)

    def again(self, job: Job) -> Candidate:
        """What a check was made of, as it is now. ProposalError if a Proposal has moved on."""
        what = job.given["what"]
        if "edition" in what:
            return self.former(what["edition"])
        return self.candidate(self._still_approved(what["proposals"]))

    def publish_checked(self, job: Job, by: Person, reason: str) -> int:
        """Publish what a check was made of. ProposalError if something has moved since, or if it
        breaks golden questions and no reason is given."""
        what = job.given["what"]
        if self.checks is None or not self.checks.holds_for(job, self.again(job)):
            raise ProposalError("check_stale")
        if job.result["broken"] and not reason:
            raise ProposalError("reason_missing")
        if "edition" in what:
            number = self.roll_back(what["edition"], by)
        else:
            proposals = self._still_approved(what["proposals"])
            number = self.publish(proposals, by, note_of(proposals))
        if broken := job.result["broken"]:
            questions = [row["question"] for row in broken]
            self.desk.gate.log.write(
                by, "published_despite", str(number), reason=reason, questions=questions
            )
        return number

    def publish(self, proposals: Sequence[Proposal], by: Person | None, note: str) -> int:
        """The number of the Edition with these in it. ProposalError as for `candidate`; then
        nothing is published."""
        number, _ = self.editions.publish(self.candidate(proposals).library, note)
        for proposal in self.desk.proposals.published(proposals, number):
            self.desk.gate.log.write(
                by,
                "published",
                proposal.entry_id,
                edition=number,
                writers=proposal.writers,
                reviewer=proposal.reviewer,
            )
        return number

    def keep_the_calendar(self, today: date) -> None:
        """Withdraw what ends and publish what was scheduled for today or before; what can no longer
        be published, or would break a golden question, waits for somebody to look at it. Several
        processes may do so at once."""
        self._withdraw_ended(today)
        library = self.desk.library
        due = self.desk.proposals.due(today)
        self._publish_sound([proposal for proposal in due if not check(proposal, library)])

    def roll_back(self, number: int, by: Person) -> int:
        """Publish an earlier Edition's content again. UnknownEdition if there is none of it."""
        new, _ = self.editions.publish(self.editions.get(number).library, f"← {number}")
        gone = self.desk.proposals.take_back(number)
        self.desk.gate.log.write(by, "rolled_back", str(number), edition=new, entries=gone)
        return new

    def _publish_sound(self, proposals: Sequence[Proposal]) -> None:
        """Together if that breaks nothing; otherwise those that by themselves do not."""
        if not proposals:
            return
        if self._is_sound(self.candidate(proposals)):
            self.publish(proposals, None, note_of(proposals))
        elif len(proposals) > 1:
            for proposal in proposals:
                self._publish_sound([proposal])

    def _is_sound(self, candidate: Candidate) -> bool:
        if self.checks is None:
            return True
        job = self.checks.run(candidate)
        return self.checks.holds_for(job, candidate) and not job.result["broken"]

    def _withdraw_ended(self, today: date) -> None:
        """What has ended is told no longer, whatever the golden questions say of it."""
        ended = [p for p in self.desk.proposals.ending() if p.ends_on and p.ends_on <= today]
        if not ended:
            return
        library = without(self._newest().library, {proposal.entry_id for proposal in ended})
        titles = "; ".join(proposal.title for proposal in ended)
        number, _ = self.editions.publish(library, WORDS.say("editions.ended", titles=titles))
        for proposal in self.desk.proposals.withdrawn(ended, number):
            self.desk.gate.log.write(
                None, "withdrawn", proposal.entry_id, edition=number, ends_on=proposal.ends_on
            )

    def _still_approved(self, numbers: Sequence[int]) -> list[Proposal]:
        found = [self.desk.proposals.get(number) for number in numbers]
        if any(proposal.state is not State.APPROVED for proposal in found):
            raise ProposalError("check_stale")
        return found

    def _newest(self) -> Edition:
        newest, serving = self.editions.newest_number(), self.desk.known().edition
        if newest is None:
            raise ProposalError("nothing_to_publish")
        return serving if serving.number == newest else self.editions.get(newest)


def note_of(proposals: Sequence[Proposal]) -> str:
    """What the list of Editions says of them."""
    return "; ".join(proposal.note or proposal.title for proposal in proposals)[:500]
