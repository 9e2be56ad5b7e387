"""What was missed is told to its owner, in one mail (reliability B7)."""

from datetime import timedelta
from uuid import uuid4

from reminder_desk import ANNA, DAY_BEFORE, NOW, START, Desk, created

DUE = START - DAY_BEFORE


async def test_owner_is_told_in_one_mail_what_was_missed(desk: Desk) -> None:
    """reliability B7."""
    from contracts.directory import EmployeeChanged

    await desk.set_up()
    boss, user = uuid4(), uuid4()
    await desk.hear(EmployeeChanged(employee_id=boss, name="Szef", email="szef@firma.example", user_id=user))
    await desk.hear(*(created(title=f"Zadanie {n}", created_by=user) for n in range(3)), created(title="Nie jego"))
    await desk.hear(created(starts_at=NOW + timedelta(hours=1), title="Za późno zaplanowane", created_by=user))
    await desk.at(DUE + timedelta(hours=2))
    assert await desk.parts.digests.tell() == 0  # gathered for a while
    desk.clock.advance(timedelta(minutes=3))
    assert await desk.parts.digests.tell() == 2
    assert await desk.parts.digests.tell() == 0
    mails = {mail["To"].addresses[0].addr_spec: mail for mail in desk.mails()}
    assert mails["szef@firma.example"]["Subject"] == "Niewysłane przypomnienia: 3"
    text = mails["szef@firma.example"].get_content()
    assert "Zadanie 0, początek 23.11.2026, 13:00: klient, SMS (termin wysyłki 22.11.2026, 13:00)" in text
    assert "Za późno" not in text
    assert mails["anna@firma.example"]["Subject"] == "Niewysłane przypomnienia: 1"


async def test_digest_waits_for_a_mail_server_that_is_away(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(assignee_ids=[ANNA]))
    await desk.at(DUE + timedelta(hours=2))
    desk.clock.advance(timedelta(minutes=3))
    desk.sink.answer("EHLO", "421 away")
    assert await desk.parts.digests.tell() == 0
    desk.sink.behave()
    desk.clock.advance(timedelta(minutes=8))
    assert await desk.parts.digests.tell() == 1
    assert len(desk.mails()) == 1
