"""Recurring tasks of our own: the pattern, and changes of one date, the following or all of them (features R64-R69)."""

from __future__ import annotations

from typing import Any

import pytest
from tasks_office import Office, a_mail_with, an_event

from contracts.tasks import TaskCreated, TaskUpdated

pytestmark = pytest.mark.storage

MONDAY = "2026-12-07T10:00:00+01:00"
FIRST, SECOND, THIRD, FOURTH = (f"2026-12-{day:02}T09:00:00Z" for day in (7, 14, 21, 28))


@pytest.fixture
def office(laptop: Office) -> Office:
    return laptop


async def weekly(office: Office, **fields: Any) -> Any:
    """Mondays from ten to eleven, four of them."""
    body = {"starts_at": MONDAY, "ends_at": "2026-12-07T11:00:00+01:00", "recurrence": {"rrule": "FREQ=WEEKLY;COUNT=4"}}
    return await office.task("Odprawa", **{**body, **fields})


async def dates(office: Office, task: Any) -> list[tuple[str, str]]:
    found = await office.get(f"/v1/tasks/{task['id']}/occurrences", **{"from": MONDAY, "to": "2027-03-01T00:00:00Z"})
    return [(one["recurrence_id"], one["starts_at"]) for one in found["items"]]


def plain(*keys: str) -> list[tuple[str, str]]:
    return [(key, key) for key in keys]


async def change(office: Office, task: Any, key: str, scope: str | None, body: Any, *, expect: int = 200) -> Any:
    query = f"?scope={scope}" if scope else ""
    return await office.patch(f"/v1/tasks/{task['id']}/occurrences/{key}{query}", body, expect=expect)


async def test_the_pattern_takes_what_is_left_out_from_the_task(office: Office) -> None:
    made = await office.task(starts_at=MONDAY, ends_at="2026-12-07T11:00:00+01:00")
    path = f"/v1/tasks/{made['id']}/recurrence"
    night = await office.put(path, {"rrule": "FREQ=WEEKLY;COUNT=2", "starts": "22:00", "duration": "PT8H"})
    assert (night["starts_at"], night["ends_at"]) == ("2026-12-07T21:00:00Z", "2026-12-08T05:00:00Z")
    assert night["recurrence"]["rrule"] == "FREQ=WEEKLY;COUNT=2"
    refused = await office.put(path, {"rrule": "FREQ=WEEKLY", "starts": "9:00", "ends": "10:00"}, expect=422)
    assert refused["errors"][0]["pointer"] == "#/starts"
    three = {"rrule": "FREQ=WEEKLY", "starts": "09:00", "ends": "10:00", "duration": "PT3H"}
    assert (await office.put(path, three, expect=422))["errors"][0]["pointer"] == "#/duration"
    assert (await office.client.delete(path)).json()["recurrence"] is None
    assert (await office.client.get(f"/v1/tasks/{made['id']}/occurrences")).json()["code"] == "not_a_series"


async def test_a_change_of_a_date_has_to_say_how_far_it_goes(office: Office) -> None:
    series = await weekly(office)
    refused = await change(office, series, SECOND, None, {"title": "x"}, expect=422)
    assert refused["errors"][0]["pointer"].endswith("scope")
    assert (await change(office, series, "2026-12-15T09:00:00Z", "this", {"title": "x"}, expect=404))[
        "code"
    ] == "occurrence_not_found"
    for key in ("2026-12-14", "wtorek", "2026-12-14T09:00:00"):
        await change(office, series, key, "all", {"title": "x"}, expect=404)
    other = await office.task(starts_at=MONDAY)
    assert (await change(office, other, FIRST, "this", {"title": "x"}, expect=409))["code"] == "not_a_series"


async def test_one_date_is_changed_and_the_others_stay(office: Office) -> None:
    series = await weekly(office)
    moved = await change(
        office, series, SECOND, "this", {"title": "Odprawa roczna", "starts_at": "2026-12-15T12:00:00+01:00"}
    )
    assert (moved["recurrence_id"], moved["uid"], moved["ends_at"]) == (SECOND, series["uid"], "2026-12-15T12:00:00Z")
    assert moved["id"] != series["id"]
    assert await dates(office, series) == [(FIRST, FIRST), (SECOND, "2026-12-15T11:00:00Z"), *plain(THIRD, FOURTH)]
    told = [one for one in await office.announced(TaskUpdated) if str(one.task.task_id) == series["id"]]
    assert [one.recurrence_id for one in told[-1].task.occurrences] == [FIRST, THIRD, FOURTH]
    await change(office, series, THIRD, "this", {"recurrence": {"rrule": "FREQ=DAILY"}}, expect=422)
    taken_out = await office.client.delete(f"/v1/tasks/{series['id']}/occurrences/{THIRD}?scope=this")
    assert taken_out.status_code == 204
    assert [key for key, _ in await dates(office, series)] == [FIRST, SECOND, FOURTH]
    assert (await office.client.delete(f"/v1/tasks/{series['id']}/occurrences/{THIRD}?scope=this")).status_code == 404


async def test_this_and_the_following_become_a_series_of_their_own(office: Office) -> None:
    series = await weekly(office, color="red")
    early = await change(office, series, FIRST, "this", {"note": "pierwsza"})
    late = await change(office, series, FOURTH, "this", {"note": "ostatnia"})
    rest = await change(office, series, THIRD, "following", {"starts_at": "2026-12-22T12:00:00+01:00", "color": "blue"})
    assert rest["recurrence"]["rrule"] == "FREQ=WEEKLY;COUNT=2"
    assert (rest["starts_at"], rest["ends_at"], rest["color"]) == (
        "2026-12-22T11:00:00Z",
        "2026-12-22T12:00:00Z",
        "blue",
    )
    assert rest["uid"] != series["uid"]
    assert await dates(office, series) == plain(FIRST, SECOND)
    assert await dates(office, rest) == plain("2026-12-22T11:00:00Z", "2026-12-29T11:00:00Z")
    late = await office.get(f"/v1/tasks/{late['id']}")
    assert (late["uid"], late["recurrence_id"], late["note"]) == (rest["uid"], "2026-12-29T11:00:00Z", "ostatnia")
    assert (late["starts_at"], late["color"]) == ("2026-12-29T11:00:00Z", "blue")
    assert (await office.get(f"/v1/tasks/{early['id']}"))["uid"] == series["uid"]
    told = (await office.announced(TaskCreated))[-1].task
    assert [one.recurrence_id for one in told.occurrences] == ["2026-12-22T11:00:00Z"]
    whole = await change(office, rest, "2026-12-22T11:00:00Z", "following", {"title": "Narada"})
    assert (whole["id"], whole["title"]) == (rest["id"], "Narada")
    assert (
        await office.client.delete(f"/v1/tasks/{series['id']}/occurrences/{SECOND}?scope=following")
    ).status_code == 204
    assert await dates(office, series) == plain(FIRST)


async def test_all_dates_move_with_the_one_that_was_moved(office: Office) -> None:
    series = await weekly(office, recurrence={"rrule": "FREQ=WEEKLY;COUNT=4", "exdates": [FOURTH]})
    own = await change(office, series, SECOND, "this", {"note": "inna"})
    done = await office.post(
        f"/v1/tasks/{(await change(office, series, THIRD, 'this', {'note': 'zrobiona'}))['id']}/complete"
    )
    changed = await change(office, series, SECOND, "all", {"starts_at": "2026-12-14T12:00:00+01:00", "title": "Narada"})
    assert (changed["id"], changed["starts_at"], changed["ends_at"]) == (
        series["id"],
        "2026-12-07T11:00:00Z",
        "2026-12-07T12:00:00Z",
    )
    assert changed["recurrence"]["exdates"] == ["2026-12-28T11:00:00Z"]
    own = await office.get(f"/v1/tasks/{own['id']}")
    assert (own["recurrence_id"], own["starts_at"], own["title"], own["note"]) == (
        "2026-12-14T11:00:00Z",
        "2026-12-14T11:00:00Z",
        "Narada",
        "inna",
    )
    done = await office.get(f"/v1/tasks/{done['id']}")
    assert (done["recurrence_id"], done["starts_at"], done["title"]) == ("2026-12-21T11:00:00Z", THIRD, "Odprawa")
    assert [one for one, _ in await dates(office, series)] == [
        "2026-12-07T11:00:00Z",
        "2026-12-14T11:00:00Z",
        "2026-12-21T11:00:00Z",
    ]


async def test_dates_move_onto_each_others_places(office: Office) -> None:
    series = await weekly(office)
    owns = [await change(office, series, key, "this", {"note": key}) for key in (FIRST, SECOND, THIRD)]
    for scope_start, places in [
        ("2026-12-14T10:00:00+01:00", (SECOND, THIRD, FOURTH)),
        (MONDAY, (FIRST, SECOND, THIRD)),
    ]:
        await office.patch(f"/v1/tasks/{series['id']}", {"starts_at": scope_start})
        assert [(await office.get(f"/v1/tasks/{own['id']}"))["recurrence_id"] for own in owns] == list(places)


async def test_what_the_series_no_longer_has_stays_as_a_task(office: Office) -> None:
    series = await weekly(office)
    own = await change(office, series, FOURTH, "this", {"note": "ważne"})
    await office.patch(f"/v1/tasks/{series['id']}", {"recurrence": {"rrule": "FREQ=WEEKLY;COUNT=2"}})
    own = await office.get(f"/v1/tasks/{own['id']}")
    assert (own["recurrence_id"], own["uid"], own["note"]) == (None, f"{own['id']}@goniec", "ważne")
    assert await dates(office, series) == plain(FIRST, SECOND)
    gone = await office.client.delete(f"/v1/tasks/{series['id']}/occurrences/{SECOND}?scope=all")
    assert gone.status_code == 204
    assert [task["id"] for task in await office.tasks()] == [own["id"]]


async def test_a_series_somebody_else_organizes_is_not_cut_in_two(office: Office) -> None:
    await office.hear(a_mail_with("REQUEST", an_event(rrule="FREQ=WEEKLY;COUNT=4")))
    (series,) = await office.tasks()
    key = "2026-12-07T09:00:00Z"
    assert (await change(office, series, key, "following", {"title": "x"}, expect=409))["code"] == "series_of_organizer"
    own = await change(office, series, key, "this", {"note": "nasza notatka"})
    await office.patch(f"/v1/tasks/{series['id']}", {"starts_at": "2026-11-30T12:00:00+01:00"})
    assert (await office.get(f"/v1/tasks/{own['id']}"))["recurrence_id"] == key
