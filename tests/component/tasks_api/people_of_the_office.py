"""People who sign in to tasks-api under test, with exactly the rights a story is about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tasks_office import Office

from kit.testing.web import signed_token

SEES_ALL = ("tasks:all", "activities:all", "calendar:all", "accounts:all", "contacts:all")


@dataclass(frozen=True)
class Person:
    """An employee with a login; `headers` are theirs."""

    user_id: str
    employee_id: str
    headers: dict[str, str]


async def a_person(office: Office, name: str, *scopes: str, employed: bool = True) -> Person:
    """Somebody with these scopes and no others; without an employee when they are not employed."""
    employee_id = await office.employee(name) if employed else ""
    body = {"username": name.lower(), "password": f"haslo-{name.lower()}-1", "employee_id": employee_id or None}
    user_id = (await office.post("/v1/users", body, expect=201))["id"]
    token = signed_token(
        *scopes,
        user_id=UUID(user_id),
        employee_id=UUID(employee_id) if employee_id else None,
        subject=f"user:{user_id}",
    )
    return Person(user_id, employee_id, {"authorization": f"Bearer {token}"})
