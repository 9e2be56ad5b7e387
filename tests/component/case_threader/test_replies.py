"""Writing from a case (features C6, C10, C11, C22, C29, C35; reliability B2-B6, D9)."""

import base64
import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage

import pytest
from case_office import BIURO, EWA, JAN, LOOP_MARK, NOWAK, OBCY, Threader, change_settings, eventually, mail_account_of

from contracts.cases import CaseReplySent
from kit.testing.smtp_sink import SunkMail

ACCOUNT = str(mail_account_of(BIURO))


def read(mail: SunkMail) -> EmailMessage:
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_answer_leaves_with_tag_ids_and_loop_mark(office: Threader) -> None:
    await office.file(message_id="root@kowalski.example")
    question = await office.file(
        subject="Zapytanie", message_id="CAF+B=X@mail.Kowalski.example", references=["root@kowalski.example"]
    )
    number = question["case_number"]
    reply = await office.reply(number, text="Dzień dobry, w załączeniu oferta.")
    assert (reply["status"], reply["subject"]) == ("sent", f"RE: Zapytanie [Acme#{number}]")
    [sunk] = office.sink.mails
    mail = read(sunk)
    assert (sunk.envelope_from, sunk.recipients) == (BIURO, [JAN])
    assert mail["Subject"] == reply["subject"]
    assert mail["From"] == f"Biuro Acme <{BIURO}>"
    assert mail["In-Reply-To"] == "<CAF+B=X@mail.Kowalski.example>"  # in the spelling of its sender
    assert mail["References"].split() == ["<root@kowalski.example>", "<CAF+B=X@mail.Kowalski.example>"]
    assert mail["X-Loop"] == LOOP_MARK
    assert mail["Message-ID"] == f"<{reply['rfc_message_id']}>"
    assert mail.get_content().strip() == "Dzień dobry, w załączeniu oferta."
    [told] = await office.announced(CaseReplySent)
    assert (told.number, told.rfc_message_id, told.recipients) == (number, reply["rfc_message_id"], [JAN])


async def test_answer_stands_in_the_case_and_closes_it(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number, to="nowy@daleko.example")
    case = await office.case(number)
    entry = case["messages"][-1]
    assert (entry["message_id"], entry["kind"], entry["direction"]) == (reply["id"], "reply", "outgoing")
    assert (entry["mailboxes"], entry["rfc_message_id"], case["status"]) == ([BIURO], reply["rfc_message_id"], "closed")
    assert "nowy@daleko.example" in [each["email"] for each in case["participants"]]


async def test_message_ids_cannot_be_guessed_from_one_another(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    first, second = [(await quick_office.reply(number))["rfc_message_id"] for _ in range(2)]
    assert len(set(first[:40]) & set(second[:40])) < 40
    assert first.endswith("@acme.example")
    assert first != second


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (None, "RE: Zapytanie [Acme#{n}]"),
        ("Oferta", "Oferta [Acme#{n}]"),
        ("Oferta [Acme#{n}]", "Oferta [Acme#{n}]"),
        ("Re: [Acme#{n}] Oferta", "Re: [Acme#{n}] Oferta"),
        ("Oferta [OtherCo#7]", "Oferta [OtherCo#7] [Acme#{n}]"),
        ("Oferta [Acme#998]", "Oferta [Acme#{n}]"),
    ],
)
async def test_subjects(quick_office: Threader, wanted: str | None, sent: str) -> None:
    number = (await quick_office.file())["case_number"]
    body = {"subject": wanted.format(n=number)} if wanted else {}
    assert (await quick_office.reply(number, **body))["subject"] == sent.format(n=number)


async def test_long_subject_is_shortened_and_the_tag_stays(quick_office: Threader) -> None:
    await change_settings(quick_office, subject_limit=100)
    number = (await quick_office.file(subject="Zażółć gęślą jaźń " * 12))["case_number"]
    reply = await quick_office.reply(number)
    assert len(reply["subject"]) <= 100
    assert reply["subject"].endswith(f"[...] [Acme#{number}]")
    assert read(quick_office.sink.mails[0])["Subject"] == reply["subject"]


async def test_files_html_copies_and_hidden_copies(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    file = {"filename": "umowa.pdf", "content_type": "application/pdf", "content": base64.b64encode(b"%PDF").decode()}
    await quick_office.reply(
        number, html="<p>Cześć</p>", cc=[{"email": EWA, "name": "Ewa Lis"}], bcc=[NOWAK], attachments=[file]
    )
    [sunk] = quick_office.sink.mails
    mail = read(sunk)
    assert sunk.recipients == [JAN, EWA, NOWAK]
    assert mail["Cc"] == f"Ewa Lis <{EWA}>"
    assert NOWAK.encode() not in sunk.content
    assert [part.get_filename() for part in mail.iter_attachments()] == ["umowa.pdf"]
    [_, entry] = (await quick_office.case(number))["messages"]
    assert (entry["attachments"], entry["cc"]) == (1, [{"email": EWA, "name": "Ewa Lis"}])


async def test_original_is_quoted_when_asked_for(quick_office: Threader) -> None:
    filed = await quick_office.file()
    quick_office.siblings.texts[filed["message_id"]] = "Ile to kosztuje?\n"
    await quick_office.reply(filed["case_number"], text="Sto złotych.", quote_original=True)
    lines = read(quick_office.sink.mails[0]).get_content().splitlines()
    assert lines == ["Sto złotych.", "", f"W dniu 20.11.2026 o 13:01 {JAN} pisze:", "> Ile to kosztuje?"]
    quick_office.siblings.down = True
    body = {"from_account_id": ACCOUNT, "to": [JAN], "text": "x", "quote_original": True}
    await quick_office.call("POST", f"/v1/cases/{filed['case_number']}/replies", body, status=503)


@pytest.mark.parametrize("control", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x7f", "\x85", "\u2028", "\u2029"])
async def test_nothing_that_comes_in_becomes_a_header(quick_office: Threader, control: str) -> None:
    number = (await quick_office.file(subject=f"Zapytanie{control}Bcc: zly@evil.example"))["case_number"]
    evil = f"x{control}Bcc: zly@evil.example"
    good = {"from_account_id": ACCOUNT, "to": [JAN], "text": "x"}
    for bad in (
        {"subject": evil},
        {"to": [f"jan{control}@x.example"]},
        {"cc": [{"email": EWA, "name": evil}]},
        {"attachments": [{"filename": evil, "content": "eA=="}]},
    ):
        await quick_office.call("POST", f"/v1/cases/{number}/replies", {**good, **bad}, status=422)
    assert quick_office.sink.mails == []


async def test_replies_need_a_recipient_and_an_account_that_can_send(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    await quick_office.know_mailbox("tylko-odbior@acme.example", can_send=False)
    path, good = f"/v1/cases/{number}/replies", {"from_account_id": ACCOUNT, "to": [JAN], "text": "x"}
    for change, status, code in (
        ({"to": []}, 422, "no_recipients"),
        ({"from_account_id": "0190a5d0-0000-7000-8000-000000000000"}, 422, "mail_account_unknown"),
        ({"from_account_id": str(mail_account_of("tylko-odbior@acme.example"))}, 409, "mail_account_cannot_send"),
    ):
        assert (await quick_office.call("POST", path, {**good, **change}, status=status))["code"] == code
    await quick_office.call("POST", "/v1/cases/999/replies", good, status=404)


async def test_stranger_who_only_knows_the_number_is_no_recipient(quick_office: Threader) -> None:
    await change_settings(quick_office, tag_from_strangers="append")
    number = (await quick_office.file(cc=[EWA]))["case_number"]
    await quick_office.file(sender=OBCY, subject=f"[Acme#{number}]")
    draft = await quick_office.get(f"/v1/cases/{number}/reply-draft", all=True)
    assert (draft["to"], draft["cc"], draft["unverified"]) == ([JAN], [EWA], [OBCY])
    assert draft["subject"] == f"RE: Zapytanie [Acme#{number}]"
    body = {"from_account_id": ACCOUNT, "to": [OBCY], "text": "x"}
    problem = await quick_office.call("POST", f"/v1/cases/{number}/replies", body, status=409)
    assert problem["code"] == "unverified_recipient"
    await quick_office.reply(number, to=OBCY, confirm_recipients=True)
    assert (await quick_office.get(f"/v1/cases/{number}/reply-draft"))["unverified"] == []


async def test_new_topic_of_ours_opens_a_case_with_the_tag_in_its_first_mail(office: Threader) -> None:
    body = {
        "account_id": str(office.kowalski),
        "from_account_id": ACCOUNT,
        "to": [EWA],
        "subject": "Oferta",
        "text": "x",
    }
    told = await office.call("POST", "/v1/messages", body, status=202)
    number = told["case_number"]
    await office.attempted(told["id"])
    case = await office.case(number)
    assert told["subject"] == f"Oferta [Acme#{number}]" == read(office.sink.mails[0])["Subject"]
    assert (case["title"], case["status"], case["contact_id"]) == ("Oferta", "closed", str(office.ewa))
    assert (await office.file(sender=EWA, in_reply_to=[told["rfc_message_id"]]))["case_number"] == number


async def test_same_key_sends_once(office: Threader) -> None:
    number = (await office.file())["case_number"]
    body = {"from_account_id": ACCOUNT, "to": [JAN], "text": "x"}
    path, headers = f"/v1/cases/{number}/replies", {"idempotency-key": "k1"}
    first = await office.call("POST", path, body, headers=headers)
    second = await office.call("POST", path, body, headers=headers)
    await office.attempted(first["id"])
    assert (first["id"], len(await office.messages(number)), len(office.sink.mails)) == (second["id"], 2, 1)


# ---- on the way


async def test_greylisted_answer_is_tried_again(office: Threader) -> None:
    number = (await office.file())["case_number"]
    office.sink.answer("RCPT", "451 4.7.1 later", times=1)
    reply = await office.reply(number)
    assert (reply["status"], reply["attempts"][0]["outcome"], reply["attempts"][0]["code"]) == (
        "queued",
        "temporary",
        451,
    )
    assert await office.status(number) == "closed"
    office.clock.advance(timedelta(minutes=5))
    office.parts.reply_sender.wake()
    again = await office.attempted(reply["id"], times=2)
    assert (again["status"], len(office.sink.mails)) == ("sent", 1)
    assert again["rfc_message_id"] in office.sink.mails[0].content.decode()


async def test_refused_answer_reopens_the_case_and_can_be_sent_again(office: Threader) -> None:
    number = (await office.file())["case_number"]
    office.sink.answer("RCPT", "550 5.1.1 no such user", times=1)
    reply = await office.reply(number)
    assert reply["status"] == "failed"
    case = await office.case(number)
    assert (case["status"], case["status_reason"]) == ("open", "reply_failed")
    assert case["messages"][-1]["delivery"]["recipients"][0]["email"] == JAN
    [failed] = (await office.client.get("/v1/replies?status=failed")).json()["items"]
    assert failed["id"] == reply["id"]
    await office.call("POST", f"/v1/replies/{reply['id']}/retry", status=202)
    assert (await office.attempted(reply["id"]))["status"] == "sent"
    assert await office.status(number) == "closed"
    await office.call("POST", f"/v1/replies/{reply['id']}/retry", status=409)


async def test_recipient_who_is_refused_among_others_is_named(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    quick_office.sink.answer("RCPT", "550 5.1.1 no such user", about=EWA)
    reply = await quick_office.reply(number, cc=[EWA])
    delivery = (await quick_office.case(number))["messages"][-1]["delivery"]
    assert (reply["status"], [each["email"] for each in delivery["recipients"]]) == ("sent", [EWA])


async def test_lost_answer_of_the_server_means_one_copy_more_with_the_same_id(office: Threader) -> None:
    number = (await office.file())["case_number"]
    office.sink.cut("MESSAGE", times=1)
    reply = await office.reply(number)
    assert reply["attempts"][0]["outcome"] == "unknown"
    office.clock.advance(timedelta(hours=1))
    office.parts.reply_sender.wake()
    again = await office.attempted(reply["id"], times=2)
    ids = {read(mail)["Message-ID"] for mail in office.sink.mails}
    assert (again["status"], len(office.sink.mails), len(ids)) == ("sent", 2, 1)


async def test_answer_lost_twice_is_shown_as_unknown_and_not_sent_for_ever(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    quick_office.sink.cut("MESSAGE")
    reply = await quick_office.reply(number)
    quick_office.clock.advance(timedelta(hours=1))
    quick_office.parts.reply_sender.wake()
    again = await quick_office.attempted(reply["id"], times=2)
    assert (again["status"], again["next_attempt_at"]) == ("unknown", None)
    assert await quick_office.status(number) == "closed"


async def test_account_in_trouble_is_waited_for(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    quick_office.siblings.refuses = {"/smtp-access": 409}
    reply = await quick_office.reply(number)
    assert (reply["status"], reply["attempts"][0]["outcome"]) == ("queued", "temporary")
    quick_office.siblings.refuses = {}
    quick_office.clock.advance(timedelta(minutes=1))
    quick_office.parts.reply_sender.wake()
    assert (await quick_office.attempted(reply["id"], times=2))["status"] == "sent"


async def test_sender_that_died_in_the_middle_is_succeeded(office: Threader) -> None:
    number = (await office.file())["case_number"]
    office.sink.hold("DATA", 3600, times=1)
    body = {"from_account_id": ACCOUNT, "to": [JAN], "text": "x"}
    told = await office.call("POST", f"/v1/cases/{number}/replies", body)

    async def in_the_middle() -> bool | None:
        return office.sink.held == 1 or None

    await eventually(in_the_middle)
    office.clock.advance(timedelta(minutes=11))
    assert await office.parts.reply_sender.send_due() == 1
    reply = await office.get(f"/v1/replies/{told['id']}")
    assert [attempt["outcome"] for attempt in reply["attempts"]] == ["unknown", "sent"]
    assert len(office.sink.mails) == 1
