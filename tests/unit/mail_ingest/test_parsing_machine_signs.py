"""Did a machine write it; must it not be answered? (cases 2 "auto-replies", DESIGN 5 "Machines")"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mail_ingest.parsing import jobs

BODY = "\r\nDzień dobry, proszę o ofertę.\r\n"


def facts(
    *headers: str, sender: str = "Marta <marta@lipowa.example>", subject: str = "Zapytanie", body: str = BODY
) -> dict[str, Any]:
    raw = "\r\n".join([f"From: {sender}", "To: biuro@acme.example", f"Subject: {subject}", *headers, body]).encode()
    document = json.loads(jobs.parse_job(jobs.request({}, raw)))
    assert document["outcome"] == "parsed"
    return document["facts"]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Auto-Submitted: auto-replied", "auto_submitted"),
        ("Auto-Submitted: AUTO-GENERATED", "auto_submitted"),
        ('Auto-Submitted: auto-notified; owner-email="a@x.pl"', "auto_submitted"),
        ("Auto-Submitted: auto-replied (vacation)", "auto_submitted"),
        ("Precedence: bulk", "precedence"),
        ("Precedence: Junk", "precedence"),
        ("Precedence: list", "precedence"),
        ("Precedence: auto_reply", "precedence"),
        ("X-Precedence: bulk", "precedence"),
        ("X-Autoreply: yes", "auto_reply_header"),
        ("X-Autorespond: Zapytanie", "auto_reply_header"),
        ("X-Autoresponder: 1", "auto_reply_header"),
        ("Delivered-To: Autoresponder", "auto_reply_header"),
        ("X-FC-MachineGenerated: true", "auto_reply_header"),
        ("X-Apple-Action: VACATION", "auto_reply_header"),
        ("X-POST-MessageClass: 9; Autoresponder", "auto_reply_header"),
    ],
)
def test_written_by_a_machine(header: str, reason: str) -> None:
    found = facts(header)
    assert (found["written_by_machine"], found["do_not_answer"], found["machine_reason"]) == (True, True, reason)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", "response_suppressed"),  # asks for silence, says not who wrote
        ("X-Auto-Response-Suppress: All", "response_suppressed"),
        ("List-Id: <lista.lipowa.example>", "mailing_list"),
        ("List-Unsubscribe: <mailto:x@lipowa.example>", "mailing_list"),
        ("X-Loop: ktos@lipowa.example", "loop_mark"),
        ("Return-Path: <>", "null_return_path"),  # also seen on ordinary mail
    ],
)
def test_not_to_be_answered(header: str, reason: str) -> None:
    found = facts(header)
    assert (found["written_by_machine"], found["do_not_answer"], found["machine_reason"]) == (False, True, reason)


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: No ",
        "Auto-Submitted: no (written by hand)",
        "Auto-Submitted: no; x=1",
        "Auto-Submitted:",
        "Precedence: first-class",
        "X-Autoreply: no",
        "X-Auto-Response-Suppress: None",
        "X-Mailer: auto-mailer",
        "Return-Path: <marta@lipowa.example>",
        "Importance: high",
    ],
)
def test_people(header: str) -> None:
    found = facts(header)
    assert (found["written_by_machine"], found["do_not_answer"], found["machine_reason"]) == (False, False, None)


@pytest.mark.parametrize(
    ("subject", "machine"),
    [
        ("Automatyczna odpowiedź: Zapytanie", True),
        ("Automatyczna odpowiedz: Zapytanie", True),
        ("Autoodpowiedź: Zapytanie", True),
        ("Odpowiedź automatyczna: Zapytanie", True),
        ("Automatic reply: Enquiry", True),
        ("Auto-Reply: Enquiry", True),
        ("Autoreply: Enquiry", True),
        ("Auto: Re: Enquiry", True),
        ("Out of Office: Enquiry", True),
        ("Out of the office AutoReply: Enquiry", True),
        ("Abwesenheitsnotiz: Anfrage", True),
        ("Automatische Antwort: Anfrage", True),
        ("Réponse automatique : Demande", True),
        ("RE: Automatyczna odpowiedź: Zapytanie", False),  # a person answers it
        ("Auto: oferta leasingu", False),  # a car
        ("Automatyczna odpowiedź w naszym sklepie", False),
        ("Out of office hours", False),
    ],
)
def test_subjects_that_only_machines_write(subject: str, machine: bool) -> None:
    assert facts(subject=subject)["written_by_machine"] is machine


@pytest.mark.parametrize(
    ("sender", "machine", "silent"),
    [
        ("MAILER-DAEMON@mx.example", True, True),
        ("Mail Delivery System <mailer-daemon@mx.example>", True, True),
        ("postmaster@lipowa.example", False, True),  # also a person
        ("no-reply@sklep.example", False, True),
        ("noreply+17@sklep.example", False, True),
        ("do_not_reply@sklep.example", False, True),
        ("nie-odpowiadaj@sklep.example", False, True),
        ("bounces@sklep.example", False, True),
        ("noreplacement@sklep.example", False, False),
        ("rooter@sklep.example", False, False),
        ("marta@noreply.example", False, False),
    ],
)
def test_senders(sender: str, machine: bool, silent: bool) -> None:
    found = facts(sender=sender)
    assert (found["written_by_machine"], found["do_not_answer"]) == (machine, silent)


@pytest.mark.parametrize(
    ("headers", "sender", "subject", "body"),
    [
        (
            (),
            "postmaster@lipowa.example",
            "Mail delivery problem",
            "\r\nNasz serwer miał awarię, user unknown to był błąd. Postmaster Jan\r\n",
        ),
        (("Return-Path: <>",), "marta@lipowa.example", "Delivery notification", "\r\nTwoja paczka jest w drodze.\r\n"),
        (
            (),
            "marta@lipowa.example",
            "Undelivered Mail Returned to Sender",
            "\r\nCo to znaczy?\r\n<jan@x.pl>: user unknown\r\n",
        ),
        (
            (),
            "marta@lipowa.example",
            "failure notice",
            "\r\nHi. This is the qmail-send program, pisało w zwrocie.\r\n\r\n<a@b.pl>:\r\nno\r\n",
        ),
        (("Return-Path: <>",), "marta@lipowa.example", "Zapytanie", BODY),
        (
            ("Content-Type: multipart/mixed; boundary=x",),
            "marta@lipowa.example",
            "report",
            "\r\n--x\r\n\r\nmultipart/report\r\n--x--\r\n",
        ),
    ],
)
def test_ordinary_mail_is_not_taken_for_a_bounce(
    headers: tuple[str, ...], sender: str, subject: str, body: str
) -> None:
    found = facts(*headers, sender=sender, subject=subject, body=body)
    assert (found["report"], found["written_by_machine"]) == (None, False)


@pytest.mark.parametrize(
    ("headers", "sender", "subject", "body"),
    [
        (
            ("X-MS-Embedded-Report:",),
            "System Administrator <postmaster@x.pl>",
            "Undeliverable: Oferta",
            "\r\nYour message did not reach\r\n",
        ),
        ((), "Postmaster@operator.example", "Mail System Error - Returned Mail", "\r\nThe user does not exist.\r\n"),
        ((), "postmaster@x.pl", "DELIVERY FAILURE: 550 no such user", "\r\nYour message could not be delivered\r\n"),
        (("Return-Path: <>",), "admin@x.pl", "Undeliverable Mail", "\r\nUnknown user: jan@x.pl\r\n"),
        ((), "MAILER-DAEMON", "Returned mail: see transcript", "\r\n----- Transcript -----\r\n550 jan@x.pl\r\n"),
        ((), "Mail Delivery Subsystem <MAILER-DAEMON>", "Returned mail", "\r\nx\r\n"),
    ],
)
def test_bounces_of_older_servers(headers: tuple[str, ...], sender: str, subject: str, body: str) -> None:
    found = facts(*headers, sender=sender, subject=subject, body=body)
    assert found["written_by_machine"]
    assert found["report"]["kind"] == "failed"


def test_loop_marks_are_passed_on() -> None:
    assert facts("X-Loop: goniec-1", "X-Loop: other")["loop_marks"] == ["goniec-1", "other"]
