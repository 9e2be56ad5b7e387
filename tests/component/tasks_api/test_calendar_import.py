"""A calendar is taken in as our own: VEVENT and VTODO, exceptions, again, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tasks_office import Office, a_mail_account

from contracts.tasks import TaskCreated
from tasks_api.settings import Settings

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Our office//EN
BEGIN:VEVENT
UID:zebranie@nasza.example
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Warsaw:20261202T090000
DTEND;TZID=Europe/Warsaw:20261202T100000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Zebranie
ORGANIZER:mailto:kierownik@nasza.example
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@mlyn.example
END:VEVENT
BEGIN:VEVENT
UID:zebranie@nasza.example
DTSTAMP:20261101T080000Z
RECURRENCE-ID;TZID=Europe/Warsaw:20261209T090000
DTSTART;TZID=Europe/Warsaw:20261210T120000
DTEND;TZID=Europe/Warsaw:20261210T130000
SUMMARY:Zebranie (czwartek)
ORGANIZER:mailto:kierownik@nasza.example
END:VEVENT
BEGIN:VTODO
UID:umowa@nasza.example
DTSTAMP:20261101T080000Z
DUE;TZID=Europe/Warsaw:20261204T160000
SUMMARY:Wysłać umowę
END:VTODO
END:VCALENDAR
"""


async def take_in(office: Office, calendar: str, *, expect: int = 201) -> Any:
    answer = await office.client.post(
        "/v1/calendar",
        content=calendar.replace("\n", "\r\n").encode(),
        headers={"content-type": "text/calendar; charset=utf-8"},
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_events_and_todos_become_tasks_at_once(office: Office) -> None:
    await office.hear(a_mail_account("kierownik@nasza.example"))
    answer = await take_in(office, CALENDAR)
    assert {(one["uid"], one["outcome"]) for one in answer["items"]} == {
        ("zebranie@nasza.example", "created"),
        ("umowa@nasza.example", "created"),
    }
    tasks = {(task["uid"], task["recurrence_id"]): task for task in await office.tasks()}
    assert set(tasks) == {
        ("zebranie@nasza.example", None),
        ("zebranie@nasza.example", "2026-12-09T08:00:00Z"),
        ("umowa@nasza.example", None),
    }
    todo = tasks["umowa@nasza.example", None]
    assert (todo["kind"], todo["starts_at"], todo["ends_at"]) == ("task", None, "2026-12-04T15:00:00Z")
    assert todo["source"]["kind"] == "calendar"
    assert len(await office.announced(TaskCreated)) == 3
    shown = (
        await office.get(
            "/v1/calendar",
            uid="zebranie@nasza.example",
            **{"from": "2026-12-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
        )
    )["items"]
    assert [(one["starts_at"], one["title"]) for one in shown] == [
        ("2026-12-02T08:00:00Z", "Zebranie"),
        ("2026-12-10T11:00:00Z", "Zebranie (czwartek)"),
        ("2026-12-16T08:00:00Z", "Zebranie"),
    ]


async def test_taken_in_again_it_updates_and_makes_nothing_twice(office: Office) -> None:
    await take_in(office, CALENDAR)
    again = await take_in(office, CALENDAR)
    assert {one["outcome"] for one in again["items"]} <= {"unchanged", "updated"}
    assert len(await office.tasks()) == 3
    changed = CALENDAR.replace("SUMMARY:Wysłać umowę", "SUMMARY:Podpisać umowę").replace(
        "20261101T080000Z", "20261102T080000Z"
    )
    await take_in(office, changed)
    (todo,) = await office.tasks(uid="umowa@nasza.example")
    assert todo["title"] == "Podpisać umowę"


@pytest.mark.parametrize(
    ("calendar", "code"),
    [
        ("", "unreadable_calendar"),
        ("not a calendar", "unreadable_calendar"),
        ("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "unreadable_calendar"),
        (CALENDAR.replace("VERSION:2.0", "VERSION:2.0\nMETHOD:REQUEST"), "calendar_has_method"),
        (CALENDAR.replace("VERSION:2.0", "VERSION:2.0\nMETHOD:CANCEL"), "calendar_has_method"),
    ],
)
async def test_what_cannot_be_taken_in(office: Office, calendar: str, code: str) -> None:
    assert (await take_in(office, calendar, expect=422))["code"] == code
    assert await office.tasks() == []


async def test_what_calendar_programs_export_has_a_method_of_its_own(office: Office) -> None:
    await take_in(office, CALENDAR.replace("VERSION:2.0", "VERSION:2.0\nMETHOD:PUBLISH"))
    assert len(await office.tasks()) == 3


async def test_a_calendar_that_is_too_large_is_not_read(office: Office, settings: Settings) -> None:
    padding = "X-PADDING:" + "x" * settings.calendar_import_bytes
    refused = await take_in(office, CALENDAR.replace("VERSION:2.0", f"VERSION:2.0\n{padding}"), expect=413)
    assert refused["code"] == "calendar_too_large"
