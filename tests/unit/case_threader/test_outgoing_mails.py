"""What we send is what was meant, and nothing else (reliability D9)."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_threader.outgoing_mail import File, Mailbox, OutgoingMail, UnsafeValue, mail_bytes, wire_address

ONE_LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=250)
CONTROLS = ["\r", "\n", "\r\n", "\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]


def a_mail(**given: Any) -> OutgoingMail:
    fields: dict[str, Any] = {
        "message_id": "goniec.1@acme.example", "sender": Mailbox("biuro@acme.example", "Biuro"),
        "to": [Mailbox("jan@kowalski.example")], "cc": [], "subject": "RE: Zapytanie [Acme#1]", "text": "Dzień dobry.\n",
        "loop_mark": "mark", "date": datetime(2026, 11, 20, 12, tzinfo=UTC),
    }  # fmt: skip
    return OutgoingMail(**{**fields, **given})


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@given(ONE_LINE)
def test_every_subject_arrives_exactly(subject: str) -> None:
    subject = subject.strip()
    assert read(mail_bytes(a_mail(subject=subject)))["Subject"] == subject


@pytest.mark.parametrize(
    "subject",
    [
        "RE: Zażółć gęślą jaźń " * 8 + "[Acme#3932]",
        "RE: " + "a" * 300 + " [Acme#3932]",
        "RE: two  blanks   stay [Acme#1]",
        "looks like =?utf-8?B?eA==?= a word",
        "😀" * 60,
    ],
)
def test_long_and_odd_subjects_arrive_exactly(subject: str) -> None:
    raw = mail_bytes(a_mail(subject=subject))
    assert read(raw)["Subject"] == subject
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@given(ONE_LINE)
def test_every_display_name_arrives(name: str) -> None:
    name = " ".join(name.split())
    sender = read(mail_bytes(a_mail(sender=Mailbox("biuro@acme.example", name))))["From"].addresses[0]
    assert sender.addr_spec == "biuro@acme.example"
    # Python's reader keeps the blank between two encoded words of a phrase, against RFC 2047 section 6.2.
    assert "".join(sender.display_name.split()) == "".join(name.split())


def test_an_answer_names_what_it_answers() -> None:
    message = read(mail_bytes(a_mail(in_reply_to="CAF+B@gmail.com", references=["a@x", "CAF+B@gmail.com"])))
    assert message["In-Reply-To"] == "<CAF+B@gmail.com>"
    assert message["References"].split() == ["<a@x>", "<CAF+B@gmail.com>"]
    assert message["X-Loop"] == "mark"
    assert message["Message-ID"] == "<goniec.1@acme.example>"


def test_text_html_and_files_arrive() -> None:
    file = File("umowa ąę.pdf", "application/pdf", b"%PDF\x00\xff")
    message = read(mail_bytes(a_mail(text="Zażółć\n.\nFrom tu\n", html="<p>Zażółć</p>", files=[file])))
    assert message.get_body(("plain",)).get_content().split("\r\n") == ["Zażółć", ".", "From tu", ""]  # type: ignore[union-attr]
    assert "<p>Zażółć</p>" in message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    [attached] = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("umowa ąę.pdf", b"%PDF\x00\xff")


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize(
    "field",
    ["subject", "message_id", "in_reply_to", "loop_mark", "references", "sender", "to_name", "to", "file", "file_type"],
)
def test_nothing_becomes_another_header(field: str, control: str) -> None:
    evil = f"x{control}Bcc: zly@evil.example"
    given = {
        "sender": {"sender": Mailbox("biuro@acme.example", evil)},
        "to_name": {"to": [Mailbox("jan@kowalski.example", evil)]},
        "to": {"to": [Mailbox(f"jan{control}@kowalski.example")]},
        "references": {"references": [evil]},
        "file": {"files": [File(evil, "text/plain", b"")]},
        "file_type": {"files": [File("x", f"text/plain{control}X: y", b"")]},
    }.get(field, {field: evil})
    with pytest.raises(UnsafeValue):
        mail_bytes(a_mail(**given))


@pytest.mark.parametrize(
    ("email_address", "wire"),
    [
        ("jan@kowalski.example", "jan@kowalski.example"),
        ("jan@żółw.pl", "jan@xn--w-uga1v8h.pl"),
        ("o'neil+x@a.b", "o'neil+x@a.b"),
    ],
)
def test_addresses_on_the_wire(email_address: str, wire: str) -> None:
    assert wire_address(email_address) == wire


@pytest.mark.parametrize(
    "wrong", ["jan", "jan@", "@x", "a@b@c", "a b@c", "<a@b>", "żółw@x.pl", "a,b@c", "a@b c", '"a"@b', "a@" + "x" * 400]
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(UnsafeValue):
        wire_address(wrong)
