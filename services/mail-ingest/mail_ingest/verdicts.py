"""What a worker answered about one mail, turned into what is written down and what is announced. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
import zstandard
from pydantic import ValidationError

from contracts.calendar import CALENDAR_EVENTS, CalendarHeld, CalendarObject
from contracts.mail import FolderRole, MailQuarantined, MailReceived, MailSent
from kit.events import Event
from kit.workers import Result, WorkerFailed
from mail_ingest.account_book import Mailbox
from mail_ingest.folding import folded
from mail_ingest.repository import Waiting

LONGEST_KEY = 500
LONGEST_REASON = 100
LONGEST_DETAIL = 2000
LARGEST_DOCUMENT = 64 * 1024 * 1024
WORKER_REASONS = {
    "timeout": "parser_timeout",
    "memory": "parser_memory",
    "crashed": "parser_crashed",
    "raised": "parser_failed",
}
_CALENDARS: Mapping[str, type[CalendarObject]] = {
    **{event.subject: event for event in CALENDAR_EVENTS.values()},
    CalendarHeld.subject: CalendarHeld,
}
_packer = zstandard.ZstdCompressor(level=1)
_unpacker = zstandard.ZstdDecompressor()

Announcement = tuple[Event, UUID]
"""An event and the id it travels under: said twice, it is heard once."""

_LOW_62_BITS = (1 << 62) - 1


@cache
def _mark(what: str) -> int:
    return int.from_bytes(blake2b(what.encode(), digest_size=8).digest(), "big") & _LOW_62_BITS


def event_id(message_id: UUID, what: str) -> UUID:
    """The same for the same fact about the same mail, and sorted by time as the ids of mails are (UUIDv7)."""
    return UUID(int=message_id.int ^ _mark(what))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is None for a mail that was read; else a stable code, and the mail goes to quarantine."""

    mail: Waiting
    card: dict[str, Any] | None = None
    document: dict[str, Any] | None = None
    reason: str | None = None
    detail: str = ""
    announcements: Sequence[Announcement] = field(default_factory=list)


def verdict_of(mail: Waiting, mailbox: Mailbox, result: Result) -> Verdict:
    """Whatever a worker answers is a verdict: one that was led astray by a mail must not stop the others."""
    if isinstance(result, WorkerFailed):
        return quarantined(mail, mailbox, WORKER_REASONS[result.reason], result.detail)
    try:
        return _verdict(mail, mailbox, result)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        detail = f"{'.'.join(str(step) for step in fault['loc'])}: {fault['type']}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = type(error).__name__
    return quarantined(mail, mailbox, "unusable_reading", detail)


def _verdict(mail: Waiting, mailbox: Mailbox, result: bytes) -> Verdict:
    answer = orjson.loads(result)
    card, document = _card(mail, answer), {"message_id": mail.id, "content": _packer.compress(result)}
    if not mail.is_whole:
        detail = f"It has {mail.size} bytes; only its header was kept."
        return quarantined(mail, mailbox, "too_large", detail, card=card, document=document)
    if answer["outcome"] != "parsed":
        return quarantined(mail, mailbox, answer["reason"], answer["detail"], card=card, document=document)
    announcements = [_mail_event(mail, mailbox, answer), *_calendar_events(mail, mailbox, answer)]
    return Verdict(mail, card=card, document=document, announcements=announcements)


def quarantined(
    mail: Waiting,
    mailbox: Mailbox,
    reason: str,
    detail: str,
    *,
    card: dict[str, Any] | None = None,
    document: dict[str, Any] | None = None,
) -> Verdict:
    """Announced unless it lay in quarantine for the same reason before."""
    reason = reason[:LONGEST_REASON]
    event = MailQuarantined(
        message_id=mail.id,
        mail_account_id=mailbox.id,
        mailbox=mailbox.address,
        role=FolderRole(mail.role),
        sha256=mail.sha256,
        reason=reason,
        detail=detail[:LONGEST_DETAIL],
        received_at=mail.received_at,
    )
    news = [] if mail.quarantine_reason == reason else [(event, event_id(mail.id, f"{event.subject}:{reason}"))]
    return Verdict(mail, card, document, reason, detail[:LONGEST_DETAIL], news)


def opened_document(content: bytes) -> dict[str, Any]:
    """What was read in a mail, as its worker answered it (`mail_ingest.parsing.jobs`)."""
    document: dict[str, Any] = orjson.loads(_unpacker.decompress(content, max_output_size=LARGEST_DOCUMENT))
    return document


def _mail_event(mail: Waiting, mailbox: Mailbox, answer: Mapping[str, Any]) -> Announcement:
    kind = MailSent if mail.role == FolderRole.SENT else MailReceived
    event = kind.model_validate(
        {
            **answer["facts"],
            "message_id": mail.id,
            "mail_account_id": mailbox.id,
            "mailbox": mailbox.address,
            "folder": mail.folder,
            "role": mail.role,
            "sha256": mail.sha256,
            "same_bytes_as": mail.same_bytes_as,
            "received_at": mail.received_at,
            "imported": mail.imported,
        }
    )
    return event, event_id(mail.id, event.subject)


def _calendar_events(mail: Waiting, mailbox: Mailbox, answer: Mapping[str, Any]) -> list[Announcement]:
    """One event per iTIP object, in the order of the mail."""
    announcements: list[Announcement] = []
    for calendar in answer["calendars"]:
        event = _CALENDARS[calendar["subject"]].model_validate(
            {
                **calendar["payload"],
                "message_id": mail.id,
                "mail_account_id": mailbox.id,
                "mailbox": mailbox.address,
                "own_addresses": mailbox.own_addresses,
                "invitation_policy": mailbox.invitation_policy,
                "auto_create_from": mailbox.auto_create_from,
                "account_timezone": mailbox.timezone,
                "role": mail.role,
                "received_at": mail.received_at,
                "imported": mail.imported,
            }
        )
        announcements.append((event, event_id(mail.id, f"{event.subject}:{event.part}")))
    return announcements


def _card(mail: Waiting, answer: Mapping[str, Any]) -> dict[str, Any]:
    facts = answer["facts"]
    sender = facts.get("sender") or {}
    shown = answer.get("from") or sender
    name, email = shown.get("name") or "", sender.get("email") or shown.get("address")
    subject = facts.get("mail_subject") or ""
    sent_at = facts.get("sent_at")
    rfc_message_id = facts.get("rfc_message_id")
    return {
        "message_id": mail.id,
        "subject": subject,
        "from_name": name,
        "from_email": email[:LONGEST_KEY] if email else None,
        "rfc_message_id": rfc_message_id[:LONGEST_KEY] if rfc_message_id else None,
        "sent_at": datetime.fromisoformat(sent_at) if sent_at else None,
        "written_by_machine": bool(facts.get("written_by_machine")),
        "has_invitation": bool(facts.get("has_invitation")),
        "attachments": sum(1 for attachment in facts.get("attachments") or () if not attachment["inline"]),
        "folded": folded(f"{subject} {name} {email or ''}"),
    }
