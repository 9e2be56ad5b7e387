"""A mail account somebody sends from is not taken away (features R33)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from ladder import Ingest

from contracts.mail import MailAccountChanged
from contracts.reminders import ReminderSettingsChanged, TemplateChanged
from kit.testing import hear
from mail_ingest.handlers import subscription

SMTP = {"host": "127.0.0.1", "port": 465, "security": "none"}


async def say(ingest: Ingest, *events: ReminderSettingsChanged | TemplateChanged) -> None:
    await hear(ingest.database, subscription(), *events)


async def refusal(ingest: Ingest, account: UUID) -> dict[str, Any]:
    answer = await ingest.client.delete(f"/v1/mail-accounts/{account}")
    assert answer.status_code == 409, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


async def test_account_of_the_reminder_automation_stays_until_another_is_chosen(ingest: Ingest) -> None:
    account, other = await ingest.add_account(smtp=SMTP), await ingest.add_account("inne@firma.example", smtp=SMTP)
    await say(ingest, ReminderSettingsChanged(version=2, mail_account_id=account))

    problem = await refusal(ingest, account)
    assert problem["code"] == "mail_account_in_use"
    assert problem["used_by"] == [{"kind": "reminder_settings", "id": None, "name": None}]
    assert "the reminder settings" in problem["detail"]
    without_smtp = await ingest.client.patch(f"/v1/mail-accounts/{account}", json={"smtp": None})
    assert (without_smtp.status_code, without_smtp.json()["code"]) == (409, "mail_account_in_use")
    renamed = await ingest.client.patch(f"/v1/mail-accounts/{account}", json={"name": "Sekretariat"})
    assert renamed.status_code == 200
    assert not any(one.deleted for one in await ingest.announced(MailAccountChanged))

    await say(ingest, ReminderSettingsChanged(version=3, mail_account_id=other))
    assert (await ingest.client.delete(f"/v1/mail-accounts/{account}")).status_code == 204
    assert (await refusal(ingest, other))["code"] == "mail_account_in_use"


async def test_account_a_template_sends_from_stays(ingest: Ingest) -> None:
    """By its address or one of its aliases, in whatever case it was typed."""
    account = await ingest.add_account(smtp=SMTP, aliases=["Oferty@Firma.Example"])
    mine = TemplateChanged(template_id=uuid4(), name="Oferta", channel="email", from_address="oferty@FIRMA.example")
    another = TemplateChanged(template_id=uuid4(), name="Cudzy", channel="email", from_address="x@gdzie.example")
    await say(ingest, mine, another)

    problem = await refusal(ingest, account)
    assert problem["used_by"] == [{"kind": "template", "id": str(mine.template_id), "name": "Oferta"}]

    await say(ingest, mine.model_copy(update={"version": 2, "deleted": True}))
    assert (await ingest.client.delete(f"/v1/mail-accounts/{account}")).status_code == 204
