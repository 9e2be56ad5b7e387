"""What tasks-api tells live: each caller the events of what they would find in their lists (features K32, K35, R53, R63)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from people_of_the_office import SEES_ALL, Person, a_person
from tasks_office import Office

from kit.testing.streams import stream_of
from kit.testing.waiting import until

READS = ("tasks:read", "tasks:write", "directory:read")

pytestmark = pytest.mark.storage


async def told(office: Office, person: Person, since: str) -> list[tuple[str, str]]:
    """What the person is told of what was said since then: type and title, name, or outcome."""
    await until(lambda: _all_published(office))
    headers = {**person.headers, "last-event-id": since}
    async with stream_of(office.app, "/v1/events", query="follow=false", headers=headers) as stream:
        await until(lambda: stream.is_over)
        assert stream.status == 200, stream.text
    return [
        (event["event"].removesuffix(".v1"), _named(orjson.loads(event["data"])["data"])) for event in stream.events()
    ]


def _named(data: dict[str, Any]) -> str:
    return str(data["task"]["title"] if "task" in data else data.get("name") or data.get("outcome"))


async def _all_published(office: Office) -> bool:
    return bool(await office.app.state.relay.depth() == 0)


async def the_end(office: Office) -> str:
    """The place after everything that was said so far."""
    await until(lambda: _all_published(office))
    token = {"authorization": office.client.headers["authorization"], "last-event-id": "1-1"}
    async with stream_of(office.app, "/v1/events", query="follow=false", headers=token) as stream:
        await until(lambda: stream.is_over)
    return stream.events()[-1]["id"]


async def test_everybody_is_told_of_what_is_theirs_to_see(office: Office) -> None:
    ewa, jan = await a_person(office, "Ewa", *READS), await a_person(office, "Jan", *READS)
    boss = await a_person(office, "Szefowa", *READS, *SEES_ALL)
    since = await the_end(office)
    for_ewa = await office.task("dla Ewy", assignee_ids=[ewa.employee_id])
    await office.post("/v1/tasks", {"title": "Jana własne"}, headers=jan.headers)
    await office.patch(f"/v1/tasks/{for_ewa['id']}", {"title": "nadal dla Ewy"})
    await office.task("niczyje")
    assert await told(office, ewa, since) == [("task.created", "dla Ewy"), ("task.updated", "nadal dla Ewy")]
    assert await told(office, jan, since) == [("task.created", "Jana własne")]
    assert len(await told(office, boss, since)) == 4


async def test_a_task_that_is_gone_is_told_to_whom_it_belonged(office: Office) -> None:
    ewa, jan = await a_person(office, "Ewa", *READS), await a_person(office, "Jan", *READS)
    since = await the_end(office)
    task = await office.task("znika", assignee_ids=[ewa.employee_id])
    assert (await office.client.delete(f"/v1/tasks/{task['id']}")).status_code == 204
    assert ("task.deleted", "znika") in await told(office, ewa, since)
    assert await told(office, jan, since) == []


async def test_cards_go_by_the_rights_to_them(office: Office) -> None:
    ewa = await a_person(office, "Ewa", *READS)
    boss = await a_person(office, "Szefowa", *READS, *SEES_ALL)
    since = await the_end(office)
    await office.post("/v1/accounts", {"name": "Obca"}, expect=201)
    await office.post("/v1/accounts", {"name": "Ewy", "owner_id": ewa.employee_id}, expect=201)
    await office.employee("Nowy")
    assert await told(office, ewa, since) == [("directory.account", "Ewy"), ("directory.employee", "Nowy")]
    assert [name for _, name in await told(office, boss, since)] == ["Obca", "Ewy", "Nowy"]


async def test_without_an_employee_nothing_is_told(office: Office) -> None:
    """features K35."""
    nobody = await a_person(office, "Nikt", *READS, *SEES_ALL, employed=False)
    async with stream_of(office.app, "/v1/events", headers=nobody.headers) as stream:
        assert (stream.status, orjson.loads(stream.text)["code"]) == (403, "crm_inactive")
