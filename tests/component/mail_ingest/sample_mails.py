"""Mails for tests: builders that fill everything; a test writes only what matters to it."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

_numbers = count(1)


def a_mail(
    *,
    subject: str = "Zapytanie",
    text: str = "Dzień dobry,\nproszę o ofertę.\n",
    sender: str = "Anna Nowak <anna@klient.example>",
    message_id: str | None = None,
    html: str | None = None,
    attachments: dict[str, bytes] | None = None,
) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = "biuro@firma.example"
    mail["Date"] = "Fri, 20 Nov 2026 09:00:00 +0100"
    mail["Message-ID"] = message_id or f"<{next(_numbers)}.sample@klient.example>"
    mail["Subject"] = subject
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, content in (attachments or {}).items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def an_invitation(
    *, uid: str = "spotkanie-1@klient.example", method: str = "REQUEST", subject: str = "Spotkanie"
) -> bytes:
    ics = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//PL\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
        "DTSTAMP:20261120T080000Z\r\nDTSTART:20261130T090000Z\r\nDTEND:20261130T100000Z\r\n"
        f"SUMMARY:{subject}\r\nORGANIZER:mailto:anna@klient.example\r\nATTENDEE:mailto:biuro@firma.example\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return (
        "From: Anna Nowak <anna@klient.example>\r\nTo: biuro@firma.example\r\n"
        f"Subject: {subject}\r\nMessage-ID: <{next(_numbers)}.invite@klient.example>\r\n"
        "Date: Fri, 20 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n{ics}"
    ).encode()
