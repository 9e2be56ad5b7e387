"""What other systems put on the calendar, and the calendar as a timeline and a Gantt chart (features R57, R58)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from people_of_the_office import a_person
from pypdf import PdfReader
from tasks_office import Office

from contracts.documents import AbsenceTold, DocumentStage
from ical.reading import read_calendar
from kit.errors import Refuse
from kit.testing.web import anonymous_client_of

DAY = {"from": "2026-11-30T00:00:00+01:00", "to": "2026-12-01T00:00:00+01:00"}
ABSENCES = "/v1/calendar-sources/absence/entries"
TOLD = datetime(2026, 11, 20, 9, tzinfo=UTC)


async def shown(office: Office, headers: dict[str, str] | None = None, **wanted: Any) -> list[Any]:
    answer = await office.client.get("/v1/calendar", params={**DAY, **wanted}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_absences_and_stages_stand_on_the_calendar(office: Office) -> None:
    """features R57: read-only, with source and colour, also when they began before; filtered by source and by rights."""
    jan = await a_person(office, "Jan", "tasks:read")
    ewa = await a_person(office, "Ewa", "tasks:read")
    system = await a_person(office, "Kadry", "calendar:write")
    leave = {"employee_id": jan.employee_id, "kind": "leave", "starts_at": "2026-11-10", "ends_at": "2026-12-05"}
    first = await office.client.put(f"{ABSENCES}/u-1", json=leave, headers=system.headers)
    again = await office.client.put(f"{ABSENCES}/u-1", json=leave, headers=system.headers)
    assert (first.status_code, again.status_code, again.json()["version"]) == (201, 200, 1)
    await office.hear(
        DocumentStage(
            document_id="7", document_type="faktura", number="FV/7/2026", stage="Akceptacja", due_on=date(2026, 11, 30),
            employee_id=ewa.employee_id, at=TOLD,
        )
    )  # fmt: skip
    await office.task("zadanie", starts_at="2026-11-30T09:00:00+01:00", assignee_ids=[jan.employee_id])
    found = await shown(office)
    assert [(one["source"], one["title"], one["read_only"], one["color"]) for one in found] == [
        ("absence", "Urlop", True, "violet"),
        ("document_stage", "Akceptacja: faktura FV/7/2026", True, "blue"),
        ("task", "zadanie", False, None),
    ]
    assert (found[0]["task_id"], found[0]["starts_at"], found[0]["ends_at"]) == (None, "2026-11-10", "2026-12-05")
    assert found[0]["assignee_ids"] == [jan.employee_id]
    assert [one["source"] for one in await shown(office, sources=["absence"])] == ["absence"]
    assert [one["source"] for one in await shown(office, sources=["task"])] == ["task"]
    assert [one["source"] for one in await shown(office, status="planned")] == ["task"]  # that is asked of tasks only
    assert [one["source"] for one in await shown(office, assignee_id=ewa.employee_id)] == ["document_stage"]
    assert [one["source"] for one in await shown(office, ewa.headers)] == ["document_stage"]  # R53
    pages: list[Any] = []
    cursor = None
    while len(pages) < 5:
        page = await office.get("/v1/calendar", **DAY, limit=1, **({"cursor": cursor} if cursor else {}))
        pages += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert [one["source"] for one in pages] == ["absence", "document_stage", "task"]
    assert (await office.client.get(f"{ABSENCES}/u-1", headers=jan.headers)).status_code == 403
    await office.patch("/v1/calendar-sources/absence", {"active": False})
    assert [one["source"] for one in await shown(office, assignee_id=jan.employee_id)] == ["task"]


async def test_who_is_away_is_not_available(office: Office) -> None:
    """features R45, R46: an absent participant is warned of; half a day is half a day; a stage makes nobody busy."""
    jan = await office.employee("Jan", "jan@nasza.example")
    told = {
        "employee_email": "jan@nasza.example",
        "first_on": date(2026, 11, 30),
        "last_on": date(2026, 11, 30),
        "at": TOLD,
    }
    await office.hear(AbsenceTold(absence_id="z-1", kind="sick_leave", half="morning", **told))
    await office.hear(
        DocumentStage(document_id="7", document_type="umowa", number="U/1", stage="Podpis", due_on=date(2026, 11, 30),
                      employee_id=jan, at=TOLD)  # type: ignore[arg-type]
    )  # fmt: skip
    task = await office.task("narada", starts_at="2026-11-30T10:00:00+01:00", assignee_ids=[jan])
    (participant,) = (await office.get(f"/v1/tasks/{task['id']}/participants"))["items"]
    assert participant["available"] is False
    (conflict,) = participant["conflicts"]
    assert (conflict["source"], conflict["title"], conflict["task_id"]) == ("absence", "Zwolnienie lekarskie", None)
    await office.patch(f"/v1/tasks/{task['id']}", {"starts_at": "2026-11-30T13:00:00+01:00", "ends_at": None})
    (participant,) = (await office.get(f"/v1/tasks/{task['id']}/participants"))["items"]
    assert participant["available"] is True
    ola = await a_person(office, "Ola", "tasks:read")
    free = await office.client.get("/v1/availability", params={**DAY, "employee_id": jan}, headers=ola.headers)
    away = [one for one in free.json()["items"][0]["conflicts"] if one["source"] == "absence"]
    assert [one["title"] for one in away] == [None]  # who may not see it is not told why

    await office.hear(AbsenceTold(absence_id="z-1", kind="leave", **{**told, "at": TOLD - timedelta(hours=1)}))
    assert [one["title"] for one in await shown(office, sources=["absence"])] == [
        "Zwolnienie lekarskie"
    ]  # an older word
    await office.hear(AbsenceTold(absence_id="z-1", gone=True, **{**told, "at": TOLD + timedelta(hours=1)}))
    assert await shown(office, sources=["absence"]) == []


async def test_entries_go_out_in_feeds_and_on_paper(laptop: Office) -> None:
    jan = await laptop.employee("Jan Щерба")
    leave = {"employee_id": jan, "kind": "leave", "starts_at": "2026-11-28", "ends_at": "2026-12-03"}
    await laptop.put(f"{ABSENCES}/u-1", leave)
    urls = [
        (await laptop.post("/v1/calendar-feeds", {"name": "Jan", "employee_ids": [jan], "with_details": details}))[
            "url"
        ]
        for details in (True, False)
    ]
    async with anonymous_client_of(laptop.app) as nobody:
        texts = []
        for url in urls:
            answer = await nobody.get(url)
            same = await nobody.get(url, headers={"if-none-match": answer.headers["etag"]})
            assert same.status_code == 304
            texts.append(answer.content)
    (event,) = read_calendar(texts[0], account_timezone="Europe/Warsaw").calendars[0].components
    assert (event.summary, event.starts.on, event.ends.on) == ("Urlop", date(2026, 11, 28), date(2026, 12, 3))
    assert b"Urlop" not in texts[1]
    paper = await laptop.client.get("/v1/calendar/agenda", params=DAY)
    text = PdfReader(BytesIO(paper.content)).pages[0].extract_text()
    assert "Urlop" in text
    assert "Jan Щерба" in text
    await laptop.put(f"{ABSENCES}/u-1", {**leave, "title": "Urlop ojcowski"})
    async with anonymous_client_of(laptop.app) as nobody:
        assert "Urlop ojcowski" in (await nobody.get(urls[0])).text
    assert (await laptop.client.delete(f"{ABSENCES}/u-1")).status_code == 204


async def test_sources_are_added_and_what_does_not_fit_is_refused(laptop: Office) -> None:
    source = {"name": "dyzury", "labels": {"pl": "Dyżury"}, "color": "#aabbcc", "busy": True}
    await laptop.post("/v1/calendar-sources", source, expect=201)
    assert (await laptop.client.post("/v1/calendar-sources", json=source)).status_code == 409
    names = [one["name"] for one in (await laptop.get("/v1/calendar-sources"))["items"]]
    assert names == ["absence", "document_stage", "dyzury"]
    jan = await laptop.employee("Jan")
    path = "/v1/calendar-sources/dyzury/entries/d-1"
    for body in (
        {"employee_id": jan, "kind": "dyzur", "starts_at": "2026-11-30"},  # no title
        {"employee_email": "nikt@nasza.example", "kind": "leave", "starts_at": "2026-11-30"},
        {"employee_id": jan, "kind": "leave", "starts_at": "2026-11-30T10:00:00Z", "half": "morning"},
        {"employee_id": jan, "kind": "leave", "starts_at": "2026-11-30", "ends_at": "2026-11-29"},
    ):
        assert (await laptop.client.put(path, json=body)).status_code == 422, body
    body = {
        "employee_id": jan,
        "title": "Dyżur",
        "starts_at": "2026-11-30T22:00:00Z",
        "ends_at": "2026-12-01T06:00:00Z",
    }
    await laptop.put(path, body, expect=201)
    assert (await laptop.client.put("/v1/calendar-sources/brak/entries/1", json=body)).status_code == 404
    assert [one["key"] for one in (await laptop.get("/v1/calendar-sources/dyzury/entries"))["items"]] == ["d-1"]
    for name in ("dyzury", "absence"):
        assert (await laptop.client.delete(f"/v1/calendar-sources/{name}")).status_code == 409
    assert (await laptop.client.delete(path)).status_code == 204
    assert (await laptop.client.delete("/v1/calendar-sources/dyzury")).status_code == 204
    stranger = AbsenceTold(absence_id="x", first_on=date(2026, 11, 30), last_on=date(2026, 11, 30), at=TOLD)
    with pytest.raises(Refuse):
        await laptop.hear(stranger)


async def test_a_timeline_has_rows_of_people(laptop: Office) -> None:
    """features R58: lanes within each row, absences included; the work week unless something is said."""
    laptop.clock.set(datetime(2026, 12, 2, 9, tzinfo=UTC))  # a Wednesday
    jan, ewa = await laptop.employee("Jan"), await laptop.employee("Ewa")
    await laptop.task("remont", starts_at="2026-11-30T08:00:00Z", ends_at="2026-11-30T12:00:00Z", assignee_ids=[jan])
    await laptop.task(
        "narada", starts_at="2026-11-30T09:00:00Z", ends_at="2026-11-30T10:00:00Z", assignee_ids=[jan, ewa]
    )
    await laptop.task("sobota", starts_at="2026-12-05T09:00:00Z", assignee_ids=[ewa])
    await laptop.put(f"{ABSENCES}/u-1", {"employee_id": ewa, "kind": "leave", "starts_at": "2026-12-03"})
    chart = await laptop.get("/v1/calendar", view="timeline")
    assert (chart["view"], chart["from"], chart["to"]) == ("timeline", "2026-11-29T23:00:00Z", "2026-12-04T23:00:00Z")
    rows = {
        row["name"]: (row["lanes"], [(one["title"], one["lane"]) for one in row["entries"]]) for row in chart["items"]
    }
    assert rows == {"Ewa": (1, [("narada", 0), ("Urlop", 0)]), "Jan": (2, [("remont", 0), ("narada", 1)])}
    only_jan = await laptop.get("/v1/calendar", view="timeline", assignee_id=jan)
    assert [row["name"] for row in only_jan["items"]] == ["Jan"]


async def test_a_gantt_chart_has_bars_in_order_of_what_waits(laptop: Office) -> None:
    """features R58, R51, W19; and both charts are printed."""
    staged = await laptop.post("/v1/task-types", {"name": "Wdrożenie", "staged": True}, expect=201)
    days = {"starts_at": "2026-11-30", "ends_at": "2026-12-10"}
    parent = await laptop.task("Wdrożenie у клієнта", type_id=staged["id"], **days)
    stages = [
        {"name": name, "starts_at": first, "ends_at": last, "percent_complete": percent}
        for name, first, last, percent in (
            ("Analiza", "2026-11-30", "2026-12-03", 50),
            ("Testy", "2026-12-03", "2026-12-10", 0),
        )
    ]
    await laptop.put(f"/v1/tasks/{parent['id']}/stages", {"stages": stages})
    child = await laptop.task("szkolenie", starts_at="2026-12-08T09:00:00Z", parent_id=parent["id"])
    await laptop.task("poprzednie", starts_at="2026-10-01", ends_at="2026-12-01")  # began before and reaches in
    await laptop.task("dawne", starts_at="2026-10-01", ends_at="2026-10-02")
    stretch = {"from": "2026-11-30T00:00:00+01:00", "to": "2026-12-14T00:00:00+01:00"}
    bars = (await laptop.get("/v1/calendar", view="gantt", **stretch))["items"]
    assert [(bar["title"], bar["depth"], bar["percent_complete"]) for bar in bars] == [
        ("poprzednie", 0, 0), ("Wdrożenie у клієнта", 0, 15), ("Analiza", 1, 50), ("Testy", 1, 0), ("szkolenie", 1, 0)
    ]  # fmt: skip
    by_title = {bar["title"]: bar for bar in bars}
    assert by_title["Testy"]["waits_for"] == [by_title["Analiza"]["id"]]
    assert (by_title["szkolenie"]["parent"], by_title["szkolenie"]["waits_for"]) == (parent["id"], [parent["id"]])
    assert by_title["szkolenie"]["id"] == child["id"]
    for view, heading in (("gantt", "Wykres Gantta"), ("timeline", "Oś czasu")):
        paper = await laptop.client.get("/v1/calendar/agenda", params={**stretch, "view": view})
        assert paper.status_code == 200, paper.text
        text = PdfReader(BytesIO(paper.content)).pages[0].extract_text()
        assert heading in text
        assert "Wdrożenie у клієнта" in text


async def test_a_chart_that_nobody_could_read_is_refused(laptop: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks_api.chart_viewing.MOST", 1)
    for hour in (9, 10):
        await laptop.task("x", starts_at=f"2026-11-30T{hour:02}:00:00Z")
    for view in ("timeline", "gantt"):
        answer = await laptop.client.get("/v1/calendar", params={**DAY, "view": view})
        assert (answer.status_code, answer.json()["code"]) == (422, "chart_too_large")
