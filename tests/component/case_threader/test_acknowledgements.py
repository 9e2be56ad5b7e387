"""The automatic acknowledgement of a new case: off by default, with guards (RFC 3834; reliability A20)."""

import email
import email.policy
from datetime import timedelta
from typing import Any

import pytest
from case_office import BIURO, DAEMON, EWA, JAN, LOOP_MARK, NOWAK, OBCY, Threader, a_report, change_settings, eventually

from kit.testing.smtp_sink import SunkMail


async def sent(office: Threader, count: int) -> list[SunkMail]:
    """What has left, once nothing waits any more."""
    office.parts.reply_sender.wake()

    async def all_left() -> list[SunkMail] | None:
        replies = (await office.get("/v1/replies"))["items"]
        return office.sink.mails if all(reply["status"] == "sent" for reply in replies) else None

    mails = await eventually(all_left)
    assert len(mails) == count
    return mails


async def test_nobody_is_told_by_default(quick_office: Threader) -> None:
    await quick_office.file()
    await sent(quick_office, 0)


async def test_sender_is_told_the_number_once(office: Threader) -> None:
    await change_settings(office, acknowledge=True)
    number = (await office.file(subject="Hala", message_id="q@kowalski.example"))["case_number"]
    await office.file(subject=f"Re: Hala [Acme#{number}]")
    [sunk] = await sent(office, 1)
    mail = email.message_from_bytes(sunk.content, policy=email.policy.default)
    assert (sunk.recipients, mail["Subject"]) == ([JAN], f"RE: Hala [Acme#{number}]")
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert (mail["X-Loop"], mail["In-Reply-To"]) == (LOOP_MARK, "<q@kowalski.example>")
    text = mail.get_content()  # type: ignore[attr-defined]
    assert (f"nr {number}" in text, f"[Acme#{number}]" in text) == (True, True)
    case = await office.case(number)
    assert (case["status"], [each["written_by_machine"] for each in case["messages"]]) == ("open", [False, True, False])
    [reply] = (await office.get("/v1/replies"))["items"]
    assert reply["is_automatic"]


async def test_own_text_of_the_acknowledgement(quick_office: Threader) -> None:
    body = {"name": "Potwierdzenie", "subject": "Przyjęto: {{case_title}}", "text": "Nr {{case_number}}"}
    template = await quick_office.call("POST", "/v1/reply-templates", body, status=201)
    await change_settings(quick_office, acknowledge=True, acknowledgement_template_id=template["id"])
    number = (await quick_office.file(subject="Hala"))["case_number"]
    [sunk] = await sent(quick_office, 1)
    mail = email.message_from_bytes(sunk.content, policy=email.policy.default)
    assert (mail["Subject"], mail.get_content().strip()) == (f"Przyjęto: Hala [Acme#{number}]", f"Nr {number}")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "given",
    [
        {"written_by_machine": True},
        {"do_not_answer": True},
        {"loop_marks": ["other"]},
        {"report": a_report("failed", "x@y")},
        {"sender": BIURO},
        {"sender": OBCY},
        {"sender": None},
        {"sent": True},
        {"imported": True},
        {"authentication": {"verdict": "failed", "dmarc": "fail"}},
    ],
)
async def test_who_is_never_answered(quick_office: Threader, given: dict[str, Any]) -> None:
    await change_settings(quick_office, acknowledge=True)
    await quick_office.file(**given)
    await sent(quick_office, 0)


async def test_mail_that_lay_long_is_not_answered(quick_office: Threader) -> None:
    await change_settings(quick_office, acknowledge=True)
    await quick_office.file(received_at=quick_office.clock.now() - timedelta(days=2))
    await sent(quick_office, 0)


async def test_address_is_told_a_few_times_an_hour(office: Threader) -> None:
    await change_settings(office, acknowledge=True)
    for number in range(5):
        await office.file(subject=f"Temat {'abcde'[number]}")
    await office.file(sender=NOWAK)
    assert sorted(mail.recipients for mail in await sent(office, 4)) == [[JAN]] * 3 + [[NOWAK]]
    office.clock.advance(timedelta(hours=1))
    await office.file(sender=EWA, subject="inny")
    await office.file(subject="jeszcze inny")
    await sent(office, 6)


async def test_two_robots_that_answer_each_other_stop(quick_office: Threader) -> None:
    """The other side answers every mail of ours with a new one without any sign that a machine wrote it."""
    await change_settings(quick_office, acknowledge=True)
    for round_ in range(12):
        await quick_office.file(subject=f"Zgłoszenie nr {round_}")
    await sent(quick_office, 3)


async def test_acknowledgement_that_cannot_be_delivered_changes_nothing(quick_office: Threader) -> None:
    await change_settings(quick_office, acknowledge=True)
    quick_office.sink.answer("RCPT", "550 5.1.1 no such user")
    number = (await quick_office.file())["case_number"]
    await quick_office.call("PATCH", f"/v1/cases/{number}", {"status": "closed"})
    [reply] = (await quick_office.get("/v1/replies"))["items"]
    quick_office.parts.reply_sender.wake()
    assert (await quick_office.attempted(reply["id"]))["status"] == "failed"
    assert await quick_office.status(number) == "closed"
    await quick_office.call("POST", f"/v1/replies/{reply['id']}/retry", status=202)
    assert await quick_office.status(number) == "closed"
    assert DAEMON not in [each["email"] for each in (await quick_office.case(number))["participants"]]
