"""Rights: looked at in one place, and the same at every door (features K32-K36, R53; reliability D1)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from people_of_the_office import SEES_ALL, a_person
from tasks_office import Office

from kit.testing.web import signed_token
from tasks_api.scopes import ADMIN, GRANTABLE

NOT_CRM = ("/v1/auth/", "/.well-known/", "/v1/me", "/v1/users", "/v1/feeds/", "/v1/dead-letters", "/v1/replay")
"""Signing in, oneself, users and the kit's own doors: open without an employee."""
EVERYTHING = (*GRANTABLE - {ADMIN}, *SEES_ALL)
READS_BODY_FIRST = {"/v1/calendar", "/v1/directory/import"}


def operations(office: Office) -> list[tuple[str, str, list[str] | None]]:
    """Every door: method, path, scopes it asks for (None: no token at all)."""
    return [
        (method.upper(), path, next(iter(operation["security"][0].values())) if operation.get("security") else None)
        for path, methods in office.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]


async def knock(office: Office, method: str, path: str, headers: dict[str, str], **ids: str) -> httpx.Response:
    """A call with ids that are there, or nobody's; the body is not looked at before the rights are."""
    filled = path
    for name in [part[1 : part.index("}")] for part in path.split("/") if part.startswith("{")]:
        filled = filled.replace("{" + name + "}", ids.get(name, str(uuid4())))
    return await office.client.request(method, filled, headers=headers, json={})


async def test_a_login_without_an_employee_opens_no_door_of_the_crm(laptop: Office) -> None:
    """features K35."""
    nobody = await a_person(laptop, "Nikt", *EVERYTHING, employed=False)
    doors = [one for one in operations(laptop) if not one[1].startswith(NOT_CRM)]
    assert len(doors) > 50
    for method, path, scopes in doors:
        if ADMIN in (scopes or ()):
            continue
        answer = await knock(laptop, method, path, nobody.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "crm_inactive"), (method, path, answer.text)


async def test_every_door_asks_for_its_scopes(laptop: Office) -> None:
    stranger = await a_person(laptop, "Obcy", "mail:send")
    for method, path, scopes in operations(laptop):
        if not scopes:
            continue
        answer = await knock(laptop, method, path, stranger.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), (method, path, answer.text)


async def test_what_others_do_is_not_there_for_a_restricted_person(laptop: Office) -> None:
    """features R53, reliability D1: at no door that names a task; threads, mails and histories included."""
    owner = await a_person(laptop, "Ewa", *EVERYTHING)
    jan = await a_person(laptop, "Jan", *(GRANTABLE - {ADMIN}))
    task = await laptop.post(
        "/v1/tasks", {"title": "tajne", "starts_at": "2026-11-30T10:00:00Z"}, headers=owner.headers
    )
    doors = [one for one in operations(laptop) if "{task_id}" in one[1]]
    assert len(doors) > 8
    for method, path, _ in doors:
        answer = await knock(laptop, method, path, jan.headers, task_id=task["id"])
        body = answer.json() if answer.content else {}
        if answer.status_code == 422 and body["code"] == "invalid":  # the body is wrong before the task is looked for
            answer = await _with_some_body(laptop, method, path, jan.headers, task["id"])
        assert answer.status_code in (404, 422, 403), (method, path, answer.status_code, answer.text)
        assert "tajne" not in answer.text, (method, path)


async def _with_some_body(
    office: Office, method: str, path: str, headers: dict[str, str], task_id: str
) -> httpx.Response:
    """A body that fits the door, made from its schema: every required field of the simplest kind."""
    operation = office.app.openapi()["paths"][path][method.lower()]
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    needed = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")]
    query = {one["name"]: one["schema"].get("enum", ["x"])[0] for one in needed}
    body = _sample(schema, office.app.openapi()["components"]["schemas"])
    filled = path.replace("{task_id}", task_id)
    while "{" in filled:
        filled = filled[: filled.index("{")] + str(uuid4()) + filled[filled.index("}") + 1 :]
    return await office.client.request(method, filled, headers=headers, json=body, params=query)


def _sample(schema: dict[str, Any], named: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _sample(named[schema["$ref"].rpartition("/")[2]], named)
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0], named)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: _sample(schema["properties"][name], named) for name in schema.get("required", ())}
    if schema.get("format") == "uuid":
        return str(uuid4())
    if schema.get("format") == "date-time":
        return "2026-11-30T10:00:00Z"
    return {"string": "a", "integer": 1, "boolean": True, "array": [], "number": 1}.get(kind or "")


async def test_seeing_is_not_modifying(office: Office) -> None:
    """features K34: without the right to modify others' tasks these are preview only; author and executor may."""
    ewa = await a_person(office, "Ewa", "tasks:read", "tasks:write", *SEES_ALL)
    jan = await a_person(office, "Jan", "tasks:read", "tasks:write", *SEES_ALL)
    boss = await a_person(office, "Szef", "tasks:read", "tasks:write", "tasks:modify_others", *SEES_ALL)
    task = await office.post("/v1/tasks", {"title": "Ewy"}, headers=ewa.headers)
    path = f"/v1/tasks/{task['id']}"
    assert (await office.client.get(path, headers=jan.headers)).status_code == 200
    for method, door, body in (
        ("PATCH", path, {"title": "x"}), ("DELETE", path, None), ("POST", f"{path}/complete", {}), ("POST", f"{path}/cancel", {}),
        ("POST", f"{path}/assignees", {"employee_id": jan.employee_id}), ("DELETE", f"{path}/assignees/{ewa.employee_id}", None),
        ("PUT", f"{path}/reminders/operator", {"enabled": False, "channels": []}),
    ):  # fmt: skip
        refused = await office.client.request(method, door, headers=jan.headers, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "task_of_others"), (method, door, refused.text)
    await office.patch(path, {"assignee_ids": [ewa.employee_id, jan.employee_id]}, headers=ewa.headers)
    await office.patch(path, {"note": "wykonawca może"}, headers=jan.headers)
    await office.patch(path, {"note": "szef może"}, headers=boss.headers)
    given = await office.post(
        "/v1/tasks", {"title": "dla Jana", "assignee_ids": [jan.employee_id]}, headers=ewa.headers
    )
    await office.patch(f"/v1/tasks/{given['id']}", {"note": "autorka może"}, headers=ewa.headers)


async def test_visibility_is_given_list_by_list(office: Office) -> None:
    """features K32, K36: tasks and activities apart, and firms and people in one's own care."""
    jan = await office.employee("Jan")
    firm = await office.account("Młyn", "biuro@mlyn.example", owner_id=jan)
    other = await office.account("Piekarnia", "biuro@piekarnia.example")
    anna, ewa = await office.contact(firm, "Anna"), await office.contact(other, "Ewa")
    await office.task("zadanie", assignee_ids=[])
    await office.task("rozmowa", kind="interaction", account_id=other, contact_ids=[ewa], assignee_ids=[])
    body = {
        "username": "jan", "password": "haslo-jana-1", "employee_id": jan, "visibility": "own",
        "visibility_by_list": {"tasks": "all", "accounts": "own", "contacts": "own"},
    }  # fmt: skip
    user = await office.post("/v1/users", body, expect=201)
    assert user["visibility"] == "own"
    assert user["visibility_by_list"] == {
        "tasks": "all", "activities": "own", "calendar": "own", "accounts": "own", "contacts": "own"
    }  # fmt: skip
    form = {"grant_type": "password", "username": "jan", "password": "haslo-jana-1"}
    token = (await office.client.post("/v1/auth/token", data=form)).json()["access_token"]
    his = {"authorization": f"Bearer {token}"}

    async def names(path: str, key: str) -> list[str]:
        return [one[key] for one in (await office.client.get(path, headers=his)).json()["items"]]

    assert await names("/v1/tasks", "title") == ["zadanie"]
    assert await names("/v1/accounts", "name") == ["Młyn"]
    assert await names("/v1/contacts", "name") == ["Anna"]
    assert (await office.client.get(f"/v1/contacts/{ewa}", headers=his)).status_code == 404
    assert (await office.client.get(f"/v1/contacts/{anna}", headers=his)).status_code == 200
    hidden = await office.client.patch(f"/v1/accounts/{other}", headers=his, json={"name": "x"})
    assert hidden.status_code == 404
    await office.patch(f"/v1/users/{user['id']}", {"visibility_by_list": {"activities": "all"}})
    assert (await office.get(f"/v1/users/{user['id']}"))["visibility_by_list"]["tasks"] == "all"


@pytest.mark.parametrize("path", ["/v1/invitations", "/v1/task-threads"])
async def test_what_would_leak_is_for_those_who_see_everything(laptop: Office, path: str) -> None:
    """features R53."""
    restricted = {"authorization": f"Bearer {signed_token('tasks:read', 'tasks:all')}"}
    assert (await laptop.client.get(path, headers=restricted)).status_code == 403
    unrestricted = {"authorization": f"Bearer {signed_token('tasks:read', *SEES_ALL)}"}
    assert (await laptop.client.get(path, headers=unrestricted)).status_code == 200
