"""The law of a zone changes after tasks were planned: the hour on the wall stays (reliability B10)."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tasks_office import Office, a_mail_with, an_event, at

from contracts.calendar import Component
from contracts.tasks import TaskUpdated
from ical.zone_definitions import zone_definition
from ical.zones import zone
from kit.testing.zones import a_zone_file, swapped_zones
from tasks_api import zone_keeping
from tasks_api.zone_keeping import BY, follow_zone_data, note_zones

pytestmark = pytest.mark.storage
WEEKLY = {"rrule": "FREQ=WEEKLY;COUNT=20"}


@pytest.fixture
def swapped(tmp_path: Path) -> Iterator[Any]:
    """Call it and summer time is abolished in Poland; undone after the test."""
    with ExitStack() as stack:

        def forget() -> None:
            zone.cache_clear()
            zone_definition.cache_clear()

        def swap(rule: str = "CET-1") -> None:
            stack.enter_context(swapped_zones(tmp_path / "zones", {"Europe/Warsaw": a_zone_file(rule)}))
            forget()

        stack.callback(forget)
        yield swap


async def starts(office: Office) -> dict[str, str]:
    return {one["title"]: one["starts_at"] for one in await office.tasks()}


async def restarted(office: Office) -> int:
    return await follow_zone_data(office.database, office.parts.desk, now=office.clock.now())


async def test_wall_clocks_stay_and_moments_stay(office: Office, swapped: Any) -> None:
    summer = {"starts_at": "2027-07-01T09:00:00+02:00", "ends_at": "2027-07-01T10:00:00+02:00"}
    await office.task("Lato", **summer)
    await office.task("Zima", starts_at="2027-01-11T09:00:00+01:00")
    await office.task("UTC", starts_at="2027-07-01T07:00:00Z", timezone="UTC")
    await office.task("Berlin", starts_at="2027-07-01T07:00:00Z", timezone="Europe/Berlin")
    await office.task("Dzień", starts_at="2027-07-01")
    await office.task("Bez terminu")
    await office.hear(
        a_mail_with(
            "REQUEST",
            an_event(
                "z@x.example",
                summary="Zdalne",
                starts=at("2027-07-01T07:00", "UTC"),
                ends=at("2027-07-01T08:00", "UTC"),
            ),
        )
    )
    assert await restarted(office) == 0
    before = await starts(office)
    swapped()
    assert await restarted(office) == 2
    after = await starts(office)
    assert {title: after[title] for title in after if after[title] != before[title]} == {
        "Lato": "2027-07-01T08:00:00Z",
    }
    (moved,) = await office.tasks(q="Lato")
    assert (moved["starts_local"], moved["ends_at"]) == ("2027-07-01T09:00:00", "2027-07-01T09:00:00Z")
    told = [one for one in await office.announced(TaskUpdated) if one.by == BY]
    assert {one.task.title: one.task.starts_at for one in told} == {
        "Dzień": datetime(2027, 6, 30, 23, tzinfo=UTC),
        "Lato": datetime(2027, 7, 1, 8, tzinfo=UTC),
    }
    audit = (await office.get(f"/v1/tasks/{moved['id']}/history"))["items"]
    assert [one["by"] for one in audit if "starts_at" in one["changes"]] == [BY]
    assert await restarted(office) == 0


async def test_series_keep_their_dates_and_what_was_made_of_them(office: Office, swapped: Any) -> None:
    uid = "seria@mlyn.example"

    def series(**more: Any) -> Component:
        exdates = [at("2027-06-21T10:00")]
        return an_event(
            uid, starts=at("2027-06-07T10:00"), ends=at("2027-06-07T11:00"), exdates=exdates, **WEEKLY, **more
        )

    moved_date = an_event(
        uid,
        summary="Inaczej",
        recurrence_id=at("2027-06-14T10:00"),
        starts=at("2027-06-14T12:00"),
        ends=at("2027-06-14T13:00"),
    )
    off = an_event(
        uid, recurrence_id=at("2027-06-28T10:00"), starts=at("2027-06-28T10:00"), ends=at("2027-06-28T11:00")
    )
    office.clock.set(datetime(2027, 6, 1, 8, tzinfo=UTC))
    await office.hear(a_mail_with("REQUEST", series(), moved_date))
    await office.hear(a_mail_with("CANCEL", off.model_copy(update={"sequence": 1})))

    async def dates() -> list[str]:
        shown = await office.get(
            "/v1/calendar", **{"from": "2027-06-05T00:00:00Z", "to": "2027-07-06T00:00:00Z", "view": "month"}
        )
        moments = [datetime.fromisoformat(one["starts_at"]) for one in shown["items"]]
        return sorted(moment.astimezone(ZoneInfo("Europe/Warsaw")).isoformat()[:19] for moment in moments)

    before = await dates()
    assert before == ["2027-06-07T10:00:00", "2027-06-14T12:00:00", "2027-07-05T10:00:00"]
    await restarted(office)
    swapped()
    assert await restarted(office) >= 2
    assert await dates() == before
    later = {"sequence": 2, "dtstamp": datetime(2027, 6, 1, 9, tzinfo=UTC), "summary": "Nowy tytuł"}
    again = a_mail_with("REQUEST", series(**later))
    await office.hear(again)
    (record,) = await office.records(again)
    assert (record["outcome"], record["reason"]) == ("updated", "newer")
    assert await dates() == [
        "2027-06-07T10:00:00",
        "2027-06-14T10:00:00",
        "2027-06-28T10:00:00",
        "2027-07-05T10:00:00",
    ], "the newest word of the organizer is about dates that were found again, and knows of no changes to them"


async def test_a_process_that_dies_half_way_moves_nothing_twice(
    office: Office, swapped: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zone_keeping, "AT_ONCE", 2)
    for number in range(5):
        await office.task(f"T{number}", starts_at="2027-07-01T09:00:00+02:00")
    await note_zones(office.database, now=office.clock.now())
    swapped()
    moved = 0

    async def dies(*args: Any, **kwargs: Any) -> int:
        nonlocal moved
        if moved:
            raise ConnectionError
        moved = 1
        return await real(*args, **kwargs)

    real = zone_keeping._move
    with monkeypatch.context() as patch:
        patch.setattr(zone_keeping, "_move", dies)
        with pytest.raises(ConnectionError):
            await restarted(office)
    assert await restarted(office) == 3
    assert set((await starts(office)).values()) == {"2027-07-01T08:00:00Z"}
