"""The jobs a worker process runs for mail-ingest: bytes in, bytes out. This page is the contract with the rest of the service.

**Request** of every job: one line of JSON, a line feed, then the raw mail, as `request(context, raw)` builds it. All members of
the context have defaults and unknown ones are left out:

    trusted_authserv_ids  [str]   of the mail account; empty: authentication is `unchecked`
    account_timezone      str     IANA name, "Europe/Warsaw"; for times of calendars that name no zone
    role                  str     "inbox" | "sent"; a calendar in Sent is held as `in_sent`
    limits                object  the fields of `limits.Limits`; the missing ones take their defaults
    n                     int     attachment_job: which attachment
    fold                  bool    html_job: put quotes into <details>
    attachment_url        str     html_job: what `cid:` pictures become, with `{n}` in it ("/v1/messages/<id>/attachments/{n}")

**`parse_job`** answers JSON, either

    {"outcome": "parsed", "facts": {…}, "whole_text": str|null, "from": {…}|null, "calendars": [{…}]}

where `facts` has the fields of `contracts.mail.MailFacts` that the mail itself decides (rfc_message_id, in_reply_to,
references, thread_index, mail_subject, sender, from_addresses, reply_to, to, cc, bcc, sent_at, text, text_truncated,
html_available, attachments, written_by_machine, do_not_answer, machine_reason, loop_marks, authentication, report,
has_invitation) in JSON shape, so that `MailReceived(message_id=…, mailbox=…, …, **facts)` is whole. `whole_text` is the text
when `facts.text` had to be cut for the event, else null (a text part over `limits.text_bytes` is cut in both). `from` is
{name, address} for display; it may be a name without an address.

Each of `calendars` is {"subject": "calendar.request.v1", "payload": {…}}: `subject` picks the event class of `contracts.calendar`
and `payload` has the fields the mail decides (part, parts, rfc_message_id, mail_subject, sender, from_count, sender_header,
reply_to, authentication, method, header_method, components, calendar_timezone, product, problems; for `calendar.held.v1` also
verdict, reason, detail), in JSON shape. The rest (message_id, mail account, policy, role, received_at, imported) is the service's.

or, for a mail that is to be quarantined,

    {"outcome": "rejected", "reason": str, "detail": str, "facts": {…}, "headers": [[name, value]]}

with what its header block told, as far as it could be read: facts has rfc_message_id, mail_subject, sender, from_addresses
and sent_at.

**`attachment_job`** answers one line of JSON {"n", "filename", "content_type", "size", "inline"}, a line feed, then the bytes; just
`null` and a line feed when there is no such attachment. `attachment(result)` takes it apart.

**`html_job`** answers JSON {"html": str|null}: the cleaned HTML, null when the mail has none.

No job raises for any input; a worker that dies, or a job over its time or memory, is the pool's to report.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from mail_ingest.parsing.limits import Limits, Rejected
from mail_ingest.parsing.reading import attachment_of, html_of, parsed_mail, rejected_mail

Json = dict[str, Any]


def request(context: Json, raw: bytes) -> bytes:
    """What every job takes: the context as one line of JSON, then the mail."""
    return orjson.dumps(context) + b"\n" + raw


def parse_job(data: bytes) -> bytes:
    line, _, raw = data.partition(b"\n")
    context, limits = _context(line)
    try:
        document = parsed_mail(
            raw,
            limits=limits,
            trusted_authserv_ids=context.get("trusted_authserv_ids") or (),
            account_timezone=context.get("account_timezone") or "Europe/Warsaw",
            is_sent=context.get("role") == "sent",
        )
    except Rejected as rejected:
        document = rejected_mail(raw, rejected, limits=limits)
    return orjson.dumps(document)


def attachment_job(data: bytes) -> bytes:
    context, raw = _opened(data)
    try:
        found = attachment_of(raw, context.get("n") or 0, limits=Limits.of(context.get("limits")))
    except Rejected:
        found = None
    if found is None:
        return b"null\n"
    card, content = found
    return orjson.dumps(card) + b"\n" + content


def html_job(data: bytes) -> bytes:
    context, raw = _opened(data)
    try:
        html = html_of(
            raw,
            attachment_url=context.get("attachment_url") or "",
            fold=bool(context.get("fold")),
            limits=Limits.of(context.get("limits")),
        )
    except Rejected:
        html = None
    return orjson.dumps({"html": html})


def attachment(result: bytes) -> tuple[Json, bytes] | None:
    """Takes the answer of `attachment_job` apart: the attachment's card and its bytes."""
    card, _, content = result.partition(b"\n")
    loaded = orjson.loads(card)
    return None if loaded is None else (loaded, content)


@lru_cache(maxsize=64)
def _context(line: bytes) -> tuple[Json, Limits]:
    """The mails of one mailbox come with the same one."""
    context: Json = orjson.loads(line)
    return context, Limits.of(context.get("limits"))


def _opened(data: bytes) -> tuple[Json, bytes]:
    context, _, raw = data.partition(b"\n")
    return orjson.loads(context), raw
