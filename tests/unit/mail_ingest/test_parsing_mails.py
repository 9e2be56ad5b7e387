"""Whole mails of the corpus through the job: what is shown, what is carried, what is reported, what is held."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts.mail import MailReceived
from kit.events import registered
from mail_ingest.parsing import jobs

CORPUS = Path(__file__).parents[2] / "corpus"


def parsed(raw: bytes, **context: Any) -> dict[str, Any]:
    return json.loads(jobs.parse_job(jobs.request(context, raw)))


def of_corpus(name: str, **context: Any) -> dict[str, Any]:
    document = parsed((CORPUS / name).read_bytes(), **context)
    assert document["outcome"] == "parsed", document
    return document


def html_of_corpus(name: str) -> str:
    request = jobs.request({"attachment_url": "/v1/messages/m1/attachments/{n}"}, (CORPUS / name).read_bytes())
    return json.loads(jobs.html_job(request))["html"]


def carried(document: dict[str, Any]) -> list[str]:
    return [attachment["filename"] for attachment in document["facts"]["attachments"] if not attachment["inline"]]


@pytest.mark.parametrize(
    ("name", "subject", "text"),
    [
        ("tag_split_between_encoded_words.eml", "Odp: Zamówienie na łożyska [Acme#412]", "Potwierdzam."),
        ("raw_headers_in_iso_8859_2.eml", "Wysyłka próbek łąkowych ść", "Gęś, żaba i łoś."),
        ("declared_8859_2_written_in_1250.eml", "Ślusarz i źrebak", "Ślusarz – źrebak „w cudzysłowie” ążśź."),
        (
            "flowed_text_without_spaces.eml", "flowed",
            "Adres: https://lipowa.example/bardzo/dlugi/adres\nTo zdanie ciągnie się dalej.\n> cytat, który trwa\n-- \nMarta",
        ),
        ("alternative_with_empty_plain_text.eml", "pusty tekst", "Dzień dobry,\n\n- jeden\n\n- dwa\n\ncena 5 zł\n\na\nb"),
        ("end_boundary_missing.eml", "ucięty", "Treść."),
        ("boundary_never_appears.eml", "zgubiony podział", "Uwaga: to jest treść, nie nagłówek."),
        ("boundary_is_not_the_declared_one.eml", "inny podział", "Treść."),
        ("cr_only_line_ends.eml", "stary Mac", "pierwsza linia\ndruga linia"),
        ("enclosed_mail_is_one_attachment.eml", "PD: oryginał", "Przesyłam."),
    ],
)  # fmt: skip
def test_subject_and_text(name: str, subject: str, text: str) -> None:
    facts = of_corpus(name)["facts"]
    assert (facts["mail_subject"], facts["text"]) == (subject, text)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("enclosed_mail_is_one_attachment.eml", ["oryginał.eml"]),
        ("end_boundary_missing.eml", ["oferta.pdf"]),
        ("boundary_is_not_the_declared_one.eml", ["a.pdf"]),
        ("picture_shown_and_picture_attached.eml", ["usterka.jpg", "telefon.jpg"]),
        (
            "file_name_in_continuations.eml",
            ["zestawienie załączników.pdf", "gwarań.pdf", "ślusarz.pdf", "oferta na 2027 rok.pdf", "umowa.pdf", "zly", "fakturafdp.exe",
             "image-8.png", "mapa.png"],
        ),
        ("tag_split_between_encoded_words.eml", []),
    ],
)  # fmt: skip
def test_attachments(name: str, files: list[str]) -> None:
    assert carried(of_corpus(name)) == files


@pytest.mark.parametrize(
    ("second", "text", "files"),
    [
        ("Content-Type: text/plain", "one\n\ntwo", []),
        ("Content-Type: text/plain; name=log.txt", "one\n\ntwo", ["log.txt"]),  # shown, and a file too
        ("Content-Type: text/plain; name=log.txt\nContent-Disposition: inline", "one\n\ntwo", ["log.txt"]),
        ("Content-Type: text/plain; name=log.txt\nContent-Disposition: attachment", "one", ["log.txt"]),
        ("Content-Type: text/plain\nContent-Disposition: attachment", "one", ["attachment-1.txt"]),
        ("Content-Type: text/html\nContent-Disposition: attachment; filename=a.html", "one", ["a.html"]),
        ("Content-Type: text/html; name=a.html", "one", ["a.html"]),
        ("Content-Type: text/html", "one\n\ntwo", []),
        ("Content-Type: text/csv", "one", ["attachment-1.csv"]),
        ("Content-Type: text/x-patch", "one\n\ntwo", []),
        ("Content-Type: image/png", "one", ["image-1.png"]),
        ("Content-Type: image/png\nContent-Disposition: inline", "one", ["image-1.png"]),
        ("Content-Type: message/rfc822\n\nSubject: Enclosed", "one", ["Enclosed.eml"]),
        ("Content-Type: application/pgp-signature; name=signature.asc", "one", ["signature.asc"]),
        ("X-Nothing: here", "one\n\ntwo", []),
    ],
)
def test_second_parts(second: str, text: str, files: list[str]) -> None:
    raw = (
        f"From: a@b.pl\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--B\n{second}\n\ntwo\n--B--\n".encode()
    )
    document = parsed(raw)
    assert (document["facts"]["text"], carried(document)) == (text, files)


@pytest.mark.parametrize(
    "boundary",
    [
        "boundary=B",
        'boundary="B"',
        "boundary=B ; x=y",
        "BOUNDARY = B",
        "boundary*0=B",
        "boundary*=us-ascii''B",
        'x="a;b"; boundary=B',
        "boundary=B; boundary=C",
    ],
)
def test_spellings_of_a_boundary(boundary: str) -> None:
    raw = f"From: a@b.pl\nContent-Type: multipart/mixed; {boundary}\n\npreamble\n--B\n\none\n--B  \n\ntwo\n--B--\nepilogue\n".encode()
    assert parsed(raw)["facts"]["text"] == "one\n\ntwo"


def test_a_named_text_that_stands_alone_is_the_text() -> None:
    raw = b"From: a@b.pl\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain; name=body.txt\n\none\n--B--\n"
    assert (parsed(raw)["facts"]["text"], carried(parsed(raw))) == ("one", [])


def test_what_the_html_refers_to_is_inline_and_shown() -> None:
    document = of_corpus("picture_shown_and_picture_attached.eml")
    inline = [attachment["filename"] for attachment in document["facts"]["attachments"] if attachment["inline"]]
    assert inline == ["logo.png", "plan.png"]
    html = html_of_corpus("picture_shown_and_picture_attached.eml")
    assert 'src="/v1/messages/m1/attachments/1"' in html
    assert 'src="/v1/messages/m1/attachments/2"' in html
    assert "tracker.example" not in html


def test_an_attachment_is_handed_out_by_number() -> None:
    raw = (CORPUS / "end_boundary_missing.eml").read_bytes()
    found = jobs.attachment(jobs.attachment_job(jobs.request({"n": 1}, raw)))
    assert found is not None
    card, content = found
    assert card == {
        "n": 1,
        "filename": "oferta.pdf",
        "content_type": "application/pdf",
        "size": len(content),
        "inline": False,
    }
    assert content.startswith(b"%PDF-1.4")
    assert jobs.attachment(jobs.attachment_job(jobs.request({"n": 2}, raw))) is None
    assert jobs.attachment(jobs.attachment_job(jobs.request({"n": 0}, raw))) is None


@pytest.mark.parametrize(
    ("name", "kind", "recipients", "ids", "subject"),
    [
        ("bounce_with_status_report.eml", "failed", [("marta@lipowa.example", "failed", "5.1.1")], ["reply-77@acme.example"], "RE: Zamówienie"),
        ("delay_with_status_report.eml", "delayed", [("marta@lipowa.example", "delayed", "4.4.1")], ["reply-77@acme.example"], "RE: Zamówienie"),
        ("bounce_of_qmail_in_words.eml", "failed", [("nikt@poczta.example", "failed", "5.1.1")], ["reply-78@acme.example"], "RE: Oferta"),
        (
            "bounce_of_exim_in_words.eml", "failed",
            [("nikt@klient.example", "failed", None), ("nikogo@klient.example", "failed", None)], ["reply-79@acme.example"], "RE: Reklamacja",
        ),
        ("delay_of_exim_in_words.eml", "delayed", [("powolny@klient.example", "delayed", None)], [], None),
        ("read_receipt.eml", "read_receipt", [("marta@lipowa.example", "delivered", None)], ["reply-80@acme.example"], None),
        ("abuse_report.eml", "abuse_report", [], ["reply-81@acme.example"], "RE: Oferta"),
    ],
)  # fmt: skip
def test_reports_about_earlier_mail(
    name: str, kind: str, recipients: list[tuple[str, str, str | None]], ids: list[str], subject: str | None
) -> None:
    facts = of_corpus(name)["facts"]
    report = facts["report"]
    assert report["kind"] == kind
    assert [(each["email"], each["action"], each["status"]) for each in report["recipients"]] == recipients
    assert report["original_message_ids"] == ids
    assert report["original_subject"] == subject
    assert facts["written_by_machine"]
    assert facts["do_not_answer"]


@pytest.mark.parametrize(
    "name", ["person_forwards_a_bounce.eml", "vacation_reply_of_outlook.eml", "end_boundary_missing.eml"]
)
def test_ordinary_mail_is_no_report(name: str) -> None:
    assert of_corpus(name)["facts"]["report"] is None


def test_a_vacation_reply_is_known_by_its_subject() -> None:
    facts = of_corpus("vacation_reply_of_outlook.eml")["facts"]
    assert (facts["written_by_machine"], facts["machine_reason"]) == (True, "auto_reply_subject")


@pytest.mark.parametrize(
    ("name", "context", "expected"),
    [
        ("invitation_and_the_same_as_attachment.eml", {}, [("calendar.request.v1", None)]),
        ("invitation_and_the_same_as_attachment.eml", {"role": "sent"}, [("calendar.held.v1", "in_sent")]),
        ("invitation_in_a_forwarded_mail.eml", {}, [("calendar.held.v1", "in_forwarded_mail")]),
        ("bounce_of_an_invitation.eml", {}, [("calendar.held.v1", "in_bounce")]),
        ("invitation_in_winmail_dat.eml", {}, [("calendar.request.v1", None)]),
        ("tag_split_between_encoded_words.eml", {}, []),
    ],
)
def test_calendars(name: str, context: dict[str, Any], expected: list[tuple[str, str | None]]) -> None:
    calendars = of_corpus(name, **context)["calendars"]
    assert [(each["subject"], each["payload"].get("reason")) for each in calendars] == expected
    assert [(each["payload"]["part"], each["payload"]["parts"]) for each in calendars] == [(1, 1)] * len(calendars)


def test_a_meeting_of_outlook_is_put_into_words() -> None:
    document = of_corpus("invitation_in_winmail_dat.eml")
    component = document["calendars"][0]["payload"]["components"][0]
    assert component["summary"] == "Narada, budżet; plan"
    assert (component["starts"]["at"], component["ends"]["at"]) == ("2027-01-15T09:00:00Z", "2027-01-15T10:00:00Z")
    assert component["organizer"]["email"] == "marta@lipowa.example"
    assert component["dtstamp"] == "2027-01-04T07:59:57Z"
    assert component["uid"].startswith("040000008200E00074C5B7101A82E00800000000")
    assert carried(document) == ["winmail.dat"]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_every_mail_fits_the_contracts(path: Path) -> None:
    document = parsed(path.read_bytes())
    ids = {
        "message_id": uuid4(),
        "mail_account_id": uuid4(),
        "mailbox": "biuro@acme.example",
        "received_at": datetime(2027, 1, 4, tzinfo=UTC),
    }
    MailReceived(**ids, folder="INBOX", role="inbox", sha256="0" * 64, **document["facts"])
    for calendar in document["calendars"]:
        event_class = registered()[calendar["subject"]]
        event_class(**ids, **calendar["payload"])
        assert set(calendar["payload"]) <= set(event_class.model_fields)
