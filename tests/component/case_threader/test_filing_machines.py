"""Bounces, receipts, out-of-office (DESIGN 5, features C30-C32, reference/cases.md section 6)."""

import pytest
from case_office import EWA, JAN, NOWAK, OBCY, Threader, a_report

DAEMON = "mailer-daemon@mx.acme.example"


async def test_out_of_office_reopens_nothing(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number)
    away = await office.file(
        subject=f"Automatyczna odpowiedź: RE: Zapytanie [Acme#{number}]", in_reply_to=[reply["rfc_message_id"]],
        written_by_machine=True, machine_reason="auto_submitted",
    )  # fmt: skip
    assert (away["outcome"], away["case_number"]) == ("append", number)
    assert await office.status(number) == "closed"


async def test_machine_opens_nothing(quick_office: Threader) -> None:
    filed = await quick_office.file(written_by_machine=True)
    assert (filed["outcome"], filed["reason"]) == ("unassigned", "written_by_machine")
    number = (await quick_office.file())["case_number"]
    other = await quick_office.file(sender=NOWAK, subject=f"[Acme#{number}]", written_by_machine=True)
    assert other["outcome"] == "unassigned"


async def test_machine_takes_no_part(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    reply = await quick_office.reply(number)
    await quick_office.file(
        sender="noreply@kowalski.example", in_reply_to=[reply["rfc_message_id"]], written_by_machine=True
    )
    assert [each["email"] for each in (await quick_office.case(number))["participants"]] == [JAN]


async def test_wish_for_silence_is_no_machine(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    await quick_office.reply(number)
    await quick_office.file(subject=f"Re: [Acme#{number}]", do_not_answer=True)
    assert await quick_office.status(number) == "open"


async def test_failed_delivery_reopens_the_case_and_says_whom_it_did_not_reach(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number)
    report = a_report("failed", reply["rfc_message_id"])
    failed = await office.file(sender=DAEMON, subject="Undelivered Mail", written_by_machine=True, report=report)
    assert (failed["outcome"], failed["case_number"], failed["rule"]) == ("bounce", number, "delivery_report")
    case = await office.case(number)
    assert case["status"] == "open"
    [answer] = [message for message in case["messages"] if message["kind"] == "reply"]
    assert answer["delivery"]["kind"] == "failed"
    assert answer["delivery"]["recipients"][0]["email"] == JAN
    assert DAEMON not in [each["email"] for each in case["participants"]]


async def test_bounces_that_come_one_by_one_are_told_together(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number, cc=[EWA])
    for recipient, kind in ((JAN, "failed"), (EWA, "failed"), (JAN, "delayed")):
        await office.file(sender=DAEMON, report=a_report(kind, reply["rfc_message_id"], recipient=recipient))
    [answer] = [message for message in (await office.case(number))["messages"] if message["kind"] == "reply"]
    assert answer["delivery"]["kind"] == "failed"
    assert [each["email"] for each in answer["delivery"]["recipients"]] == [JAN, EWA]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("delayed", "bounce"), ("unknown", "bounce"), ("delivered", "append"), ("read_receipt", "append")],
)
async def test_other_reports_change_nothing(quick_office: Threader, kind: str, outcome: str) -> None:
    number = (await quick_office.file())["case_number"]
    reply = await quick_office.reply(number)
    filed = await quick_office.file(sender=DAEMON, report=a_report(kind, "unknown@x", reply["rfc_message_id"]))
    assert (filed["outcome"], filed["case_number"]) == (outcome, number)
    assert await quick_office.status(number) == "closed"


async def test_bounce_of_a_mail_we_never_sent_is_set_aside(office: Threader) -> None:
    number = (await office.file(message_id="theirs@kowalski.example"))["case_number"]
    for about in ("never@elsewhere.example", "theirs@kowalski.example"):
        filed = await office.file(sender=DAEMON, subject=f"Re: x [Acme#{number}]", report=a_report("failed", about))
        assert (filed["outcome"], filed["case_number"], filed["reason"]) == ("quarantined", None, "mail_not_ours")


async def test_bounce_without_an_id_is_known_by_the_enclosed_subject(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    reply = await quick_office.reply(number)
    report = a_report("failed", subject=reply["subject"])
    assert (await quick_office.file(sender=DAEMON, report=report))["case_number"] == number
    stranger = a_report("failed", recipient=OBCY, subject=reply["subject"])
    assert (await quick_office.file(sender=DAEMON, report=stranger))["outcome"] == "quarantined"


async def test_bounce_that_overtakes_the_copy_in_sent_finds_its_case_later(office: Threader) -> None:
    early = await office.file(sender=DAEMON, report=a_report("failed", "s1@acme.example"))
    assert early["outcome"] == "quarantined"
    sent = await office.file(sent=True, message_id="s1@acme.example", received_at=office.clock.now().replace(hour=8))
    late = await office.filing(early["message_id"])
    assert (late["outcome"], late["case_number"]) == ("bounce", sent["case_number"])
    assert await office.status(sent["case_number"]) == "open"


async def test_bounce_of_a_mail_in_no_case_follows_it_when_it_is_assigned(office: Threader) -> None:
    sent = await office.file(sent=True, to=[OBCY], message_id="s1@acme.example")
    report = await office.file(sender=DAEMON, report=a_report("failed", "s1@acme.example", recipient=OBCY))
    assert (report["outcome"], report["reason"]) == ("quarantined", "mail_in_no_case")
    assigned = await office.call("POST", f"/v1/unassigned/{sent['message_id']}", {"account_id": str(office.nowak)})
    assert (await office.filing(report["message_id"]))["case_number"] == assigned["case_number"]
    assert await office.status(assigned["case_number"]) == "open"
