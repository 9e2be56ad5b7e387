"""Tasks from documents of other systems: made by hand, or by rules when one was printed or sent (features W20-W25, W29)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from people_of_the_office import a_person
from tasks_office import Office, a_mail_with

from contracts.documents import DocumentPrinted, DocumentSent
from contracts.tasks import TaskCreated
from kit.errors import Refuse
from kit.events import Heard
from kit.ids import new_id
from kit.testing.web import signed_token

pytestmark = pytest.mark.storage

ORDER = {"type": "order", "id": "zo-77", "number": "ZO/12/2026"}


def a_print(**fields: Any) -> DocumentPrinted:
    values: dict[str, Any] = {
        "document_id": "zo-77", "document_type": "order", "number": "ZO/12/2026", "at": datetime(2026, 11, 20, 10, 0, tzinfo=UTC), **fields,
    }  # fmt: skip
    return DocumentPrinted(**values)


async def a_rule(office: Office, **fields: Any) -> Any:
    body = {"name": "Po wydruku", "event": "document.printed", "document_type": "order", "enabled": True, **fields}
    return await office.post("/v1/automation-rules", body, expect=201)


async def test_a_task_from_an_order_has_its_number_and_the_default_contact(laptop: Office) -> None:
    mill = await laptop.account("Młyn", "biuro@mlyn.example", tax_id="5260250274")
    anna = await laptop.contact(mill, "Anna", is_default=True)
    made = await laptop.post("/v1/tasks/from-document", {"document": ORDER, "account_id": mill}, expect=201)
    assert (made["title"], made["description"]) == ("order ZO/12/2026", "ZO/12/2026")
    assert (made["account_id"], made["contact_ids"]) == (mill, [anna])
    assert made["source"] == {"kind": "document", "message_id": None, "document": ORDER}
    refused = await laptop.post("/v1/tasks/from-document", {"document": ORDER}, expect=409)
    assert (refused["code"], refused["existing_task_ids"]) == ("document_has_task", [made["id"]])
    by_number = {"document": ORDER, "account_tax_id": "526-025-02-74", "on_duplicate": "create", "description": "Pilne"}
    again = await laptop.post("/v1/tasks/from-document", by_number, expect=201)
    assert (again["account_id"], again["description"]) == (mill, "ZO/12/2026\n\nPilne")
    found = await laptop.get("/v1/document-tasks", document_type="order", document_id="zo-77")
    assert found["task_ids"] == [made["id"], again["id"]]
    other = {**ORDER, "id": "zo-78"}
    by_address = await laptop.post(
        "/v1/tasks/from-document", {"document": other, "account_email": "Biuro@mlyn.example"}, expect=201
    )
    assert by_address["account_id"] == mill


async def test_no_default_contact_and_no_known_account_are_no_error(laptop: Office) -> None:
    bakery = await laptop.account("Piekarnia")
    made = await laptop.post(
        "/v1/tasks/from-document", {"document": ORDER, "account_id": bakery, "title": "Oferta do {number}"}, expect=201
    )
    assert (made["title"], made["contact_ids"]) == ("Oferta do ZO/12/2026", [])
    unknown = {"document": {**ORDER, "id": "2"}, "account_tax_id": "111", "account_email": "nikt@nigdzie.example"}
    assert (await laptop.post("/v1/tasks/from-document", unknown, expect=201))["account_id"] is None


async def test_nothing_is_made_until_a_rule_is_switched_on(laptop: Office) -> None:
    rule = await a_rule(laptop, enabled=False)
    assert not (await laptop.get(f"/v1/automation-rules/{rule['id']}"))["enabled"]
    await laptop.hear(a_print())
    assert await laptop.tasks() == []
    await laptop.patch(f"/v1/automation-rules/{rule['id']}", {"enabled": True}, headers={"if-match": '"1"'})
    await laptop.hear(a_print(document_type="invoice"), DocumentSent(**a_print().model_dump()))
    assert await laptop.tasks() == []
    await laptop.hear(a_print())
    assert [task["title"] for task in await laptop.tasks()] == ["order ZO/12/2026"]
    assert (await laptop.client.delete(f"/v1/automation-rules/{rule['id']}")).status_code == 204
    await laptop.hear(a_print(document_id="zo-78"))
    assert len(await laptop.tasks()) == 1


async def test_a_rule_makes_one_task_of_a_document_however_often_it_is_printed(office: Office) -> None:
    jan = await office.employee("Jan", "jan@nasza.example")
    mill = await office.account("Młyn")
    anna = await office.contact(mill, "Anna", is_default=True)
    rule = await a_rule(office, template={"title": "Dopilnuj {number}", "color": "#00aa00", "due_in": "P2D"})
    first = a_print(account_id=UUID(mill), by="Jan@nasza.example")
    await office.hear(first, a_print())
    await office.hear(a_print())
    (made,) = await office.tasks()
    assert (made["title"], made["color"], made["assignee_ids"]) == ("Dopilnuj ZO/12/2026", "#00aa00", [jan])
    assert (made["contact_ids"], made["ends_at"]) == ([anna], "2026-11-22T10:00:00Z")
    assert made["source"]["kind"] == "automation"
    assert made["source"]["document"] == {**ORDER, "action": "document.printed"}
    (told,) = await office.announced(TaskCreated)
    assert told.by == f"automation:{rule['id']}"
    await office.client.delete(f"/v1/tasks/{made['id']}")
    await office.hear(a_print())
    assert await office.tasks() == []


async def test_a_rule_that_repeats_makes_one_for_every_event(laptop: Office) -> None:
    await a_rule(laptop, repeat=True)
    await a_rule(laptop, name="Druga", document_type=None)
    event = Heard(id=new_id(), event=a_print(), at=laptop.clock.now(), correlation_id="c", source="/erp", deliveries=1)
    await laptop.hear(event, a_print())
    await laptop.hear(event)
    assert len(await laptop.tasks()) == 3


async def test_a_rule_that_cannot_make_its_task_says_why(laptop: Office) -> None:
    await a_rule(laptop, template={"kind": "meeting"})
    with pytest.raises(Refuse, match="Po wydruku"):
        await laptop.hear(a_print())
    assert await laptop.tasks() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"document_id": "x" * 201},
        {"number": "a\x00b"},
        {"number": ""},
        {"at": datetime.fromisoformat("2026-11-20T10:00:00")},
    ],
)
async def test_an_unusable_document_is_set_aside(laptop: Office, fields: dict[str, Any]) -> None:
    await a_rule(laptop)
    with pytest.raises(Refuse):
        await laptop.hear(a_print(**fields))


async def test_rules_are_checked_when_they_are_saved_and_not_for_everybody(laptop: Office) -> None:
    for template in (
        {"type_id": str(uuid4())},
        {"assignee_ids": [str(uuid4())]},
        {"priority_id": str(uuid4())},
        {"due_in": "jutro"},
    ):
        body = {"name": "x", "event": "document.sent", "template": template}
        await laptop.post("/v1/automation-rules", body, expect=422)
    await laptop.post("/v1/automation-rules", {"name": "x", "event": "document.lost"}, expect=422)
    writer = {"authorization": f"Bearer {signed_token('tasks:read', 'tasks:write')}"}
    await laptop.post("/v1/automation-rules", {"name": "x", "event": "document.sent"}, expect=403, headers=writer)
    rule = await a_rule(laptop)
    assert [one["id"] for one in (await laptop.get("/v1/automation-rules", event="document.printed"))["items"]] == [
        rule["id"]
    ]
    assert (await laptop.get("/v1/automation-rules", event="document.sent"))["items"] == []


async def test_what_was_made_from_a_message(laptop: Office) -> None:
    """features R85: the tasks of a mail and the documents they are about, as far as the caller sees them."""
    mail = a_mail_with("REQUEST")
    await laptop.hear(mail)
    found = (await laptop.get("/v1/documents", message_id=mail.message_id))["items"]
    assert [(one["title"], one["status"], one["document"]) for one in found] == [("Przegląd umowy", "planned", None)]
    jan = await a_person(laptop, "Jan", "tasks:read")
    hidden = await laptop.client.get("/v1/documents", params={"message_id": str(mail.message_id)}, headers=jan.headers)
    assert hidden.json() == {"items": []}
