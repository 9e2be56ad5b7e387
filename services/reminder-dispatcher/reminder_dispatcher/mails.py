"""A reminder as the bytes of an RFC 5322 mail, written by hand: thousands leave within a minute, and every field is ours.

No value can add a header: one that holds a control character or a line end is refused (reliability D9).
"""

import re
from binascii import b2a_base64, b2a_qp
from datetime import datetime
from email.utils import format_datetime, formataddr

from reminder_dispatcher.channels.role import Mail

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_PLAIN = 900
_BYTES_IN_A_WORD = 45


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
        b2a_qp(body, istext=True),
    ]


def _joined(lines: list[bytes]) -> bytes:
    return b"\r\n".join(lines) + b"\r\n"


def _plain(name: str, value: str) -> bytes:
    return f"{name}: {_safe(value)}".encode("ascii")


def _text(name: str, value: str) -> bytes:
    """Text as encoded words where it needs them, one on a line."""
    if _is_plain(value):
        return _plain(name, value)
    return f"{name}: {_encoded(_safe(value))}".encode("ascii")


def _mailbox(name: str, display: str, address: str) -> bytes:
    """`Name <address>`; the display name as encoded words when it is not plain ASCII."""
    if _is_plain(_safe(display)):
        return _plain(name, formataddr((display, _safe(address))))
    return f"{name}: {_encoded(display)}\r\n <{_safe(address)}>".encode("ascii")


def _is_plain(value: str) -> bool:
    """ASCII that nobody takes for an encoded word, and that fits a line."""
    return value.isascii() and "=?" not in value and len(value) <= _LONGEST_PLAIN


def _encoded(value: str) -> str:
    """Encoded words of at most 75 characters, whole characters in each (RFC 2047 sections 2 and 5).

    By hand, since `email.header.Header` takes five times as long as all the rest of a mail.
    """
    words, word = [], b""
    for character in value:
        encoded = character.encode()
        if len(word) + len(encoded) > _BYTES_IN_A_WORD:
            words.append(word)
            word = b""
        word += encoded
    words.append(word)
    return "\r\n ".join(f"=?utf-8?b?{b2a_base64(part, newline=False).decode()}?=" for part in words)


def _safe(value: str) -> str:
    if _UNSAFE.search(value):
        raise UnsafeHeader("A value for a header holds a control character or a line end.")
    return value
