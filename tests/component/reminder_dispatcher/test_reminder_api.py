"""The doors of reminder-dispatcher: who may come in, and what is told about them."""

from uuid import UUID

import pytest
from reminder_desk import DAY_BEFORE, START, Desk

from kit.testing.web import signed_token

DUE = START - DAY_BEFORE


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/reminder-settings", "reminders:read"),
        ("PUT", "/v1/reminder-settings", "reminders:write"),
        ("GET", "/v1/reminder-settings/readiness", "reminders:read"),
        ("GET", "/v1/reminder-channels", "reminders:read"),
        ("GET", "/v1/sender-names", "reminders:read"),
        ("POST", "/v1/sender-names", "reminders:write"),
        ("PUT", "/v1/sender-names/Firma/statement", "reminders:write"),
        ("POST", "/v1/sender-names/Firma/check", "reminders:write"),
        ("GET", "/v1/templates", "reminders:read"),
        ("POST", "/v1/templates", "reminders:write"),
        ("POST", "/v1/templates/preview", "reminders:read"),
        ("GET", "/v1/merge-fields", "reminders:read"),
        ("GET", "/v1/reminders", "reminders:read"),
        ("GET", "/v1/reminders/counts", "reminders:read"),
        ("POST", f"/v1/reminders/{UUID(int=1)}/resend", "reminders:write"),
        ("POST", f"/v1/reminders/{UUID(int=1)}/cancel", "reminders:write"),
        ("POST", f"/v1/reminders/{UUID(int=1)}/snooze", "reminders:write"),
    ],
)
async def test_every_door_asks_for_a_token_with_the_right_scope(desk: Desk, method: str, path: str, scope: str) -> None:
    body = {} if method in ("POST", "PUT") else None

    async def status(token: str | None) -> int:
        headers = {"authorization": f"Bearer {token}"} if token else {"authorization": ""}
        return (await desk.http.request(method, path, json=body, headers=headers)).status_code

    assert await status(None) == 401
    assert await status("nonsense") == 401
    assert await status(signed_token("tasks:read")) == 403
    assert await status(signed_token(scope)) not in (401, 403, 500)


async def test_documents_and_health_are_served(desk: Desk) -> None:
    assert (await desk.http.get("/openapi.json")).status_code == 200
    asyncapi = (await desk.http.get("/asyncapi.json")).text
    assert "reminder.sent.v1" in asyncapi
    assert "task.created.v1" in asyncapi
    assert (await desk.http.get("/health/ready")).status_code == 200
    assert "goniec_reminder_attempts" in (await desk.http.get("/metrics")).text
