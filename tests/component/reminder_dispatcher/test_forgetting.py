"""A person who is erased in the directory is not in the log of reminders any more (reliability D13)."""

from __future__ import annotations

import pytest
from reminder_desk import ACCOUNT, CONTACT, DAY_BEFORE, EMAIL, SMS, START, Desk, clients, created

from contracts.directory import CardErased, ContactChanged

pytestmark = pytest.mark.storage


async def test_an_erased_person_is_not_in_the_log_of_reminders(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(SMS, EMAIL)))
    await desk.at(START - DAY_BEFORE)
    await desk.dispatch()
    assert await desk.statuses() == ["sent", "sent"]
    emptied = ContactChanged(contact_id=CONTACT, account_id=ACCOUNT, version=2, name="—", active=False, deleted=True)
    await desk.hear(CardErased(kind="contact", card_id=CONTACT), emptied)
    sent = await desk.reminders()
    assert [one["recipient"] for one in sent] == ["erased@invalid", "erased@invalid"]
    assert "jan@klient.example" not in str(sent)
    assert "+48601000001" not in str(sent)
    assert [one["text"] for one in sent] == [None, None]
