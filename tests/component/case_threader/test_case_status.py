"""Open and closed (DESIGN 5, features C5, C10, C14, C46-C49)."""

from datetime import timedelta

from case_office import ANNA, BIURO, JAN, OBCY, Threader, a_mail, change_settings

from contracts.cases import CaseClosed, CaseReopened
from contracts.mail import Authentication


async def test_answer_closes_and_their_answer_reopens(office: Threader) -> None:
    number = (await office.file())["case_number"]
    await office.reply(number)
    assert await office.status(number) == "closed"
    await office.file(subject=f"Re: [Acme#{number}]")
    case = await office.case(number)
    assert (case["status"], case["status_reason"]) == ("open", "sender_takes_part")
    [closed], [reopened] = await office.announced(CaseClosed), await office.announced(CaseReopened)
    assert (closed.reason, closed.number, reopened.number) == ("reply_sent", number, number)


async def test_answer_from_another_program_closes(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    sent = await quick_office.file(sent=True, subject=f"RE: Zapytanie [Acme#{number}]")
    assert (sent["outcome"], await quick_office.status(number)) == ("append", "closed")


async def test_forward_to_a_colleague_is_no_answer(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    await quick_office.file(sent=True, to=[ANNA, "nowa@acme.example"], subject=f"PD: [Acme#{number}]")
    assert await quick_office.status(number) == "open"


async def test_colleague_in_the_inbox_changes_nothing(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    await quick_office.file(sender=ANNA, to=[JAN], cc=[BIURO], subject=f"Re: [Acme#{number}]")
    assert await quick_office.status(number) == "open"
    await quick_office.reply(number)
    await quick_office.file(sender=ANNA, subject=f"Re: [Acme#{number}]")
    assert await quick_office.status(number) == "closed"


async def test_mail_under_our_address_closes_only_when_vouched_for(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    forged = {"sender": ANNA, "to": [JAN, OBCY], "cc": [BIURO], "subject": f"Re: [Acme#{number}]"}
    await quick_office.file(**forged)
    case = await quick_office.case(number)
    assert (case["status"], case["messages"][1]["direction"]) == ("open", "incoming")
    assert OBCY not in [each["email"] for each in case["participants"]]
    await quick_office.file(**forged, authentication=Authentication(verdict="passed", dmarc="pass"))
    case = await quick_office.case(number)
    assert (case["status"], case["messages"][2]["direction"]) == ("closed", "outgoing")


async def test_late_arrivals_never_flip_the_status(office: Threader) -> None:
    now = office.clock.now()
    number = (await office.file(a_mail(received_at=now)))["case_number"]
    answer = a_mail(received_at=now + timedelta(hours=3), subject=f"Re: [Acme#{number}]")
    ours = a_mail(sent=True, received_at=now + timedelta(hours=2), subject=f"Re: [Acme#{number}]")
    await office.hear(answer)
    await office.hear(ours)
    assert await office.status(number) == "open"
    order = await office.messages(number)
    assert order[1:] == [str(ours.message_id), str(answer.message_id)]


async def test_status_by_hand_holds_until_the_next_mail(office: Threader) -> None:
    number = (await office.file())["case_number"]
    office.clock.advance(timedelta(hours=1))
    closed = await office.call("PATCH", f"/v1/cases/{number}", {"status": "closed"})
    assert (closed["status"], closed["status_reason"]) == ("closed", "set_by_hand")
    early = a_mail(subject=f"Re: [Acme#{number}]", received_at=office.clock.now() - timedelta(minutes=30))
    await office.hear(early)
    assert await office.status(number) == "closed"
    await office.file(subject=f"Re: [Acme#{number}]")
    assert await office.status(number) == "open"
    changes = (await office.get(f"/v1/cases/{number}/changes"))["items"]
    assert [(change["kind"], change["before"], change["after"], change["author"]) for change in changes] == [
        ("status", {"status": "open"}, {"status": "closed"}, "tester")
    ]


async def test_after_reopen_days_a_linked_case_is_opened(office: Threader) -> None:
    await change_settings(office, reopen_days=30)
    number = (await office.file())["case_number"]
    reply = await office.reply(number)
    office.clock.advance(timedelta(days=31))
    away = await office.file(subject=f"[Acme#{number}]", written_by_machine=True)
    assert (away["outcome"], away["case_number"]) == ("append", number)
    late = await office.file(subject=f"Re: Zapytanie [Acme#{number}]", in_reply_to=[reply["rfc_message_id"]])
    assert (late["outcome"], late["reason"]) == ("new", "closed_too_long_ago")
    old, fresh = await office.case(number), await office.case(late["case_number"])
    assert (old["status"], old["continued_by"]) == ("closed", fresh["number"])
    assert (fresh["continues"], fresh["account_id"]) == (number, str(office.kowalski))
    again = await office.file(in_reply_to=[reply["rfc_message_id"]])
    assert (again["outcome"], again["case_number"]) == ("append", fresh["number"])


async def test_within_reopen_days_the_case_is_reopened(quick_office: Threader) -> None:
    await change_settings(quick_office, reopen_days=30)
    number = (await quick_office.file())["case_number"]
    await quick_office.reply(number)
    quick_office.clock.advance(timedelta(days=29))
    assert (await quick_office.file(subject=f"[Acme#{number}]"))["case_number"] == number


async def test_by_default_cases_live_for_ever(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    await quick_office.reply(number)
    quick_office.clock.advance(timedelta(days=4000))
    assert (await quick_office.file(subject=f"[Acme#{number}]"))["case_number"] == number
