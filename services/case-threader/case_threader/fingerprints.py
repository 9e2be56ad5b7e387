"""When two mails are one and the same (DESIGN 5: one mail, several mailboxes)."""

from __future__ import annotations

import hashlib

from case_threader.message_ids import index_key
from case_threader.subjects import base_subject
from contracts.mail import MailFacts


def identity_of(mail: MailFacts) -> str | None:
    """The same for all copies of one mail, different for different mails: Message-ID with From, Date and Subject.

    A Message-ID alone proves nothing: broken senders use one for everything (Zammad follow_up_test) and attackers burn
    those of others (reliability A12). A mail without any is known by what it says, to whom and when; without a Date as
    well it is only equal to the very same bytes, which mail-ingest tells (`same_bytes_as`), so there is no identity.
    Prefixes and gateway noise are left out of the subject: one server may add `[EXTERNAL]` and the other not.
    """
    sender = mail.sender.email if mail.sender else ""
    sent_at = mail.sent_at.isoformat() if mail.sent_at else ""
    described = [sender, sent_at, base_subject(mail.mail_subject)]
    if mail.rfc_message_id:
        return _digest(["id", index_key(mail.rfc_message_id), *described])
    if not sent_at:
        return None
    recipients = sorted({person.email for person in (*mail.to, *mail.cc)})
    return _digest(["text", *described, " ".join(recipients), mail.text, str(len(mail.attachments))])


def _digest(parts: list[str]) -> str:
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
