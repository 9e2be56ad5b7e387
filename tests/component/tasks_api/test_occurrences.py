"""Single dates of a series: done, cancelled, moved and reminded of apart from the others (DESIGN 2.8)."""

from __future__ import annotations

from typing import Any

from tasks_office import Office, a_mail_with, an_event, reminder_settings

from contracts.tasks import TaskCancelled, TaskCompleted, TaskUpdated

UID = "spotkanie-1@mlyn.example"
SECOND = "2026-12-07T09:00:00Z"


async def a_series(office: Office, **fields: Any) -> Any:
    await office.hear(a_mail_with("REQUEST", an_event(UID, rrule="FREQ=WEEKLY;COUNT=4", **fields)))
    return (await office.tasks(uid=UID))[0]


async def shown(office: Office) -> list[str]:
    found = await office.get("/v1/calendar", uid=UID, **{"from": "2026-11-01T00:00:00Z", "to": "2027-01-31T00:00:00Z"})
    return [one["starts_at"] for one in found["items"]]


async def test_one_date_is_done_and_one_is_off_and_the_series_goes_on(office: Office) -> None:
    series = await a_series(office)
    path = f"/v1/tasks/{series['id']}/occurrences"
    done = await office.post(f"{path}/{SECOND}/complete")
    off = await office.post(f"{path}/2026-12-14T10:00:00+01:00/cancel")  # the same moment, written otherwise
    assert (done["status"], done["recurrence_id"], done["number"] != series["number"]) == ("completed", SECOND, True)
    assert (off["status"], off["status_code"], off["recurrence_id"]) == ("cancelled", "a", "2026-12-14T09:00:00Z")
    (task,) = [one for one in await office.tasks(uid=UID) if one["recurrence_id"] is None]
    assert task["status"] == "planned"
    assert await shown(office) == [
        "2026-11-30T09:00:00Z",
        "2026-12-21T09:00:00Z",
    ]  # a done date leaves the calendar (R54)
    assert len(await office.announced(TaskCompleted)) == 1
    assert len(await office.announced(TaskCancelled)) == 1
    told = (await office.announced(TaskUpdated))[-1]
    assert [one.recurrence_id for one in told.task.occurrences] == ["2026-11-30T09:00:00Z", "2026-12-21T09:00:00Z"]


async def test_a_date_takes_over_what_was_decided_for_the_series(office: Office) -> None:
    await office.hear(reminder_settings())
    jan = await office.employee("Jan")
    series = await a_series(office)
    await office.post(f"/v1/tasks/{series['id']}/assignees", {"employee_id": jan})
    date = await office.post(f"/v1/tasks/{series['id']}/occurrences", {"recurrence_id": SECOND}, expect=201)
    assert (date["assignee_ids"], date["starts_at"], date["ends_at"]) == ([jan], SECOND, "2026-12-07T10:00:00Z")
    again = await office.post(f"/v1/tasks/{series['id']}/occurrences", {"recurrence_id": SECOND}, expect=200)
    assert again["id"] == date["id"]
    await office.patch(f"/v1/tasks/{date['id']}", {"starts_at": "2026-12-08T15:00:00+01:00"})
    assert await shown(office) == [
        "2026-11-30T09:00:00Z", "2026-12-08T14:00:00Z", "2026-12-14T09:00:00Z", "2026-12-21T09:00:00Z",
    ]  # fmt: skip


async def test_what_the_organizer_says_later_leaves_a_date_that_is_done_alone(office: Office) -> None:
    series = await a_series(office)
    await office.post(f"/v1/tasks/{series['id']}/occurrences/{SECOND}/complete")
    await office.hear(a_mail_with("REQUEST", an_event(UID, sequence=1, rrule="FREQ=WEEKLY;COUNT=4", summary="Inny")))
    statuses = {one["recurrence_id"]: (one["title"], one["status"]) for one in await office.tasks(uid=UID)}
    assert statuses[None] == ("Inny", "planned")
    assert statuses[SECOND][1] == "completed"


async def test_what_is_no_date_of_the_series(laptop: Office) -> None:
    series = await a_series(laptop)
    for key in ("2026-12-08T09:00:00Z", "2026-12-07", "2026-12-07T09:00:00", "jutro-rano!"):
        refused = await laptop.post(f"/v1/tasks/{series['id']}/occurrences", {"recurrence_id": key}, expect=404)
        assert refused["code"] == "occurrence_not_found"
    plain = await laptop.task("Zwykłe")
    refused = await laptop.post(f"/v1/tasks/{plain['id']}/occurrences", {"recurrence_id": SECOND}, expect=409)
    assert refused["code"] == "not_a_series"
