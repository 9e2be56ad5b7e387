"""The mail a reminder becomes: readable by any mail program, and impossible to write headers into."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_dispatcher.channels.role import Mail
from reminder_dispatcher.mails import UnsafeHeader, mail_bytes

NOW = datetime(2026, 11, 30, 8, 5, tzinfo=UTC)
MAIL = Mail(
    message_id="r.0123@firma.pl",
    mail_account_id=UUID(int=1),
    to="jan@klient.pl",
    to_name="Jan Kowalski",
    bcc=("archiwum@firma.pl",),
    subject="Przypomnienie: spotkanie w sprawie żółtych łodzi i całkiem długiego tematu, poniedziałek",
    text="Dzień dobry,\n\nlinia ze spacją \n.\nFrom tu.\n",
    html=None,
    language="pl",
)


def built(mail: Mail, *, sender_name: str = "Biuro, Sp. z o.o.") -> EmailMessage:
    raw = mail_bytes(mail, sender="biuro@firma.pl", sender_name=sender_name, loop_mark="mark-1", now=NOW)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def read(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_headers() -> None:
    parsed = built(MAIL)
    assert parsed["From"] == '"Biuro, Sp. z o.o." <biuro@firma.pl>'
    assert parsed["To"] == "Jan Kowalski <jan@klient.pl>"
    assert parsed["Subject"] == MAIL.subject
    assert parsed["Message-ID"] == "<r.0123@firma.pl>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Loop"] == "mark-1"
    assert parsed["Date"].datetime == NOW
    assert parsed["Bcc"] is None
    assert parsed.keys().count("Content-Type") == 1


def test_text_comes_through_unchanged() -> None:
    assert read(built(MAIL)) == MAIL.text


def test_html_is_an_alternative() -> None:
    parsed = built(replace(MAIL, html="<p>Dzień dobry</p>\n"))
    assert parsed.get_content_type() == "multipart/alternative"
    plain, rich = parsed.iter_parts()
    assert (read(plain), read(rich)) == (MAIL.text, "<p>Dzień dobry</p>\n")


@pytest.mark.parametrize(
    "name", ["Zażółć Gęślą", 'Łukasz "Żółw" Ćma, sp. z o.o.', "", "=?utf-8?q?x?=", "a" * 90, "ą" * 90]
)
def test_names_come_through(name: str) -> None:
    parsed = built(replace(MAIL, to_name=name), sender_name=name)
    assert parsed["To"].addresses[0].addr_spec == "jan@klient.pl"
    assert parsed["From"].addresses[0].addr_spec == "biuro@firma.pl"
    if "=?" not in name:
        shown = parsed["To"].addresses[0].display_name
        assert shown.replace(" ", "") == name.replace(" ", "")  # the parser of 3.11 puts blanks between encoded words


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028", "\u2029", "\x1b", "\x7f"])
@pytest.mark.parametrize("part", ["to", "to_name", "subject", "message_id"])
def test_no_value_becomes_a_header(part: str, end: str) -> None:
    evil = replace(MAIL, **{part: f"x{end}Bcc: all@example.com"})
    with pytest.raises((UnsafeHeader, UnicodeEncodeError)):
        mail_bytes(evil, sender="biuro@firma.pl", sender_name="Biuro", loop_mark="m", now=NOW)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300))
def test_any_subject_survives(subject: str) -> None:
    head = mail_bytes(replace(MAIL, subject=subject), sender="a@b.pl", sender_name="", loop_mark="m", now=NOW)
    parsed = email.message_from_bytes(head, policy=email.policy.compat32)
    assert parsed.keys().count("Bcc") == 0
    assert len(parsed.keys()) == 12
    if not subject.isascii():
        decoded = str(email.header.make_header(email.header.decode_header(str(parsed["Subject"]))))
        assert "".join(decoded.split()) == "".join(subject.split())
