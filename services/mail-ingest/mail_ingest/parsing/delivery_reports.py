"""Mail in which a machine reports about an earlier mail: bounces, delays, receipts, complaints (RFC 3464, RFC 8098, RFC 5965).

Nearly half of the real bounces are not `multipart/report` (cases 6), so those of qmail, Exim and older servers are recognised by
how they are written; for them a sign of the sender *and* one of the text are needed, or ordinary mail would be taken for a bounce.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from mail_ingest.parsing.addresses import mailboxes
from mail_ingest.parsing.bounce_texts import action_said, is_bounce_subject, is_subject_of_servers, recipients_named
from mail_ingest.parsing.header_fields import HeaderFields, read_fields
from mail_ingest.parsing.limits import Limits
from mail_ingest.parsing.machine_signs import has_null_return_path, is_mailer_daemon, is_postmaster
from mail_ingest.parsing.message_ids import message_ids
from mail_ingest.parsing.mime_tree import Part
from mail_ingest.parsing.parameters import parameter_text
from mail_ingest.parsing.text_gate import clean_line

Json = dict[str, Any]

MOST_RECIPIENTS = 100
_BOUNCE_FIELDS = ("x-failed-recipients", "x-ms-embedded-report")  # Exim; Exchange 5.5 to 2003
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_SEARCHED_TEXT = 200_000
_MESSAGE_ID_LINE = re.compile(
    r"^[> \t|]{0,8}Message-ID:[ \t]*(?:\n[> \t]+)?(<[^<>\n]{1,300}>|[^\s<>]{1,300}@[^\s<>]{1,300})",
    re.IGNORECASE | re.MULTILINE,
)
_SUBJECT_LINE = re.compile(r"^[> \t|]{0,8}Subject:[ \t]*([^\n]{1,300})", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_GENEROUS = Limits(header_bytes=1 << 20, header_fields=10_000)


def delivery_report(root: Part, *, sender: str, subject: str, text: str) -> Json | None:
    """The shape of `contracts.mail.DeliveryReport`; None for ordinary mail. `text` is the text of the mail."""
    parts = {part.content_type: part for part in reversed(list(root.walk(into_mails=False)))}
    report_type = (
        (parameter_text(root.parameters, "report-type") or "").lower()
        if root.content_type == "multipart/report"
        else ""
    )
    if "message/disposition-notification" in parts or report_type == "disposition-notification":
        return _read_receipt(root, parts)
    if "message/feedback-report" in parts or report_type == "feedback-report":
        return _report("abuse_report", [], _original_ids(root, parts, text), _original_subject(parts, text))
    status = parts.get("message/delivery-status") or parts.get("message/global-delivery-status")
    if status is not None:
        return _status_report(root, parts, status, subject, text)
    if root.content_type == "multipart/report":
        kind = action_said(subject, text) or "unknown"
        return _report(
            kind, _recipients(root.fields, text, kind), _original_ids(root, parts, text), _original_subject(parts, text)
        )
    return _unstructured_bounce(root, parts, sender, subject, text)


def _status_report(root: Part, parts: dict[str, Part], status: Part, subject: str, text: str) -> Json:
    blocks = list(_blocks(status.content()))
    recipients = [recipient for block in blocks if (recipient := _recipient(block))][:MOST_RECIPIENTS]
    kind = _kind_of(recipients) or action_said(subject, text) or "unknown"
    ids = [
        message_id
        for block in blocks
        for message_id in message_ids(block.every("original-message-id") + block.every("x-original-message-id"))
    ]
    return _report(
        kind,
        recipients or _recipients(root.fields, text, kind),
        _once([*_original_ids(root, parts, text, also=ids)]),
        _original_subject(parts, text),
    )


def _read_receipt(root: Part, parts: dict[str, Part]) -> Json:
    notification = parts.get("message/disposition-notification")
    blocks = list(_blocks(notification.content())) if notification else []
    ids = [message_id for block in blocks for message_id in message_ids(block.every("original-message-id"))]
    recipients = [
        {"email": email, "action": "delivered", "status": None, "diagnostic": block.text("disposition") or None}
        for block in blocks
        if (email := _typed_address(block, "final-recipient") or _typed_address(block, "original-recipient"))
    ]
    return _report(
        "read_receipt", recipients, _once([*ids, *_original_ids(root, parts, "")]), _original_subject(parts, "")
    )


def _unstructured_bounce(root: Part, parts: dict[str, Part], sender: str, subject: str, text: str) -> Json | None:
    """Bounces in plain words: qmail, Exim, Exchange 5.5, … A daemon and its subject are enough; anybody else must also begin the
    subject as servers do, or name an address or the mail that came back, because people write from `postmaster` and mail
    without a return path is common."""
    is_marked = any(name in root.fields for name in _BOUNCE_FIELDS)
    daemon = is_mailer_daemon(sender)
    if not (is_marked or daemon or is_postmaster(sender) or has_null_return_path(root.fields)):
        return None
    named = recipients_named(text)
    if not (is_marked or named or is_bounce_subject(subject)):
        return None
    ids = _original_ids(root, parts, text)
    if not (is_marked or daemon or named or (action_said("", text) and (ids or is_subject_of_servers(subject)))):
        return None
    kind = action_said(subject, text) or "failed"
    return _report(kind, _recipients(root.fields, text, kind), ids, _original_subject(parts, text))


def _recipients(fields: HeaderFields, text: str, kind: str) -> list[Json]:
    addresses = [
        box.email for box in mailboxes(fields.every("x-failed-recipients")) if box.is_usable
    ] or recipients_named(text)
    action = kind if kind in _ACTIONS else "unknown"
    status = _STATUS.search(text[:_SEARCHED_TEXT])
    return [
        {
            "email": email,
            "action": action,
            "status": status[0] if status and len(addresses) == 1 else None,
            "diagnostic": None,
        }
        for email in _once(addresses)[:MOST_RECIPIENTS]
    ]


def _recipient(block: HeaderFields) -> Json | None:
    email = _typed_address(block, "original-recipient") or _typed_address(block, "final-recipient")
    if not email:
        return None
    action = block.token("action")
    status = _STATUS.search(block.text("status"))
    return {
        "email": email,
        "action": action if action in _ACTIONS else _action_of_class(status[0] if status else ""),
        "status": status[0] if status else None,
        "diagnostic": block.text("diagnostic-code").partition(";")[2].strip()[:500]
        or block.text("diagnostic-code")[:500]
        or None,
    }


def _action_of_class(status: str) -> str:
    """The class of an enhanced status code says the same (RFC 3463 section 3.1)."""
    return {"5": "failed", "4": "delayed", "2": "delivered"}.get(status[:1], "unknown")


def _kind_of(recipients: list[Json]) -> str | None:
    """One failed recipient makes a failure; a delay is none (DESIGN 5)."""
    actions = {recipient["action"] for recipient in recipients}
    if "failed" in actions:
        return "failed"
    if "delayed" in actions:
        return "delayed"
    return "delivered" if actions & {"delivered", "relayed", "expanded"} else None


def _typed_address(block: HeaderFields, name: str) -> str:
    """`rfc822; jan@firma.pl` → jan@firma.pl"""
    value = block.first(name)
    if not value:
        return ""
    _, separator, rest = value.partition(b";")
    boxes = mailboxes([rest if separator else value])
    return boxes[0].email if boxes and boxes[0].is_usable else ""


def _blocks(data: bytes) -> Iterator[HeaderFields]:
    """The groups of fields of a report, blank lines between them (RFC 3464 section 2.1)."""
    at = 0
    for _ in range(MOST_RECIPIENTS + 10):
        while data[at : at + 1] in (b"\r", b"\n", b" ", b"\t") and at < len(data):
            at += 1
        if at >= len(data):
            return
        fields, after = read_fields(data, at, len(data), _GENEROUS)
        if after <= at:
            return
        if fields:
            yield fields
        at = after


def _original_ids(root: Part, parts: dict[str, Part], text: str, *, also: Iterable[str] = ()) -> list[str]:
    """Ids of the mail the report is about, the surest first: the enclosed mail, what the report says and refers to, its text."""
    ids: list[str] = []
    enclosed = _enclosed_fields(parts)
    if enclosed:
        ids += message_ids(enclosed.every("message-id"))
    ids += also
    ids += message_ids(root.fields.every("in-reply-to"))
    ids += reversed(message_ids(root.fields.every("references")))
    ids += message_ids([match.encode() for match in _MESSAGE_ID_LINE.findall(text[:_SEARCHED_TEXT])])
    return _once(ids)[:20]


def _original_subject(parts: dict[str, Part], text: str) -> str | None:
    enclosed = _enclosed_fields(parts)
    if enclosed and (subject := enclosed.text("subject")):
        return subject[:500]
    match = _SUBJECT_LINE.search(text[:_SEARCHED_TEXT])
    return clean_line(match[1]) if match else None


def _enclosed_fields(parts: dict[str, Part]) -> HeaderFields | None:
    """The header of the mail that came back, whole or only its headers (RFC 6522 section 3)."""
    for content_type in (
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    ):
        part = parts.get(content_type)
        if part is None:
            continue
        if part.children and part.children[0].fields:
            return part.children[0].fields
        content = part.content().lstrip()
        fields, _ = read_fields(content, 0, len(content), _GENEROUS)
        if fields:
            return fields
    return None


def _report(kind: str, recipients: list[Json], ids: list[str], subject: str | None) -> Json:
    return {"kind": kind, "recipients": recipients, "original_message_ids": ids, "original_subject": subject}


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
