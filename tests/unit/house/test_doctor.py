"""`goniec doctor`: what is wrong, in a sentence each."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.house.told_api import ToldApi, all_is_well, refusal

from goniec.doctor import examine

UNREACHABLE = {"state": "unreachable", "last_error": "The server does not answer.", "last_success_at": None}
GIVEN_UP = {
    "id": "1", "url": "https://n8n.example/x", "state": "disabled", "reason": "The receiver answered 410 Gone.",
    "failing_since": "2026-11-20T10:00:00Z",
}  # fmt: skip
STEPS = [
    {"step": "templates", "done": False, "required": True, "detail": "No template for sms to clients."},
    {"step": "sms_gateway", "done": False, "required": False, "detail": "SMS are only shown on the console."},
]


async def test_a_healthy_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert await examine(ToldApi(all_is_well())) == 0
    assert "All is well." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({("tasks-api", "/v1/auth/token"): refusal(400, "bad_grant")}, "GONIEC_ADMIN_PASSWORD"),
        ({("mail-ingest", "/v1/mail-accounts"): []}, "There is none yet"),
        ({("mail-ingest", "/v1/mail-accounts/1/health"): UNREACHABLE}, "The server does not answer."),
        ({("mail-ingest", "/v1/quarantine"): [{"quarantine_reason": "too_deep"}]}, "1 mail(s) wait: too_deep"),
        ({("case-threader", "/v1/dead-letters"): [{}, {}]}, "case-threader: 2 dead letter(s)"),
        ({("tasks-api", "/v1/webhooks"): [GIVEN_UP]}, "410 Gone"),
        ({("case-threader", "/v1/webhooks"): [{**GIVEN_UP, "reason": None}]}, "Failing since 2026"),
        ({("case-threader", "/v1/dead-letters"): refusal(403, "missing_scope")}, "missing_scope"),
        (
            {
                ("reminder-dispatcher", "/v1/reminder-settings"): {"enabled": True},
                ("reminder-dispatcher", "/v1/reminder-settings/readiness"): {"ready": False, "steps": STEPS},
            },
            "No template for sms to clients.",
        ),
    ],
)
async def test_what_is_wrong_is_said(
    changed: dict[tuple[str, str], Any], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await examine(ToldApi({**all_is_well(), **changed})) == 1
    said = capsys.readouterr().out
    assert sentence in said
    assert "1 thing(s) need attention." in said


async def test_a_step_that_nobody_needs_is_no_illness(capsys: pytest.CaptureFixture[str]) -> None:
    answers = all_is_well() | {
        ("reminder-dispatcher", "/v1/reminder-settings"): {"enabled": True},
        ("reminder-dispatcher", "/v1/reminder-settings/readiness"): {"ready": True, "steps": STEPS[1:]},
    }
    assert await examine(ToldApi(answers)) == 0
    assert "console" not in capsys.readouterr().out


async def test_without_tasks_api_nobody_can_sign_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert await examine(ToldApi(all_is_well(), down=("tasks-api",))) == 1
    said = capsys.readouterr().out
    assert "Is it started" in said
    assert "sign-in" not in said


async def test_failing_checks_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    not_ready = {"case-threader": {"database": "ok", "bus": "The broker is not connected."}}
    assert await examine(ToldApi(all_is_well(), not_ready=not_ready)) == 1
    assert "bus: The broker is not connected." in capsys.readouterr().out
