"""`goniec dead-letters`, with a word for each of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.unit.house.told_api import ToldApi, all_is_well, refusal

from goniec import set_aside
from kit.admin_routes import DeadLetterShape

LETTER = UUID("0198c0de-0000-7000-8000-000000000001")


def a_letter() -> dict[str, Any]:
    """As the services tell it."""
    shape = DeadLetterShape(
        id=LETTER, consumer="case-threader", event_id=LETTER, subject="mail.received.v1.x", correlation_id="c",
        reason="ValueError: nobody knows", deliveries=8, set_aside_at=datetime(2026, 11, 22, tzinfo=UTC),
        resolved_at=None, content={"id": "x"},
    )  # fmt: skip
    return shape.model_dump(mode="json")


def an_api(**more: Any) -> ToldApi:
    answers = all_is_well() | {
        ("case-threader", "/v1/dead-letters"): [a_letter()],
        ("case-threader", f"/v1/dead-letters/{LETTER}"): a_letter(),
    }
    return ToldApi(
        answers | {("case-threader", f"/v1/dead-letters/{LETTER}/{name}"): said for name, said in more.items()}
    )


async def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert await set_aside.list_all(an_api()) == 0
    said = capsys.readouterr().out
    assert "mail.received.v1.x" in said
    assert "nobody knows" in said


async def test_nothing_to_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert await set_aside.list_all(ToldApi(all_is_well())) == 0
    assert "No dead letters" in capsys.readouterr().out


async def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert await set_aside.show(an_api(), str(LETTER)) == 0
    assert '"service": "case-threader"' in capsys.readouterr().out
    assert await set_aside.show(ToldApi(all_is_well()), str(LETTER)) == 1


async def test_retry_all_and_one(capsys: pytest.CaptureFixture[str]) -> None:
    api = an_api()
    assert await set_aside.retry(api, []) == 0
    assert api.posted == [("case-threader", f"/v1/dead-letters/{LETTER}/retry")]
    assert await set_aside.retry(an_api(), ["another"]) == 1
    assert "No service has a dead letter another." in capsys.readouterr().out


async def test_one_that_fails_again_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    api = an_api(retry=refusal(409, "dead_letter_still_fails", reason="nobody knows"))
    api.answers["reminder-dispatcher", "/v1/dead-letters"] = [a_letter()]
    assert await set_aside.retry(api, []) == 1
    assert len(api.posted) == 2
    assert "fails again: nobody knows" in capsys.readouterr().out
