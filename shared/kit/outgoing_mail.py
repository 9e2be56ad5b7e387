"""A mail of ours as the bytes of an RFC 5322 message. No value can become a second header line (reliability D9)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

CRLF = b"\r\n"
FOLD = "\r\n "
FOLDED_COMMA = f",{FOLD}"

_LONGEST_LINE = 76
_BYTES_PER_WORD = 42
"""UTF-8 bytes in one encoded word: in base64 with `=?utf-8?B?…?=` they fit 75 characters (RFC 2047 section 2)."""
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = re.compile(r"[^\s<>@,;:()\[\]\\\"\x00-\x1f\x7f]+@[^\s<>@,;:()\[\]\\\"\x00-\x1f\x7f]+")
_SPECIAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")


_AUTOMATIC = (b"Auto-Submitted: auto-replied", b"X-Auto-Response-Suppress: All")


class UnsafeValue(ValueError):
    """A value for a header holds a control character or a line end, or is no address."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendering:
    """The same content in another form, for programs that understand it: a calendar beside its description in words.

    `subtype` is of `text/`; `parameters` stand beside it and `charset=utf-8` in Content-Type. Line ends arrive as CRLF.
    """

    subtype: str
    text: str = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """Everything that is visible in a mail of ours; Bcc is left to the envelope (RFC 5322 section 3.6.3).

    `renderings` follow text and HTML in multipart/alternative, so that a program shows the last one it understands.
    `is_automatic`: nobody wrote it, so no machine shall answer it (RFC 3834 section 5, [MS-OXCMAIL] 2.2.3.2.14).
    `receipt_to`: who is told when it is read, if the reader agrees (RFC 8098 section 2.1).
    """

    message_id: str
    sender: Mailbox
    to: Sequence[Mailbox]
    cc: Sequence[Mailbox]
    subject: str
    text: str
    loop_mark: str
    date: datetime
    html: str | None = None
    files: Sequence[File] = ()
    renderings: Sequence[Rendering] = ()
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    is_automatic: bool = False
    receipt_to: Mailbox | None = None


def new_message_id(random: bytes, domain: str) -> str:
    """A Message-ID of ours, without angle brackets. Whoever knows it has seen our mail, so it must not be guessable.

    `random` are at least 16 bytes from the system's generator.
    """
    if len(random) < 16:
        raise ValueError("A Message-ID of ours needs at least 16 random bytes.")
    return f"goniec.{random.hex()}@{domain}"


def mail_bytes(mail: OutgoingMail) -> bytes:
    """The mail with CRLF line ends, ready for SMTP. Raises UnsafeValue."""
    head = [
        _mailboxes("From", [mail.sender]),
        *([_mailboxes("To", mail.to)] if mail.to else []),
        *([_mailboxes("Cc", mail.cc)] if mail.cc else []),
        _text("Subject", mail.subject),
        _plain("Date", format_datetime(mail.date)),
        _plain("Message-ID", f"<{mail.message_id}>"),
        *([_plain("In-Reply-To", f"<{mail.in_reply_to}>")] if mail.in_reply_to else []),
        *([_ids("References", mail.references)] if mail.references else []),
        _plain("X-Loop", mail.loop_mark),
        *([_mailboxes("Disposition-Notification-To", [mail.receipt_to])] if mail.receipt_to else []),
        *(_AUTOMATIC if mail.is_automatic else []),
    ]
    return CRLF.join(head) + CRLF + _content(mail)


def _content(mail: OutgoingMail) -> bytes:
    """MIME-Version, the fields of the content, and the content."""
    message = EmailMessage(policy=SMTP)
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for rendering in mail.renderings:
        message.add_alternative(
            rendering.text, subtype=_safe(rendering.subtype), cte="base64",
            params={name: _safe(value) for name, value in rendering.parameters.items()},
        )  # fmt: skip
    for file in mail.files:
        maintype, _, subtype = _safe(file.content_type).partition("/")
        message.add_attachment(
            file.content, maintype=maintype, subtype=subtype or "octet-stream", filename=_safe(file.filename)
        )
    return message.as_bytes()


def _plain(name: str, value: str) -> bytes:
    return f"{name}: {_safe(value)}".encode("ascii")


def _text(name: str, value: str) -> bytes:
    """Text that comes out at the other end exactly as it went in: folded only where unfolding restores it."""
    if _safe(value).isascii() and "=?" not in value:
        return f"{name}: {_folded(value, len(name) + 2)}".encode("ascii")
    return f"{name}: {_encoded_words(value)}".encode("ascii")


def _folded(value: str, used: int) -> str:
    """A line break before a single blank; removing it gives the value back (RFC 5322 section 2.2.3)."""
    lines, line = [], ""
    for word in re.split(r"(?<=[^ ])(?= [^ ])", value):
        if line and used + len(line) + len(word) > _LONGEST_LINE:
            lines.append(line)
            line, used = "", 0
        line += word
    return "\r\n".join([*lines, line])


def _encoded_words(value: str) -> str:
    """All of the value as encoded words, cut between characters (RFC 2047 section 5)."""
    pieces: list[bytes] = []
    for character in value:
        encoded = character.encode()
        if pieces and len(pieces[-1]) + len(encoded) <= _BYTES_PER_WORD:
            pieces[-1] += encoded
        else:
            pieces.append(encoded)
    return FOLD.join(f"=?utf-8?B?{b64encode(piece).decode()}?=" for piece in pieces)


def _mailboxes(name: str, mailboxes: Sequence[Mailbox]) -> bytes:
    return f"{name}: {FOLDED_COMMA.join(_mailbox(each) for each in mailboxes)}".encode("ascii")


def _mailbox(mailbox: Mailbox) -> str:
    address = wire_address(mailbox.email)
    name = _safe(mailbox.name).strip()
    if not name:
        return address
    if not name.isascii() or "=?" in name:
        return f"{_encoded_words(name)}{FOLD}<{address}>"
    if _SPECIAL.search(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{name} <{address}>"


def wire_address(email: str) -> str:
    """The address as SMTP takes it: ASCII, an international domain in its A-labels (RFC 5891). Raises UnsafeValue."""
    if not _ADDRESS.fullmatch(_safe(email)) or len(email) > 320:
        raise UnsafeValue("That is no e-mail address.")
    local, _, domain = email.rpartition("@")
    if not local.isascii():
        raise UnsafeValue("An address needs letters without accents before the @.")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise UnsafeValue("The domain of that address cannot exist.") from None


def _ids(name: str, ids: Sequence[str]) -> bytes:
    return f"{name}: {FOLD.join(f'<{_safe(each)}>' for each in ids)}".encode("ascii")


def _safe(value: str) -> str:
    if _UNSAFE.search(value):
        raise UnsafeValue("A value for a header holds a control character or a line end.")
    return value
