"""One mail read from end to end: what `jobs` answers, as plain JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.mail import TEXT_IN_EVENTS
from mail_ingest.parsing.addresses import Mailbox, mailboxes
from mail_ingest.parsing.authentication import authentication
from mail_ingest.parsing.calendar_parts import calendars_of
from mail_ingest.parsing.contents import Attachment, Contents, attachments_of, content_id, contents_of
from mail_ingest.parsing.dates import claimed_date
from mail_ingest.parsing.delivery_reports import delivery_report
from mail_ingest.parsing.encoded_words import header_text
from mail_ingest.parsing.header_fields import NO_FIELDS, HeaderFields, read_fields
from mail_ingest.parsing.html_cleaning import cleaned_html
from mail_ingest.parsing.html_folding import with_folds
from mail_ingest.parsing.limits import Limits, Rejected
from mail_ingest.parsing.machine_signs import machine_signs
from mail_ingest.parsing.message_ids import message_ids, own_message_id, references, thread_index, written_message_id
from mail_ingest.parsing.mime_tree import Part, first_field, read_tree
from mail_ingest.parsing.text_gate import clean_line

Json = dict[str, Any]


def parsed_mail(
    raw: bytes, *, limits: Limits, trusted_authserv_ids: Sequence[str], account_timezone: str, is_sent: bool
) -> Json:
    """The document of `jobs.parse_job`. Raises Rejected when the mail is to be quarantined, and nothing else."""
    root = _opened(raw, limits)
    contents = contents_of(root, limits)
    attachments = attachments_of(contents)
    fields = root.fields
    date = claimed_date(fields.text("date"))
    facts, shown_sender = _header_facts(fields, date, limits)
    text = contents.text
    sender = shown_sender["address"] if shown_sender else ""
    report = delivery_report(root, sender=sender, subject=facts["mail_subject"], text=text)
    signs = machine_signs(
        fields, sender=sender, subject=facts["mail_subject"], report_kind=report["kind"] if report else None
    )
    facts |= {
        "text": text[:TEXT_IN_EVENTS],
        "text_truncated": len(text) > TEXT_IN_EVENTS or contents.is_cut,
        "html_available": bool(contents.html),
        "attachments": [_card(attachment) for attachment in attachments],
        "written_by_machine": signs.written_by_machine,
        "do_not_answer": signs.do_not_answer,
        "machine_reason": signs.reason,
        "loop_marks": _loop_marks(fields),
        "authentication": authentication(fields, _from_domains(fields, facts["from_addresses"]), trusted_authserv_ids),
        "report": report,
    }
    calendars = calendars_of(
        root,
        sender=sender,
        sent_at=date,
        account_timezone=account_timezone,
        is_sent=is_sent,
        is_report=report is not None,
        limits=limits,
    )
    facts["has_invitation"] = any(each["payload"].get("verdict") != "ignored" for each in calendars)
    for each in calendars:
        each["payload"] |= _about_the_mail(fields, facts)
    return {
        "outcome": "parsed",
        "facts": facts,
        "whole_text": text if len(text) > TEXT_IN_EVENTS else None,
        "from": shown_sender,
        "calendars": calendars,
    }


def _about_the_mail(fields: HeaderFields, facts: Json) -> Json:
    """What every calendar event repeats of its mail: who vouches for it."""
    senders = mailboxes(fields.every("sender"), fields.charset)
    return {
        "rfc_message_id": facts["rfc_message_id"],
        "mail_subject": facts["mail_subject"],
        "sender": facts["sender"],
        "from_count": max(len(facts["from_addresses"]), len(fields.every("from"))),
        "sender_header": next((box.email for box in senders if box.is_usable), None),
        "reply_to": [address["email"] for address in facts["reply_to"]],
        "authentication": facts["authentication"],
    }


def rejected_mail(raw: bytes, rejected: Rejected, *, limits: Limits) -> Json:
    """The document of a mail that is set aside: the reason, and as much of its headers as can be read."""
    fields = _readable_headers(raw, limits)
    senders = [box for box in mailboxes(fields.every("from")) if box.is_usable][:10]
    date = claimed_date(fields.text("date"))
    return {
        "outcome": "rejected",
        "reason": rejected.reason,
        "detail": rejected.detail,
        "facts": {
            "rfc_message_id": own_message_id(fields.every("message-id")),
            "mail_subject": fields.text("subject")[:1000],
            "sender": _address(senders[0]) if senders else None,
            "from_addresses": [_address(box) for box in senders],
            "sent_at": date.isoformat() if date else None,
        },
        "headers": [[name, fields_text[:2000]] for name, fields_text in _texts(fields)],
    }


def attachment_of(raw: bytes, n: int, *, limits: Limits) -> tuple[Json, bytes] | None:
    """The n-th attachment: its card and its bytes; None when there is none."""
    attachments = attachments_of(contents_of(_opened(raw, limits), limits))
    if not 1 <= n <= len(attachments):
        return None
    content = attachments[n - 1].content()
    return _card(attachments[n - 1], content), content


def html_of(raw: bytes, *, attachment_url: str, fold: bool, limits: Limits) -> str | None:
    """The cleaned HTML, its own pictures pointing at the attachments and quotes folded; None when the mail has no HTML."""
    contents = contents_of(_opened(raw, limits), limits)
    if not contents.html:
        return None
    cids = _addresses_of_pictures(contents, attachment_url)
    cleaned = "\n".join(cleaned_html(html, cids, limits=limits) for html in contents.html)
    return with_folds(cleaned) if fold else cleaned


def _opened(raw: bytes, limits: Limits) -> Part:
    if len(raw) > limits.message_bytes:
        raise Rejected("too_large", f"{len(raw)} bytes, {limits.message_bytes} are allowed")
    root = read_tree(raw, limits)
    root.fields.charset = root.charset or next((part.charset for part in root.children if part.charset), None)
    return root


def _header_facts(fields: HeaderFields, date: datetime | None, limits: Limits) -> tuple[Json, Json | None]:
    """What the header block alone says, and the sender for display."""
    charset = fields.charset
    boxes = {name: mailboxes(fields.every(name), charset) for name in ("from", "reply-to", "to", "cc", "bcc")}
    recipients = sum(map(len, boxes.values()))
    if recipients > limits.recipients:
        raise Rejected("too_many_recipients", f"{recipients} addresses, {limits.recipients} are allowed")
    usable = {name: [box for box in found if box.is_usable] for name, found in boxes.items()}
    senders = usable["from"] or usable["reply-to"]
    facts: Json = {
        "rfc_message_id": own_message_id(fields.every("message-id")),
        "written_message_id": written_message_id(fields.every("message-id")),
        "in_reply_to": message_ids(fields.every("in-reply-to")),
        "references": references(fields.every("references")),
        "thread_index": thread_index(fields.first("thread-index")),
        "mail_subject": fields.text("subject"),
        "sender": _address(senders[0]) if senders else None,
        "from_addresses": [_address(box) for box in usable["from"]],
        "reply_to": [_address(box) for box in usable["reply-to"]],
        "to": [_address(box) for box in usable["to"]],
        "cc": [_address(box) for box in usable["cc"]],
        "bcc": [_address(box) for box in usable["bcc"]],
        "sent_at": date.isoformat() if date else None,
    }
    shown = senders or boxes["from"]
    return facts, {"name": shown[0].name, "address": shown[0].email} if shown else None


def _from_domains(fields: HeaderFields, from_addresses: list[Json]) -> list[str]:
    """One domain for each mailbox of every From header; a second From header counts even when nothing in it can be read."""
    domains = [address["email"].rpartition("@")[2] for address in from_addresses]
    return domains + [""] * max(0, len(fields.every("from")) - len(domains)) if domains else domains


def _loop_marks(fields: HeaderFields) -> list[str]:
    return [mark for value in fields.every("x-loop")[:20] if (mark := clean_line(header_text(value)))]


def _address(mailbox: Mailbox) -> Json:
    return {"email": mailbox.email, "name": mailbox.name}


def _card(attachment: Attachment, content: bytes | None = None) -> Json:
    return {
        "n": attachment.n,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": len(attachment.content() if content is None else content),
        "inline": attachment.inline,
    }


def _addresses_of_pictures(contents: Contents, attachment_url: str) -> dict[str, str]:
    cids: dict[str, str] = {}
    for attachment in attachments_of(contents):
        url = attachment_url.replace("{n}", str(attachment.n))
        location = attachment.part.fields.text("content-location").lower()
        for spelling in (content_id(attachment.part), location):
            if spelling:
                cids.setdefault(spelling, url)
    return cids


def _readable_headers(raw: bytes, limits: Limits) -> HeaderFields:
    """The fields within the first bytes of a mail whose whole may not be read."""
    head = raw[: limits.header_bytes]
    generous = Limits(header_bytes=len(head) + 1, header_fields=len(head) + 1)
    try:
        fields, _ = read_fields(head, first_field(head), len(head), generous)
    except Rejected:
        return NO_FIELDS
    return HeaderFields(fields.items[: limits.header_fields])


def _texts(fields: HeaderFields) -> list[tuple[str, str]]:
    one_each = [HeaderFields([item]) for item in fields.items[:200]]
    return [(each.items[0][0], each.text(each.items[0][0])) for each in one_each]
