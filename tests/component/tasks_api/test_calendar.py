"""The calendar: what stands on it, whose it is, lanes and colours, printing, who is free, and feeds."""

from __future__ import annotations

from typing import Any

from people_of_the_office import SEES_ALL, a_person
from tasks_office import Office

from ical.reading import read_calendar
from kit.testing.web import anonymous_client_of

DAY = {"from": "2026-11-30T00:00:00+01:00", "to": "2026-12-01T00:00:00+01:00"}


async def shown(office: Office, headers: dict[str, str] | None = None, **wanted: Any) -> list[Any]:
    answer = await office.client.get("/v1/calendar", params={**DAY, **wanted}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def at(hour: int, minute: int = 0) -> str:
    return f"2026-11-30T{hour:02}:{minute:02}:00+01:00"


async def test_what_stands_on_a_calendar(office: Office) -> None:
    """features R54, K8, K27: tasks always, meetings and interactions when they are ticked; no cancelled ones."""
    firm = await office.account()
    anna, jan = await office.contact(firm), await office.employee()
    with_anna = {"account_id": firm, "contact_ids": [anna], "assignee_ids": [jan], "starts_at": at(10)}
    await office.task("zadanie", starts_at=at(9))
    await office.task("spotkanie", kind="meeting", in_calendar=True, **with_anna)
    await office.task("nie zaznaczone", kind="meeting", in_calendar=False, **with_anna)
    await office.task("rozmowa", kind="interaction", in_calendar=False, **with_anna)
    done = await office.task("zrobione", starts_at=at(11))
    await office.post(f"/v1/tasks/{done['id']}/complete")
    off = await office.task("odwołane", starts_at=at(12))
    await office.post(f"/v1/tasks/{off['id']}/cancel")

    assert [one["title"] for one in await shown(office)] == ["zadanie", "spotkanie", "zrobione"]
    more = await shown(office, include=["cancelled", "interactions"])
    assert {one["title"] for one in more} == {
        "zadanie", "spotkanie", "nie zaznaczone", "rozmowa", "zrobione", "odwołane"
    }  # fmt: skip
    assert [one["title"] for one in await shown(office, assignee_id=jan)] == ["spotkanie"]
    assert [one["title"] for one in await shown(office, kind="task")] == ["zadanie", "zrobione"]


async def test_colours_of_state_beside_own_ones_and_lanes_of_what_overlaps(office: Office) -> None:
    """features R55, R56, W8."""
    await office.task("a", starts_at=at(9), ends_at=at(11), color="red")
    await office.task("b", starts_at=at(10), ends_at=at(12))
    done = await office.task("c", starts_at=at(11), ends_at=at(12))
    await office.post(f"/v1/tasks/{done['id']}/complete")
    await office.task("d", starts_at=at(13), ends_at=at(14))
    await office.task("e", starts_at="2026-11-30")
    await office.task("f", starts_at="2026-11-30")
    found = {one["title"]: one for one in await shown(office)}
    assert {name: (one["lane"], one["lanes"]) for name, one in found.items()} == {
        "a": (0, 2), "b": (1, 2), "c": (0, 2), "d": (0, 1), "e": (0, 2), "f": (1, 2)
    }  # fmt: skip
    assert (found["a"]["color"], found["a"]["state_color"], found["c"]["state_color"]) == ("red", "orange", "grey")


async def test_views_begin_on_monday_and_the_first(office: Office) -> None:
    """features W13, R58."""
    office.clock.set(office.clock.now().replace(year=2026, month=11, day=25, hour=9))  # a Wednesday
    for day in ("2026-11-23", "2026-11-25", "2026-11-27", "2026-11-28", "2026-11-29", "2026-11-01", "2026-12-01"):
        await office.task(day, starts_at=f"{day}T10:00:00+01:00")

    async def days(**wanted: str) -> list[str]:
        return [one["title"][5:] for one in (await office.get("/v1/calendar", **wanted))["items"]]

    assert await days() == ["11-23", "11-25", "11-27"]  # the work week
    assert await days(view="day") == ["11-25"]
    assert await days(view="week") == ["11-23", "11-25", "11-27", "11-28", "11-29"]
    assert await days(view="month") == ["11-01", "11-23", "11-25", "11-27", "11-28", "11-29"]
    assert await days(period="next_week") == ["12-01"]


async def test_a_restricted_person_sees_their_own_calendar(office: Office) -> None:
    """features K32, R53: the calendar is a list of its own."""
    jan = await a_person(office, "Jan", "tasks:read")
    open_calendar = await a_person(office, "Ola", "tasks:read", "calendar:all")
    await office.task("Jana", starts_at=at(9), assignee_ids=[jan.employee_id])
    others = await office.task("Oli", starts_at=at(10), assignee_ids=[open_calendar.employee_id])
    assert [one["title"] for one in await shown(office, jan.headers)] == ["Jana"]
    assert await shown(office, jan.headers, assignee_id=open_calendar.employee_id) == []
    assert [one["title"] for one in await shown(office, open_calendar.headers)] == ["Jana", "Oli"]
    assert (await office.client.get(f"/v1/tasks/{others['id']}", headers=jan.headers)).status_code == 404


async def test_a_calendar_is_printed(office: Office) -> None:
    await office.task("Zażółć gęślą jaźń", starts_at=at(9), ends_at=at(10))
    for view in ("day", "week", "month"):
        answer = await office.client.get("/v1/calendar/agenda", params={"from": DAY["from"], "view": view})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")


async def test_who_is_free_is_told_and_blocks_nothing(office: Office) -> None:
    """features R46, K38: a conflict is named to those who may see it."""
    jan = await office.employee("Jan")
    ewa = await a_person(office, "Ewa", "tasks:read")
    long_one = await office.task("remont", starts_at="2026-11-28", ends_at="2026-12-02", assignee_ids=[jan])
    await office.task(
        "co tydzień", starts_at=at(10), ends_at=at(11), assignee_ids=[jan], recurrence={"rrule": "FREQ=WEEKLY"}
    )
    wanted = {
        "employee_id": [jan, ewa.employee_id],
        "from": "2026-12-07T10:30:00+01:00",
        "to": "2026-12-07T12:00:00+01:00",
    }
    found = (await office.get("/v1/availability", **wanted))["items"]
    assert [(one["available"], [busy["title"] for busy in one["conflicts"]]) for one in found] == [
        (False, ["co tydzień"]), (True, [])
    ]  # fmt: skip
    wanted |= {"from": at(15), "to": at(16)}
    assert [one["available"] for one in (await office.get("/v1/availability", **wanted))["items"]] == [False, True]
    hidden = (await office.client.get("/v1/availability", params=wanted, headers=ewa.headers)).json()["items"][0]
    assert [busy["title"] for busy in hidden["conflicts"]] == [None]
    wanted["but"] = long_one["id"]
    assert (await office.get("/v1/availability", **wanted))["items"][0]["available"]


async def read_feed(office: Office, url: str, **headers: str) -> Any:
    async with anonymous_client_of(office.app) as client:
        return await client.get(url, headers=headers)


async def test_a_feed_of_an_employee_and_what_it_holds(office: Office) -> None:
    """features K37, R54: with zones, dates that differ, and an ETag; the secret is the only key, until it is revoked."""
    jan = await office.employee("Jan")
    await office.task("jednorazowe", starts_at=at(9), ends_at=at(10), assignee_ids=[jan], description="tajne; ważne")
    await office.task("cudze", starts_at=at(9), assignee_ids=[])
    series = await office.task(
        "co tydzień", starts_at=at(12), ends_at=at(13), assignee_ids=[jan], recurrence={"rrule": "FREQ=WEEKLY"}
    )
    made = await office.post("/v1/calendar-feeds", {"name": "Jan", "employee_ids": [jan]}, expect=201)
    answer = await read_feed(office, made["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Warsaw" in answer.content
    events = {one.summary: one for one in read_calendar(answer.content, account_timezone="UTC").calendars[0].components}
    assert set(events) == {"jednorazowe", "co tydzień"}
    assert events["co tydzień"].rrule == "FREQ=WEEKLY"
    etag = answer.headers["etag"]
    assert (await read_feed(office, made["url"], **{"if-none-match": etag})).status_code == 304
    await office.patch(f"/v1/tasks/{series['id']}", {"title": "co dwa tygodnie"})
    assert (await read_feed(office, made["url"], **{"if-none-match": etag})).status_code == 200

    path = f"/v1/calendar-feeds/{made['id']}"
    assert (await office.get(path))["url"] is None
    renewed = await office.post(f"{path}/secret")
    assert (await read_feed(office, made["url"])).status_code == 404
    assert (await read_feed(office, renewed["url"])).status_code == 200
    assert (await office.client.delete(path)).status_code == 204
    assert (await read_feed(office, renewed["url"])).status_code == 404


async def test_a_feed_can_tell_that_somebody_is_busy_and_nothing_else(office: Office) -> None:
    jan = await office.employee("Jan")
    await office.task("tajne", starts_at=at(9), location="tu", assignee_ids=[jan], description="bardzo")
    made = await office.post("/v1/calendar-feeds", {"name": "Zespół", "with_details": False})
    text = (await read_feed(office, made["url"])).text
    assert "SUMMARY:Zajęte" in text
    assert "tajne" not in text
    assert "bardzo" not in text


async def test_nobody_gives_away_a_calendar_they_may_not_see(office: Office) -> None:
    jan = await a_person(office, "Jan", "tasks:read")
    ola = await a_person(office, "Ola", "tasks:read", *SEES_ALL)
    team = {"name": "Zespół", "employee_ids": [jan.employee_id, ola.employee_id]}
    refused = await office.post("/v1/calendar-feeds", team, expect=403, headers=jan.headers)
    assert refused["code"] == "calendar_of_others"
    own = {"name": "Mój", "employee_ids": [jan.employee_id]}
    mine = await office.post("/v1/calendar-feeds", own, expect=201, headers=jan.headers)
    assert (await office.client.get(f"/v1/calendar-feeds/{mine['id']}", headers=ola.headers)).status_code == 404
    await office.patch(f"/v1/users/{ola.user_id}", {"visibility": "all"})
    theirs = await office.post("/v1/calendar-feeds", team, expect=201, headers=ola.headers)
    assert (await read_feed(office, theirs["url"])).status_code == 200
    await office.patch(f"/v1/users/{ola.user_id}", {"visibility": "own"})
    assert (await read_feed(office, theirs["url"])).status_code == 404  # the right was lost, and the key with it
    await office.patch(f"/v1/users/{jan.user_id}", {"active": False})
    assert (await read_feed(office, mine["url"])).status_code == 404
