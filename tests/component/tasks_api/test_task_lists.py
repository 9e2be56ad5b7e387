"""Lists of tasks: filters, saved filters, search, groups, and files of exactly what is filtered (features W11, W12, W15)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from people_of_the_office import SEES_ALL, a_person
from python_calamine import CalamineWorkbook
from tasks_office import Office

from ical.reading import read_calendar
from kit.paging import Paging, cursor_of
from tasks_api.repository.task_lists import Order, list_keys
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Limit, Viewer

pytestmark = pytest.mark.storage

TEN = "2026-11-30T10:00:00+01:00"
ELEVEN = "2026-11-30T11:00:00+01:00"


async def titles(office: Office, **wanted: Any) -> list[str]:
    return [task["title"] for task in await office.tasks(**wanted)]


async def test_every_filter_and_several_values_of_one(office: Office) -> None:
    """features W11."""
    jan, ewa = await office.employee("Jan"), await office.employee("Ewa")
    mill, bakery = await office.account("Młyn"), await office.account("Piekarnia")
    anna = await office.contact(mill, "Anna")
    trip = (await office.post("/v1/task-types", {"name": "Objazd"}))["id"]
    await office.task("A", assignee_ids=[jan], account_id=mill, contact_ids=[anna], starts_at=TEN, color="red")
    await office.task("B", assignee_ids=[ewa], account_id=bakery, type_id=trip, percent_complete=50)
    await office.task("C", assignee_ids=[jan, ewa], starts_at="2026-12-24", color="#00ff00", case_number=7)
    done = await office.task("D")
    await office.post(f"/v1/tasks/{done['id']}/complete")
    await office.task("E", starts_at=TEN, recurrence={"rrule": "FREQ=WEEKLY;COUNT=3"})

    for wanted, expected in (
        ({"assignee_id": jan}, "AC"), ({"assignee_id": [jan, ewa]}, "ABC"), ({"account_id": [mill, bakery]}, "AB"),
        ({"contact_id": anna}, "A"), ({"type_id": trip}, "B"), ({"color": ["red", "#00ff00"]}, "AC"),
        ({"status": ["completed", "cancelled"]}, "D"), ({"status": "completed"}, "D"), ({"case_number": 7}, "C"),
        ({"percent_from": 50}, "BD"), ({"percent_from": 1, "percent_to": 99}, "B"), ({"recurring": True}, "E"),
        ({"from": TEN, "to": ELEVEN}, "AE"), ({"assignee_id": jan, "from": TEN, "order": "-starts_at"}, "CA"),
        ({"assignee_id": jan, "color": "red"}, "A"), ({"kind": "meeting"}, ""), ({"staged": True}, ""),
        ({"source": "manual", "status": "planned"}, "ABCE"), ({"uid": "nieznane"}, ""),
    ):  # fmt: skip
        assert "".join(await titles(office, **wanted)) == expected, wanted


async def test_a_question_that_is_asked_often_has_the_answer_of_any_other(office: Office) -> None:
    """Who sees everything is answered by prepared statements, who has a mandatory filter (that hides nothing) is not."""
    jan, mill = await office.employee("Jan"), await office.account("Młyn")
    for number in range(4):
        await office.task(f"Żuraw {number}", starts_at=f"2026-12-0{number + 1}T10:00:00Z", assignee_ids=[jan])
    await office.task("Żuraw 12", account_id=mill, color="red", percent_complete=50)
    all_of_it = Viewer(sees_all_tasks=True, sees_all_activities=True)
    with_filter = replace(all_of_it, limits=(Limit(TaskFilter(uid="nieznane"), hides=True),))
    at = datetime(2026, 12, 2, tzinfo=UTC)
    for wanted in (
        TaskFilter(), TaskFilter(assignee_ids=(UUID(jan),)), TaskFilter(account_ids=(UUID(mill),), kinds=("task",)),
        TaskFilter(assignee_ids=(UUID(jan),), statuses=("planned",), starts_from=at), TaskFilter(percent_from=10),
        TaskFilter(starts_to=at, colors=("red",)), TaskFilter(words=("zuraw", "12")), TaskFilter(is_recurring=False),
    ):  # fmt: skip
        for order in ("created", "-created", "starts_at", "-starts_at"):
            pages = [await _pages(office, wanted, viewer, order) for viewer in (all_of_it, with_filter)]
            assert pages[0] == pages[1], (wanted, order)


async def _pages(office: Office, wanted: TaskFilter, viewer: Viewer, order: Order) -> list[list[UUID]]:
    pages: list[list[UUID]] = []
    paging = Paging(2)
    async with office.database.reading() as session:
        while True:
            found = await list_keys(session, paging, wanted, viewer, order=order, dialect=office.database.dialect)
            pages.append([key.id for key in found[:2]])
            if len(found) <= 2:
                return pages
            last = found[1]
            key = (last.agenda_at, last.id) if order.endswith("starts_at") else (last.id,)
            paging = Paging(2, cursor_of(key))


async def test_a_period_moves_with_time(office: Office) -> None:
    office.clock.set(office.clock.now().replace(year=2026, month=11, day=25, hour=9))  # a Wednesday
    await office.task("dziś", starts_at="2026-11-25T16:00:00+01:00")
    await office.task("niedziela", starts_at="2026-11-29T10:00:00+01:00")
    await office.task("poniedziałek", starts_at=TEN)
    await office.task("wczoraj", starts_at="2026-11-24T10:00:00+01:00")
    assert await titles(office, period="today") == ["dziś"]
    assert await titles(office, period="this_week", order="starts_at") == ["wczoraj", "dziś", "niedziela"]
    assert await titles(office, period="next_week") == ["poniedziałek"]
    assert await titles(office, period="past") == ["wczoraj"]


async def test_filters_are_saved_shared_and_refined(office: Office) -> None:
    jan = await a_person(office, "Jan", "tasks:read", *SEES_ALL)
    ewa = await a_person(office, "Ewa", "tasks:read", *SEES_ALL)
    await office.task("czerwone", color="red", starts_at=TEN)
    await office.task("zielone", color="green")
    body = {"name": "Pilne", "filter": {"color": ["red", "green"], "from": "2026-01-01T00:00:00Z"}, "shared": False}
    saved = await office.post("/v1/task-filters", body, expect=201, headers=jan.headers)
    assert saved["filter"] == {"color": ["red", "green"], "from": "2026-01-01T00:00:00Z"}
    path = f"/v1/task-filters/{saved['id']}"

    async def found(headers: dict[str, str], **more: Any) -> list[str]:
        answer = await office.client.get("/v1/tasks", params={"filter_id": saved["id"], **more}, headers=headers)
        return [task["title"] for task in answer.json().get("items", [])]

    assert await found(jan.headers) == ["czerwone", "zielone"]
    assert await found(jan.headers, color="green") == ["zielone"]
    assert (await office.client.get(path, headers=ewa.headers)).status_code == 404
    await office.patch(path, {"shared": True}, headers=jan.headers)
    assert await found(ewa.headers) == ["czerwone", "zielone"]
    refused = await office.patch(path, {"name": "Moje"}, expect=403, headers=ewa.headers)
    assert refused["code"] == "filter_of_others"
    mine = (await office.client.get("/v1/task-filters", headers=ewa.headers)).json()["items"]
    assert [(one["name"], one["mine"]) for one in mine] == [("Pilne", False)]
    await office.post("/v1/task-filters", {"name": "x", "filter": {"colour": "red"}}, expect=422, headers=jan.headers)
    assert (await office.client.delete(path, headers=jan.headers)).status_code == 204
    assert (await office.client.get(path, headers=jan.headers)).status_code == 404


@pytest.mark.parametrize("common", [False, True])
async def test_a_search_folds_polish_and_keeps_its_pages(
    office: Office, monkeypatch: pytest.MonkeyPatch, common: bool
) -> None:
    """features W11: rare words are asked of the index, common ones along the list; both answer the same."""
    if common:
        monkeypatch.setattr("tasks_api.repository.task_filters.COMMON", 1)
    jan = await office.employee("Jan")
    for number in range(5):
        await office.task(f"Żółta łódź {number}", starts_at=f"2026-12-0{number + 1}T10:00:00Z", assignee_ids=[jan])
    await office.task("Żółw", starts_at=TEN)
    await office.task("Łodyga 12")
    assert len(await titles(office, q="zolta lodz")) == 5
    assert await titles(office, q="ŻÓŁTA 0") == ["Żółta łódź 0"]
    assert len(await titles(office, q="zol")) == 6
    assert await titles(office, q="12") == ["Łodyga 12"]
    assert await titles(office, q="lodz zolw") == []
    assert len(await titles(office, q="lodz", assignee_id=jan)) == 5
    seen: list[str] = []
    cursor = None
    while True:
        wanted = {"q": "lodz", "limit": 2, "order": "-starts_at", **({"cursor": cursor} if cursor else {})}
        page = await office.get("/v1/tasks", **wanted)
        seen += [task["title"][-1] for task in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


async def test_tasks_are_counted_by_type_and_whoever_does_them(office: Office) -> None:
    """features W15."""
    jan = await office.employee("Jan")
    trip = (await office.post("/v1/task-types", {"name": "Objazd"}))["id"]
    for number in range(3):
        await office.task(f"{number}", type_id=trip, assignee_ids=[jan])
    done = await office.task("zwykłe", assignee_ids=[])
    await office.post(f"/v1/tasks/{done['id']}/complete")
    by_type = await office.get("/v1/tasks/groups", by="type")
    assert [(one["name"], one["count"], one["open"]) for one in by_type["items"]] == [
        ("Objazd", 3, 3),
        ("Zadanie", 1, 0),
    ]
    by_person = await office.get("/v1/tasks/groups", by="assignee")
    assert [(one["name"], one["count"]) for one in by_person["items"]] == [("Jan", 3), (None, 1)]
    assert (await office.get("/v1/tasks/groups", by="status", status="completed"))["items"][0]["count"] == 1


async def report(office: Office, **wanted: Any) -> bytes:
    answer = await office.client.get("/v1/tasks/report", params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_a_report_is_exactly_the_filtered_list(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """features W12: CSV, XLSX, PDF and ICS of the same tasks, over more than one batch."""
    monkeypatch.setattr("tasks_api.repository.task_lists.REPORT_BATCH", 2)
    mill = await office.account("Młyn „Żarna”")
    jan = await office.employee("Jan Łoś")
    for number in range(5):
        await office.task(
            f"Zadanie {number}", account_id=mill, assignee_ids=[jan], starts_at=f"2026-12-0{number + 1}T09:00:00+01:00",
            ends_at=f"2026-12-0{number + 1}T10:00:00+01:00", color="red",
        )  # fmt: skip
    await office.task("=1+1", starts_at="2026-12-06", color="red", description="\t@SUM(A1)")
    await office.task("inne")

    table = (await report(office, color="red")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table), delimiter=";"))
    assert [row["Temat"] for row in rows] == [*(f"Zadanie {number}" for number in range(5)), "'=1+1"]
    assert (rows[0]["Kontrahent"], rows[0]["Pracownicy"], rows[0]["Początek"]) == (
        "Młyn „Żarna”",
        "Jan Łoś",
        "2026-12-01 09:00",
    )
    assert (rows[5]["Początek"], rows[5]["Cały dzień"], rows[5]["Opis"][0]) == ("2026-12-06", "tak", "'")
    english = (await report(office, color="red", language="en")).decode("utf-8-sig").splitlines()
    assert english[0].startswith("Number;Kind;Type;Title;Status")

    book = CalamineWorkbook.from_filelike(io.BytesIO(await report(office, color="red", format="xlsx")))
    sheet = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in sheet] == ["Temat", *(f"Zadanie {number}" for number in range(5)), "=1+1"]
    assert str(sheet[1][5]) == "2026-12-01 09:00:00"

    paper = await report(office, color="red", format="pdf", group_by="type")
    assert paper.startswith(b"%PDF-")

    calendar = read_calendar(
        await report(office, color="red", format="ics"), account_timezone="Europe/Warsaw"
    ).calendars[0]
    assert [one.summary for one in calendar.components] == [*(f"Zadanie {number}" for number in range(5)), "=1+1"]


async def test_a_printout_has_an_end_other_files_do_not(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.parts, "settings", office.parts.settings.model_copy(update={"printed_tasks": 1}))
    await office.task("jedno")
    await office.task("drugie")
    refused = await office.client.get("/v1/tasks/report", params={"format": "pdf"})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_rows")
    assert len((await report(office)).splitlines()) == 3


async def test_a_report_holds_what_its_reader_sees(office: Office) -> None:
    """features R53."""
    jan = await a_person(office, "Jan", "tasks:read")
    await office.task("Jana", assignee_ids=[jan.employee_id])
    await office.task("cudze", assignee_ids=[])
    answer = await office.client.get("/v1/tasks/report", headers=jan.headers)
    assert "Jana" in answer.text
    assert "cudze" not in answer.text
    groups = (await office.client.get("/v1/tasks/groups", params={"by": "status"}, headers=jan.headers)).json()
    assert [one["count"] for one in groups["items"]] == [1]
