"""Units of the house, levels of visibility over them, and filters administrators lay over what people see."""

from __future__ import annotations

from typing import Any

import pytest
from people_of_the_office import SEES_ALL, Person, a_person
from tasks_office import Office

from contracts.directory import EmployeeChanged, UnitChanged
from kit.testing.web import anonymous_client_of

READS = ("tasks:read", "tasks:write", "directory:read")
AGENDA = ("tasks", "activities", "calendar")
MONDAY = "2026-11-30T10:00:00+01:00"
THAT_DAY = {"from": "2026-11-30T00:00:00+01:00", "to": "2026-12-01T00:00:00+01:00"}


def seeing(level: str, *lists: str) -> list[str]:
    return [*READS, *(f"{name}:{level}" for name in lists)]


async def a_unit(office: Office, name: str, parent_id: str | None = None) -> str:
    return str((await office.post("/v1/units", {"name": name, "parent_id": parent_id}, expect=201))["id"])


async def moved(office: Office, person: Person, unit_id: str | None) -> None:
    await office.patch(f"/v1/employees/{person.employee_id}", {"unit_id": unit_id})


async def seen_by(
    office: Office, person: Person, path: str = "/v1/tasks", key: str = "title", **wanted: Any
) -> set[str]:
    answer = await office.client.get(path, headers=person.headers, params={"limit": 100, **wanted})
    assert answer.status_code == 200, answer.text
    return {one[key] for one in answer.json()["items"]}


async def a_house(office: Office) -> tuple[dict[str, str], dict[str, Person]]:
    """Sales with exports below it, and service beside it; each has somebody who made a task and carries one out."""
    units = {"sprzedaż": await a_unit(office, "Sprzedaż")}
    units["eksport"] = await a_unit(office, "Eksport", units["sprzedaż"])
    units["serwis"] = await a_unit(office, "Serwis")
    people = {}
    for name, unit in (("Ewa", "sprzedaż"), ("Jan", "sprzedaż"), ("Olga", "eksport"), ("Piotr", "serwis")):
        people[name] = await a_person(office, name, *READS)
        await moved(office, people[name], units[unit])
        await office.post("/v1/tasks", {"title": f"{name}: przez siebie"}, headers=people[name].headers)
        await office.task(f"{name}: zlecone", starts_at=MONDAY, assignee_ids=[people[name].employee_id])
    await office.task("niczyje", starts_at=MONDAY)
    return units, people


def theirs(*names: str) -> set[str]:
    return {f"{name}: {what}" for name in names for what in ("przez siebie", "zlecone")}


async def test_levels_of_visibility(office: Office) -> None:
    """features K32, K33, K36: own, co-workers, units below, all; seeing is not modifying."""
    units, people = await a_house(office)
    bare, sales = theirs(), ("Ewa", "Jan")
    for name, level, expected in (
        ("Anna", "own", bare),
        ("Beata", "unit", theirs(*sales)),
        ("Celina", "subtree", theirs(*sales, "Olga")),
        ("Daria", "all", theirs(*people) | {"niczyje"}),
    ):
        viewer = await a_person(office, name, *seeing(level, *AGENDA))
        await moved(office, viewer, units["sprzedaż"])
        assert await seen_by(office, viewer) == expected, level
        assert await seen_by(office, viewer, order="starts_at") == expected, level
        given = {one for one in expected if one.endswith("zlecone")} | ({"niczyje"} & expected)
        assert await seen_by(office, viewer, "/v1/calendar", **THAT_DAY) == given, level
        assert await seen_by(office, viewer, q="zlecone") == given - {"niczyje"}, level
        groups = (await office.client.get("/v1/tasks/groups", headers=viewer.headers, params={"by": "status"})).json()
        assert sum(one["count"] for one in groups["items"]) == len(expected), level
        report = await office.client.get("/v1/tasks/report", headers=viewer.headers, params={"format": "csv"})
        assert {one for one in theirs(*people) | {"niczyje"} if one in report.text} == expected, level
    one_list = await a_person(
        office, "Edyta", *seeing("unit", "calendar")
    )  # the calendar of the unit, and no list of its tasks
    await moved(office, one_list, units["serwis"])
    assert await seen_by(office, one_list) == set()
    assert await seen_by(office, one_list, "/v1/calendar", **THAT_DAY) == {"Piotr: zlecone"}
    nowhere = await a_person(office, "Filip", *seeing("subtree", *AGENDA))
    assert await seen_by(office, nowhere) == set()


async def test_what_a_circle_shows_elsewhere(office: Office) -> None:
    """features K30, K34, R53: single tasks, participants, feeds, who is free; nothing of it can be changed."""
    units, people = await a_house(office)
    chief = await a_person(office, "Szefowa", *seeing("unit", *AGENDA))
    await moved(office, chief, units["sprzedaż"])
    tasks = {one["title"]: one["id"] for one in await office.tasks()}
    seen, hidden = f"/v1/tasks/{tasks['Jan: zlecone']}", f"/v1/tasks/{tasks['Piotr: zlecone']}"
    assert (await office.client.get(seen, headers=chief.headers)).status_code == 200
    assert (await office.client.get(hidden, headers=chief.headers)).status_code == 404
    refused = await office.client.patch(seen, json={"title": "x"}, headers=chief.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "task_of_others")
    for name, status in (("Jan", 201), ("Piotr", 403)):  # features K30
        body = {"title": "nowe", "assignee_ids": [people[name].employee_id]}
        given = await office.client.post("/v1/tasks", json=body, headers=chief.headers)
        assert given.status_code == status, given.text
    for names, status in ((["Jan", "Ewa"], 201), (["Jan", "Piotr"], 403), ([], 403)):
        body = {"name": "zespół", "employee_ids": [people[name].employee_id for name in names]}
        feed = await office.client.post("/v1/calendar-feeds", json=body, headers=chief.headers)
        assert feed.status_code == status, feed.text
    free = await office.client.get(
        "/v1/availability",
        params={**THAT_DAY, "employee_id": [people["Jan"].employee_id, people["Piotr"].employee_id]},
        headers=chief.headers,
    )
    assert [one["conflicts"][0]["title"] for one in free.json()["items"]] == ["Jan: zlecone", None]


async def test_firms_in_the_care_of_co_workers(office: Office) -> None:
    """features K32: companies and persons are lists of their own."""
    units, people = await a_house(office)
    jan, piotr = people["Jan"].employee_id, people["Piotr"].employee_id
    mill = await office.account("Młyn", "biuro@mlyn.example", owner_id=jan)
    await office.contact(mill, "Anna", "anna@mlyn.example")
    await office.contact(await office.account("Piekarnia", "b@piekarnia.example", owner_id=piotr), "Basia")
    await office.account("Niczyja")
    viewer = await a_person(office, "Szefowa", *seeing("unit", "accounts", "contacts"))
    await moved(office, viewer, units["sprzedaż"])
    assert await seen_by(office, viewer, "/v1/accounts", "name") == {"Młyn"}
    assert await seen_by(office, viewer, "/v1/contacts", "name") == {"Anna"}
    match = await office.client.get(
        "/v1/directory/match", params={"email": "b@piekarnia.example"}, headers=viewer.headers
    )
    assert (match.json()["match"], match.json()["candidates"]) == ("none", [])
    into = await office.account("Piekarnia", owner_id=piotr)
    twins = await office.client.get("/v1/directory/duplicates", headers=viewer.headers)
    assert twins.json() == {"items": []}
    writer = await a_person(office, "Magda", *seeing("unit", "accounts", "contacts"), "directory:write")
    merged = await office.client.post(f"/v1/accounts/{mill}/merge", json={"into": into}, headers=writer.headers)
    assert merged.status_code == 404
    book = await office.client.get(
        "/v1/directory/recipients", params={"kind": ["account", "contact"]}, headers=viewer.headers
    )
    assert {one["email"] for one in book.json()["items"]} == {"biuro@mlyn.example", "anna@mlyn.example"}


async def test_a_large_circle_is_walked_along_the_list(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer, whether ids are looked up or each task is asked."""
    units, _ = await a_house(office)
    viewer = await a_person(office, "Beata", *seeing("subtree", *AGENDA))
    await moved(office, viewer, units["sprzedaż"])
    monkeypatch.setattr("tasks_api.repository.task_filters.COMMON", 0)
    assert await seen_by(office, viewer) == theirs("Ewa", "Jan", "Olga")


async def test_an_owner_is_neither_author_nor_executor(office: Office) -> None:
    """features K34: whoever leads a task does not see it with visibility own, and changes it only with the right to modify."""
    made = await office.task("prowadzone")
    leader = await a_person(office, "Lidia", *READS)
    await office.patch(f"/v1/tasks/{made['id']}", {"owner_id": leader.employee_id})
    path = f"/v1/tasks/{made['id']}"
    assert (await office.client.get(path, headers=leader.headers)).status_code == 404
    seeing_all = await a_person(office, "Wanda", *READS, *SEES_ALL)
    await office.patch(path, {"owner_id": seeing_all.employee_id})
    refused = await office.client.patch(path, json={"title": "x"}, headers=seeing_all.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "task_of_others")


async def test_units_are_a_tree_administrators_arrange(laptop: Office) -> None:
    """features K33: no unit lies in itself, none in use is removed, every change is told and remembered."""
    top, below = await a_unit(laptop, "Zarząd"), await a_unit(laptop, "Sprzedaż")
    await laptop.patch(f"/v1/units/{below}", {"parent_id": top})
    wrong = await laptop.client.patch(f"/v1/units/{top}", json={"parent_id": below})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unit_in_itself")
    assert (await laptop.client.patch(f"/v1/units/{top}", json={"parent_id": top})).status_code == 422
    stale = await laptop.client.patch(f"/v1/units/{top}", json={"name": "x"}, headers={"if-match": '"9"'})
    assert stale.status_code == 412
    jan = await a_person(laptop, "Jan", *READS, "directory:write")
    await moved(laptop, jan, below)
    assert [one["name"] for one in (await laptop.get("/v1/employees", unit_id=below))["items"]] == ["Jan"]
    for unit in (top, below):
        used = await laptop.client.delete(f"/v1/units/{unit}")
        assert (used.status_code, used.json()["code"]) == (409, "unit_in_use")
    refused = await laptop.client.patch(f"/v1/employees/{jan.employee_id}", json={"unit_id": top}, headers=jan.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "administrator_needed")
    assert (await laptop.client.post("/v1/units", json={"name": "moja"}, headers=jan.headers)).status_code == 403
    assert (await laptop.client.get("/v1/units", headers=jan.headers)).status_code == 200
    await moved(laptop, jan, None)
    assert (await laptop.client.delete(f"/v1/units/{below}")).status_code == 204
    told = await laptop.announced(UnitChanged)
    assert [(one.name, str(one.parent_id), one.deleted) for one in told[-2:]] == [
        ("Sprzedaż", top, False),
        ("Sprzedaż", "None", True),
    ]
    assert [str(one.unit_id) for one in await laptop.announced(EmployeeChanged) if one.name == "Jan"][-2:] == [
        below,
        "None",
    ]
    history = (await laptop.get("/v1/rights-history", subject_id=jan.employee_id))["items"]
    assert [one["changes"]["unit_id"] for one in history] == [[below, None], [None, below]]


async def test_mandatory_filters_hide_silently(office: Office) -> None:
    """features R63: over lists, single tasks, calendar, search and feeds, for those they name; administrators see them."""
    secret = await office.account("Tajna")
    for title, fields in (("jawne", {}), ("tajne", {"account_id": secret})):
        await office.task(title, starts_at=MONDAY, **fields)
    jan = await a_person(office, "Jan", *READS, *SEES_ALL)
    ewa = await a_person(office, "Ewa", *READS, *SEES_ALL)
    own = await office.task("tajne Jana", starts_at=MONDAY, account_id=secret, assignee_ids=[jan.employee_id])
    feed = (
        await office.post("/v1/calendar-feeds", {"name": "Jan", "employee_ids": [jan.employee_id]}, headers=jan.headers)
    )["url"]
    body = {"name": "Tajna firma", "filter": {"account_id": [secret]}, "hides": True, "user_ids": [jan.user_id]}
    made = await office.post("/v1/mandatory-filters", body, expect=201)

    assert await seen_by(office, jan) == {"jawne"}
    assert await seen_by(office, ewa) == {"jawne", "tajne", "tajne Jana"}
    assert await seen_by(office, jan, q="tajne") == set()
    assert await seen_by(office, jan, assignee_id=jan.employee_id) == set()
    assert await seen_by(office, jan, "/v1/calendar", **THAT_DAY) == {"jawne"}
    path = f"/v1/tasks/{own['id']}"
    assert (await office.client.get(path, headers=jan.headers)).status_code == 404  # his own too
    assert (await office.client.patch(path, json={"title": "x"}, headers=jan.headers)).status_code == 404
    assert (await office.client.get("/v1/task-threads", headers=jan.headers)).status_code == 403
    assert (await office.client.get("/v1/mandatory-filters", headers=jan.headers)).status_code == 403
    async with anonymous_client_of(office.app) as nobody:
        assert "tajne Jana" not in (await nobody.get(feed)).text

    await office.patch(f"/v1/mandatory-filters/{made['id']}", {"hides": False, "lists": ["tasks"]})
    assert await seen_by(office, jan) == {"tajne", "tajne Jana"}  # nothing but what fits
    assert await seen_by(office, jan, "/v1/calendar", **THAT_DAY) == {"jawne", "tajne", "tajne Jana"}
    assert (await office.client.delete(f"/v1/mandatory-filters/{made['id']}")).status_code == 204
    assert len(await seen_by(office, jan)) == 3
    history = (await office.get("/v1/rights-history", kind="mandatory_filter"))["items"]
    assert [one["happened"] for one in history] == ["deleted", "changed", "created"]
    assert history[1]["changes"] == {"hides": [True, False], "lists": [list(AGENDA), ["tasks"]]}
    assert history[0]["by"]


async def test_mandatory_filters_of_units_scopes_and_cards(laptop: Office) -> None:
    """features R63: a filter concerns members of a unit and of those below, whoever has a scope, or everybody."""
    units, people = await a_house(laptop)
    firm, other = await laptop.account("Młyn"), await laptop.account("Piekarnia")
    await laptop.contact(firm, "Anna")
    for name in people:
        people[name] = Person(people[name].user_id, people[name].employee_id, people[name].headers)
    filters = "/v1/mandatory-filters"
    cards = {"name": "karty", "lists": ["accounts", "contacts"], "filter": {"account_id": [firm]}, "hides": True}
    everybody = await laptop.post(filters, cards, expect=201)
    viewer = await a_person(laptop, "Olaf", *READS, *SEES_ALL)
    assert await seen_by(laptop, viewer, "/v1/accounts", "name") == {"Piekarnia"}
    assert await seen_by(laptop, viewer, "/v1/contacts", "name") == set()
    assert (await laptop.client.get(f"/v1/accounts/{firm}", headers=viewer.headers)).status_code == 404
    assert (await laptop.client.get(f"/v1/accounts/{other}", headers=viewer.headers)).status_code == 200
    assert len((await laptop.get("/v1/accounts"))["items"]) == 2  # administrators see everything
    await laptop.patch(f"{filters}/{everybody['id']}", {"active": False})

    await laptop.post(
        filters, {"name": "sprzedaż", "filter": {"q": "zlecone"}, "unit_ids": [units["sprzedaż"]]}, expect=201
    )
    await laptop.post(
        filters, {"name": "rola", "filter": {"status": ["completed"]}, "scopes": ["reminders:read"]}, expect=201
    )
    assert await seen_by(laptop, people["Olga"]) == {"Olga: zlecone"}  # her unit lies in it
    assert await seen_by(laptop, people["Piotr"]) == theirs("Piotr")
    clerk = await a_person(laptop, "Rita", *READS, *SEES_ALL, "reminders:read")
    assert await seen_by(laptop, clerk) == set()
    for body in (
        {"name": "x", "filter": {"nie ma": 1}},
        {"name": "x", "filter": {"status": ["completed"]}, "lists": ["accounts"]},
        {"name": "x", "filter": {}, "lists": ["tasks", "accounts"]},
        {"name": "x", "filter": {}, "unit_ids": [firm]},
        {"name": "x", "filter": {}, "scopes": ["nie:ma"]},
    ):
        assert (await laptop.client.post(filters, json=body)).status_code == 422, body
