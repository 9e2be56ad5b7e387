"""The desk on which a batch of mails is filed: verdicts become rows, and evidence for the mails after them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from case_threader.announcements import facts_of, status_fact
from case_threader.deliveries import merged_delivery
from case_threader.evidence import Decided, Evidence, KnownCase, KnownMail, LearnedIds
from case_threader.folding import words_of
from case_threader.mails import ReadMail
from case_threader.numbers import Numbers
from case_threader.rules import choose_case
from case_threader.status import Effect, decides, effect_of, is_from_us
from case_threader.verdicts import Outcome, Verdict
from case_threader.written import Written
from contracts.addresses import Address
from contracts.cases import CaseFact, CaseMailFiled, CaseMerged, CaseOpened
from contracts.mail import MailFacts, MailQuarantined
from kit.events import Heard
from kit.ids import new_id

PREVIEW = 300
SEARCHED_TEXT = 3000
LONGEST_ADDRESS = 320
MOST_PEOPLE = 100
"""People of one mail that are kept as its recipients and taken up as participants."""

_KEPT = frozenset({Outcome.NEW, Outcome.APPEND, Outcome.BOUNCE, Outcome.UNASSIGNED, Outcome.QUARANTINED})


@dataclass(slots=True)
class Desk:
    evidence: Evidence
    numbers: Numbers
    now: datetime
    written: Written = field(default_factory=Written)
    late_bounces: list[KnownMail] = field(default_factory=list)
    adopted: list[tuple[KnownMail, Verdict]] = field(default_factory=list)
    joined: list[tuple[KnownCase, KnownCase]] = field(default_factory=list)
    opened: list[tuple[KnownCase, ReadMail]] = field(default_factory=list)
    said: list[tuple[CaseFact, Heard[Any]]] = field(default_factory=list)

    # ---- one mail

    def file(self, mail: ReadMail, because: Heard[MailFacts]) -> None:
        """Decide where the mail belongs and put it there. A mail that was decided about before stays where it is."""
        message_id = mail.facts.message_id
        former = self.evidence.decided.get(message_id)
        if former is not None and not (former.outcome == Outcome.QUARANTINED and former.held_by is None):
            return
        verdict = choose_case(mail, self.evidence)
        case = self._case_for(mail, verdict, because)
        twin = self.evidence.twin_of(mail.identity)
        if verdict.outcome is Outcome.DUPLICATE:
            held_by = self._add_copy(mail, verdict, because)
        elif twin is not None and mail.is_sent:
            held_by = self._adopt(twin, mail, verdict, case)
        elif verdict.outcome in _KEPT or verdict.rule == "history":
            held_by = self._keep(mail, verdict, case, because)
        else:
            held_by = None
        self._decide(mail, verdict, held_by, version=former.version + 1 if former else 1)
        if case is not None:
            if verdict.outcome is Outcome.APPEND and verdict.verified and mail.own_id is not None:
                case = self._join_other_halves(case, mail.own_id, because)
            self._say_filed(case, message_id, mail, verdict, because)
            if verdict.outcome is Outcome.NEW:
                self.opened.append((case, mail))

    def set_aside(self, event: MailQuarantined) -> None:
        """mail-ingest could not understand it, or a limit refused it; a retry may bring it back."""
        if event.message_id in self.evidence.decided:
            return
        self.written.filings[event.message_id] = {
            "message_id": event.message_id, "version": 1, "outcome": Outcome.QUARANTINED.value, "rule": "quarantine",
            "reason": event.reason[:80], "evidence": {}, "held_by": None, "suggested_case_id": None,
            "mailbox": event.mailbox, "received_at": event.received_at, "decided_at": self.now, "decided_by": "rules",
        }  # fmt: skip
        self.evidence.decided[event.message_id] = Decided(Outcome.QUARANTINED, None, 1)

    # ---- cases

    def _case_for(self, mail: ReadMail, verdict: Verdict, because: Heard[Any]) -> KnownCase | None:
        if verdict.outcome is Outcome.NEW:
            return self._open_case(mail, verdict, because)
        case = self.evidence.live_case(verdict.case_id)
        if case is not None:
            case.mentions.extend(number for number in verdict.mentions if number not in case.mentions)
            self._apply(case, effect_of(mail, verdict, self.evidence), mail.facts.received_at, verdict.reason, because)
        return case

    def _open_case(self, mail: ReadMail, verdict: Verdict, because: Heard[Any]) -> KnownCase:
        effect = effect_of(mail, verdict, self.evidence)
        closes = effect is Effect.CLOSES and self.evidence.settings.close_on_first_outbound
        at = mail.facts.received_at
        case = KnownCase(
            id=new_id(), number=self.numbers.case_number(), version=1, title=mail.title,
            status="closed" if closes else "open", status_at=at, status_reason=verdict.reason,
            account_id=verdict.account_id, contact_id=verdict.contact_id, owner_id=None, last_activity_at=at,
            mentions=list(verdict.mentions), continues=verdict.continues, is_new=True,
        )  # fmt: skip
        opened_by = mail.sender[:LONGEST_ADDRESS]
        self.written.cases[case.id] = {
            "id": case.id, "number": case.number, "version": 1, "title": case.title, "status": case.status,
            "status_at": at, "status_reason": case.status_reason, "account_id": case.account_id,
            "contact_id": case.contact_id, "owner_id": None, "opened_at": self.now, "opened_by": opened_by,
            "opened_wording": mail.wording, "last_activity_at": at, "mentions": case.mentions, "merged_into": None,
            "continues": verdict.continues, "continued_by": None, "deleted_at": None, "is_by_hand": False,
        }  # fmt: skip
        self.evidence.learn_case(case)
        self.evidence.lately_opened[(opened_by, mail.wording)] += 1
        old = self.evidence.live_case(verdict.continues)
        if old is not None:
            old.continued_by = case.id
            self._touch(old)
        prefix = self.evidence.settings.tag_prefix
        opened = CaseOpened(**facts_of(case, prefix), message_id=mail.facts.message_id, opened_at=self.now)
        self.said.append((opened, because))
        if closes:
            self.said.append((status_fact(case, prefix, reason=verdict.reason, at=at), because))
        return case

    def _join_other_halves(self, case: KnownCase, own_id: str, because: Heard[Any]) -> KnownCase:
        """Out of order, one conversation may begin as two cases; the mail between them shows it. The older number stays."""
        for other in self.evidence.other_halves(case, own_id):
            target, source = (case, other) if case.number < other.number else (other, case)
            source.merged_into = target.id
            self._touch(source)
            self._touch(target)
            target.last_activity_at = max(target.last_activity_at, source.last_activity_at)
            target.mentions.extend(number for number in source.mentions if number not in target.mentions)
            joining = {(target.id, email) for case_id, email in self.evidence.parties if case_id == source.id}
            self.evidence.parties |= joining
            self.joined.append((source, target))
            prefix = self.evidence.settings.tag_prefix
            told = CaseMerged(**facts_of(target, prefix), merged_number=source.number, at=self.now)
            self.said.append((told, because))
            effect = Effect.CLOSES if source.status == "closed" else Effect.OPENS
            self._decide_status(target, effect, source.status_at, source.status_reason, because)
            case = target
        return case

    def _touch(self, case: KnownCase | None) -> None:
        if case is not None:
            case.version += 1
            case.is_changed = True

    def _apply(self, case: KnownCase, effect: Effect, at: datetime, reason: str, because: Heard[Any]) -> None:
        """Let a message change the case."""
        self._touch(case)
        case.last_activity_at = max(case.last_activity_at, at)
        self._decide_status(case, effect, at, reason, because)

    def _decide_status(self, case: KnownCase, effect: Effect, at: datetime, reason: str, because: Heard[Any]) -> None:
        """Let something change the status, if it is the newest that has a say."""
        if effect is Effect.NONE or not decides(at, case.status_at):
            return
        former, case.status = case.status, "open" if effect is Effect.OPENS else "closed"
        case.status_at, case.status_reason = at, reason
        if case.status != former:
            self.said.append((status_fact(case, self.evidence.settings.tag_prefix, reason=reason, at=at), because))

    def _say_filed(
        self, case: KnownCase, message_id: UUID, mail: ReadMail, verdict: Verdict, because: Heard[Any]
    ) -> None:
        filed = CaseMailFiled(
            **facts_of(case, self.evidence.settings.tag_prefix), message_id=message_id,
            direction="outgoing" if is_from_us(mail, self.evidence) else "incoming", outcome=verdict.outcome,
            rule=verdict.rule, filed_at=self.now,
        )  # fmt: skip
        self.said.append((filed, because))

    # ---- messages

    def _keep(self, mail: ReadMail, verdict: Verdict, case: KnownCase | None, because: Heard[Any]) -> UUID:
        """Make the mail a message: of the case, or of nobody yet. What it teaches serves the mails after it."""
        facts = mail.facts
        outgoing = is_from_us(mail, self.evidence)
        effect = self._kept_effect(mail, verdict, case)
        identity = mail.identity if self.evidence.twin_of(mail.identity) is None else None  # it is the twin's
        ids = self.evidence.worth_learning(mail.own_id, mail.ancestors, mail.reported, facts.thread_index)
        known = KnownMail(
            id=facts.message_id, case_id=case.id if case else None, direction="outgoing" if outgoing else "incoming",
            is_reply=False, identity=identity, received_at=facts.received_at, mailboxes=[facts.mailbox], effect=effect,
            delivery=_delivery_told_by(mail),
        )  # fmt: skip
        place = self.numbers.place()
        self.written.messages[known.id] = _message_row(known, mail, verdict, ids, place)
        self.written.words.append((place, words_of(_searched(mail))))
        self.evidence.learn_mail(known, ids)
        self._remember_ids(known.id, ids)
        if case is not None:
            self._take_part(mail, verdict, case, outgoing=outgoing)
            self._note_delivery(verdict, known)
            if outgoing and mail.own_id is not None:
                self._attach_late_bounces(mail.own_id, case, because)
        return known.id

    def _kept_effect(self, mail: ReadMail, verdict: Verdict, case: KnownCase | None) -> Effect:
        if verdict.outcome is Outcome.QUARANTINED and mail.facts.report is not None:
            # Should the mail it reports about turn up in a case later, it acts as it would have then.
            return Effect.OPENS if mail.facts.report.kind == "failed" else Effect.NONE
        effect = effect_of(mail, verdict, self.evidence)
        stays_open = case is not None and case.is_new and verdict.outcome is Outcome.NEW and case.status == "open"
        return Effect.NONE if effect is Effect.CLOSES and stays_open else effect

    def _add_copy(self, mail: ReadMail, verdict: Verdict, because: Heard[Any]) -> UUID | None:
        """The same mail in one more mailbox. A copy in Sent proves that what came under our address was really ours."""
        twin = self.evidence.mails.get(verdict.twin_id) if verdict.twin_id else None
        if twin is None:
            return None
        if mail.facts.mailbox not in twin.mailboxes:
            twin.mailboxes.append(mail.facts.mailbox)
            twin.is_changed = True
            self._touch(self.evidence.live_case(twin.case_id))
        if mail.is_sent and twin.direction == "incoming":
            twin.direction, twin.is_changed = "outgoing", True
            effect = effect_of(mail, verdict, self.evidence)
            twin.effect = effect
            case = self.evidence.live_case(twin.case_id)
            if case is not None:
                self._apply(case, effect, twin.received_at, "sent_by_us", because)
        return twin.id

    def _adopt(self, twin: KnownMail, mail: ReadMail, verdict: Verdict, case: KnownCase | None) -> UUID:
        """A copy that waited because its sender only claimed to be us; now the copy in Sent has shown who wrote it."""
        twin.direction, twin.is_changed = "outgoing", True
        twin.effect = self._kept_effect(mail, verdict, case)
        if mail.facts.mailbox not in twin.mailboxes:
            twin.mailboxes.append(mail.facts.mailbox)
        if case is not None:
            twin.case_id = case.id
            self._take_part(mail, verdict, case, outgoing=True)
            self.adopted.append((twin, verdict))
        return twin.id

    def _take_part(self, mail: ReadMail, verdict: Verdict, case: KnownCase, *, outgoing: bool) -> None:
        """Everybody outside whom the mail names now takes part in the case; machines do not."""
        people: list[Address] = []
        if not outgoing and self.evidence.is_ours(mail.sender):
            return  # only claims to be one of us, so it brings nobody in
        if not outgoing and not mail.is_by_machine and mail.person is not None:
            people.append(mail.person)
        if verdict.verified and mail.facts.report is None:
            people += [*mail.facts.to, *mail.facts.cc, *mail.facts.bcc][:MOST_PEOPLE]
        for person in people:
            key = (case.id, person.email)
            if not 3 <= len(person.email) <= LONGEST_ADDRESS or self.evidence.is_ours(person.email):
                continue
            if key in self.evidence.parties:
                continue
            self.written.participants[key] = {
                "case_id": case.id, "email": person.email, "name": person.name[:300], "verified": verdict.verified,
                "message_id": mail.facts.message_id, "since": self.now,
            }  # fmt: skip
            if verdict.verified:
                self.evidence.parties.add(key)

    def _remember_ids(self, message_id: UUID, ids: LearnedIds) -> None:
        own = [ids.own] if ids.own is not None else []
        for kind, learned in (("own", own), ("mentioned", ids.mentioned), ("reported", ids.reported)):
            self.written.known_ids += [
                {"rfc_message_id": each, "kind": kind, "message_id": message_id} for each in learned
            ]

    # ---- deliveries

    def _note_delivery(self, verdict: Verdict, report: KnownMail) -> None:
        """Write on our mail what the report says about it."""
        about = verdict.evidence.get("message_id")
        original = self.evidence.mails.get(UUID(about)) if about else None
        if original is not None and report.delivery is not None:
            original.delivery = merged_delivery(original.delivery, report.delivery)
            original.is_changed = True

    def _attach_late_bounces(self, own_id: str, case: KnownCase, because: Heard[Any]) -> None:
        """A bounce may overtake the copy in Sent of the mail it is about; it was set aside and belongs here now."""
        for message_id in self.evidence.reporting_id.get(own_id, ()):
            report = self.evidence.mails.get(message_id)
            if report is None or report.case_id is not None:
                continue
            report.case_id, report.is_changed = case.id, True
            self._apply(case, Effect(report.effect), report.received_at, "late_delivery_report", because)
            self.late_bounces.append(report)

    # ---- decisions

    def _decide(self, mail: ReadMail, verdict: Verdict, held_by: UUID | None, *, version: int) -> None:
        facts = mail.facts
        self.written.filings[facts.message_id] = {
            "message_id": facts.message_id, "version": version, "outcome": verdict.outcome.value, "rule": verdict.rule,
            "reason": verdict.reason, "evidence": dict(verdict.evidence), "held_by": held_by,
            "suggested_case_id": verdict.suggested_case_id, "mailbox": facts.mailbox,
            "received_at": facts.received_at, "decided_at": self.now, "decided_by": "rules",
        }  # fmt: skip
        self.evidence.decided[facts.message_id] = Decided(verdict.outcome, held_by, version)

    # ---- what the end of the batch asks

    def changed_cases(self) -> list[KnownCase]:
        """Cases that were there before and changed. Those opened in this batch are brought up to date in their rows."""
        changed = [case for case in self.evidence.cases.values() if case.is_changed]
        for case in changed:
            row = self.written.cases.get(case.id)
            if row is not None:
                row.update(
                    version=case.version, status=case.status, status_at=case.status_at, continued_by=case.continued_by,
                    status_reason=case.status_reason, last_activity_at=case.last_activity_at, mentions=case.mentions,
                    merged_into=case.merged_into,
                )  # fmt: skip
        return [case for case in changed if case.id not in self.written.cases]

    def changed_messages(self) -> list[KnownMail]:
        """Messages that were there before and changed; like `changed_cases`."""
        changed = [mail for mail in self.evidence.mails.values() if mail.is_changed]
        for mail in changed:
            row = self.written.messages.get(mail.id)
            if row is not None:
                row.update(
                    case_id=mail.case_id, direction=mail.direction, effect=mail.effect, mailboxes=mail.mailboxes,
                    delivery=mail.delivery,
                )  # fmt: skip
        return [mail for mail in changed if mail.id not in self.written.messages]


def _message_row(known: KnownMail, mail: ReadMail, verdict: Verdict, ids: LearnedIds, place: int) -> dict[str, Any]:
    facts = mail.facts
    return {
        "id": known.id, "place": place, "case_id": known.case_id, "direction": known.direction, "effect": known.effect,
        "is_reply": False, "by_machine": mail.is_by_machine, "verified": verdict.verified,
        "rfc_message_id": facts.rfc_message_id, "written_message_id": facts.written_message_id,
        "identity": known.identity, "thread_index": ids.thread_index,
        "mailboxes": known.mailboxes, "mail_account_id": facts.mail_account_id, "subject": facts.mail_subject,
        "sender_email": mail.sender, "sender_name": mail.person.name if mail.person else "",
        "recipients": {"to": _people(facts.to), "cc": _people(facts.cc), "bcc": _people(facts.bcc)},
        "ancestors": mail.ancestors, "preview": " ".join(facts.text[: 2 * PREVIEW].split())[:PREVIEW],
        "attachments": len(facts.attachments), "received_at": facts.received_at, "sent_at": facts.sent_at,
        "delivery": known.delivery,
    }  # fmt: skip


def _people(people: Sequence[Address]) -> list[dict[str, str]]:
    return [{"email": person.email, "name": person.name} for person in people[:MOST_PEOPLE]]


def _delivery_told_by(mail: ReadMail) -> dict[str, Any] | None:
    report = mail.facts.report
    if report is None:
        return None
    recipients = [recipient.model_dump(mode="json") for recipient in report.recipients[:MOST_PEOPLE]]
    return {"kind": report.kind, "recipients": recipients}


def _searched(mail: ReadMail) -> str:
    facts = mail.facts
    people: Iterable[Address] = (*((mail.person,) if mail.person else ()), *facts.to[:10], *facts.cc[:10])
    named = " ".join(f"{person.name} {person.email}" for person in people)
    files = " ".join(attachment.filename for attachment in facts.attachments[:20])
    return f"{facts.mail_subject} {named} {files} {facts.text[:SEARCHED_TEXT]}"
