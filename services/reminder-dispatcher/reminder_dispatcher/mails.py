"""A reminder as the bytes of an RFC 5322 mail, written by hand: thousands leave within a minute, and every field is ours.

No value can add a header: one that holds a control character or a line end is refused (reliability D9).
"""

import binascii
import re
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from reminder_dispatcher.channels.role import Mail

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_LINE = 76


class UnsafeHeader(ValueError):
    """A value would have become more than one header line."""


def mail_bytes(mail: Mail, *, sender: str, sender_name: str, loop_mark: str, now: datetime) -> bytes:
    """The whole mail with CRLF line ends. Bcc is left to the envelope, as RFC 5322 section 3.6.3 allows."""
    head = [
        _mailbox("From", sender_name, sender),
        _mailbox("To", mail.to_name, mail.to),
        _text("Subject", mail.subject),
        _plain("Date", format_datetime(now)),
        _plain("Message-ID", f"<{mail.message_id}>"),
        _plain("Auto-Submitted", "auto-generated"),
        _plain("X-Auto-Response-Suppress", "All"),
        _plain("X-Loop", loop_mark),
        _plain("Content-Language", mail.language),
        _plain("MIME-Version", "1.0"),
    ]
    if mail.html is None:
        return _joined([*head, *_part("text/plain", mail.text)])
    boundary = f"=_{mail.message_id.partition('@')[0]}"
    return _joined(
        [
            *head,
            _plain("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
            b"",
            b"--" + boundary.encode(),
            *_part("text/plain", mail.text),
            b"",
            b"--" + boundary.encode(),
            *_part("text/html", mail.html),
            b"",
            b"--" + boundary.encode() + b"--",
            b"",
        ]
    )


def _part(content_type: str, text: str) -> list[bytes]:
    body = text.replace("\r\n", "\n").removesuffix("\n").replace("\n", "\r\n").encode()
    return [
        _plain("Content-Type", f"{content_type}; charset=utf-8"),
        _plain("Content-Transfer-Encoding", "quoted-printable"),
        b"",
        binascii.b2a_qp(body, istext=True),
    ]


def _joined(lines: list[bytes]) -> bytes:
    return b"\r\n".join(lines) + b"\r\n"


def _plain(name: str, value: str) -> bytes:
    return f"{name}: {_safe(value)}".encode("ascii")


def _text(name: str, value: str) -> bytes:
    """Text as encoded words where it needs them (RFC 2047), folded."""
    if value.isascii() and len(name) + 2 + len(value) <= _LONGEST_LINE:
        return _plain(name, value)
    charset = "us-ascii" if value.isascii() else "utf-8"
    encoded = Header(_safe(value), charset, maxlinelen=_LONGEST_LINE, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}".encode("ascii")


def _mailbox(name: str, display: str, address: str) -> bytes:
    """`Name <address>`; the display name as encoded words when it is not plain ASCII."""
    if not _safe(display) or display.isascii():
        return _plain(name, formataddr((display, _safe(address))))
    encoded = Header(display, "utf-8", maxlinelen=_LONGEST_LINE, header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}\r\n <{_safe(address)}>".encode("ascii")


def _safe(value: str) -> str:
    if _UNSAFE.search(value):
        raise UnsafeHeader("A value for a header holds a control character or a line end.")
    return value
