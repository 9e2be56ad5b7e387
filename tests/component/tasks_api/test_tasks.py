"""Tasks people make: fields, states, assignees, history, lists and rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tasks_office import Office

from contracts.tasks import TaskCancelled, TaskCompleted, TaskCreated, TaskDeleted, TaskReopened, TaskUpdated
from kit.testing.web import signed_token

TEN = "2026-12-07T10:00:00+01:00"
ELEVEN = "2026-12-07T11:00:00+01:00"


async def test_only_a_title_is_needed(office: Office) -> None:
    made = await office.post("/v1/tasks", {"title": "Zadzwonić do młyna"}, expect=201)
    assert (made["kind"], made["status"], made["status_code"], made["version"]) == ("task", "planned", "", 1)
    assert made["number"] == "CRM/1/2026"
    assert made["timezone"] == "Europe/Warsaw"
    assert made["source"] == {"kind": "manual", "message_id": None, "document": None}
    assert made["reminders"] is None
    assert (made["starts_at"], made["recurrence"], made["uid"]) == (None, None, f"{made['id']}@goniec")
    (told,) = await office.announced(TaskCreated)
    assert (str(told.task.task_id), told.task.title, told.changed) == (made["id"], "Zadzwonić do młyna", [])
    assert (await office.task())["number"] == "CRM/2/2026"
    await office.post("/v1/tasks", {"title": " "}, expect=422)
    refused = await office.post("/v1/tasks", {"title": "x", "priority": 1}, expect=422)
    assert refused["errors"][0]["pointer"] == "#/priority"


async def test_a_meeting_has_moments_and_the_wall_clock_beside_them(office: Office) -> None:
    made = await office.task(starts_at=TEN, ends_at=ELEVEN)
    assert (made["starts_at"], made["ends_at"]) == ("2026-12-07T09:00:00Z", "2026-12-07T10:00:00Z")
    assert (made["starts_local"], made["all_day"]) == ("2026-12-07T10:00:00", False)
    (told,) = await office.announced(TaskCreated)
    (occurrence,) = told.task.occurrences
    assert (occurrence.recurrence_id, occurrence.starts_at.isoformat()) == (None, "2026-12-07T09:00:00+00:00")


async def test_an_all_day_task_has_days_and_an_exclusive_end(office: Office) -> None:
    made = await office.task(starts_at="2026-12-07")
    assert (made["starts_at"], made["ends_at"], made["all_day"]) == ("2026-12-07", "2026-12-08", True)
    assert made["starts_local"] == "2026-12-07T00:00:00"
    moved = await office.patch(f"/v1/tasks/{made['id']}", {"starts_at": "2026-12-10"})
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-12-10", "2026-12-11")


async def test_times_that_do_not_go_together_are_refused(office: Office) -> None:
    for body, pointer in [
        ({"starts_at": ELEVEN, "ends_at": TEN}, "#/ends_at"),
        ({"starts_at": TEN, "ends_at": "2026-12-07"}, "#/ends_at"),
        ({"starts_at": "2026-12-07", "ends_at": "2026-12-07"}, "#/ends_at"),
        ({"starts_at": TEN, "timezone": "Europe/Mlyn"}, "#/timezone"),
        ({"starts_at": "2026-12-07T10:00:00"}, "#/starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "#/starts_at"),
        ({"starts_at": 20261207}, "#/starts_at"),
        ({"recurrence": {"rrule": "FREQ=DAILY"}}, "#/starts_at"),
        ({"starts_at": TEN, "recurrence": {"rrule": "FREQ=SECONDLY"}}, "#/recurrence/rrule"),
        ({"starts_at": TEN, "recurrence": {"exdates": ["2026-12-08"]}}, "#/recurrence/exdates/0"),
    ]:
        refused = await office.post("/v1/tasks", {"title": "x", **body}, expect=422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer], body


async def test_moving_the_start_alone_keeps_the_length(office: Office) -> None:
    made = await office.task(starts_at=TEN, ends_at=ELEVEN)
    moved = await office.patch(f"/v1/tasks/{made['id']}", {"starts_at": "2026-12-08T12:30:00Z"})
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-12-08T12:30:00Z", "2026-12-08T13:30:00Z")
    (told,) = await office.announced(TaskUpdated)
    assert set(told.changed) == {"starts_at", "ends_at"}
    assert told.task.version == 2


async def test_a_change_that_changes_nothing_is_not_announced(office: Office) -> None:
    made = await office.task("Bez zmian")
    same = await office.patch(f"/v1/tasks/{made['id']}", {"title": "Bez zmian"})
    assert same["version"] == 1
    assert await office.announced(TaskUpdated) == []


async def test_if_match_guards_every_change(office: Office) -> None:
    made = await office.task()
    path, old = f"/v1/tasks/{made['id']}", {"if-match": '"7"'}
    assert (await office.patch(path, {"title": "y"}, expect=412, headers=old))["etag"] == '"1"'
    for step in ("complete", "cancel"):
        await office.post(f"{path}/{step}", expect=412, headers=old)
    assert (await office.client.delete(path, headers=old)).status_code == 412
    answer = await office.client.get(path)
    assert answer.headers["etag"] == '"1"'


async def test_completing_freezes_and_reopening_thaws(office: Office) -> None:
    made = await office.task(percent_complete=40)
    path = f"/v1/tasks/{made['id']}"
    done = await office.post(f"{path}/complete")
    assert (done["status"], done["percent_complete"]) == ("completed", 100)
    assert done["completed_at"]
    assert (await office.post(f"{path}/complete"))["version"] == done["version"]
    assert (await office.patch(path, {"note": "za późno"}, expect=409))["code"] == "task_completed"
    assert (await office.post(f"{path}/cancel", expect=409))["code"] == "task_completed"
    again = await office.post(f"{path}/reopen")
    assert (again["status"], again["percent_complete"], again["completed_at"]) == ("in_progress", 40, None)
    assert (await office.post(f"{path}/reopen", expect=409))["code"] == "task_not_closed"
    assert len(await office.announced(TaskCompleted)) == len(await office.announced(TaskReopened)) == 1
    assert (await office.announced(TaskCompleted))[0].task.percent_complete == 100


async def test_a_cancelled_task_has_the_code_a_and_stays_in_the_list(office: Office) -> None:
    made = await office.task(starts_at=TEN)
    cancelled = await office.post(f"/v1/tasks/{made['id']}/cancel")
    assert (cancelled["status"], cancelled["status_code"]) == ("cancelled", "a")
    assert [task["id"] for task in await office.tasks(status="cancelled")] == [made["id"]]
    (told,) = await office.announced(TaskCancelled)
    assert (told.task.status_code, told.task.occurrences) == ("a", [])


async def test_a_deleted_task_is_gone(office: Office) -> None:
    made = await office.task()
    assert (await office.client.delete(f"/v1/tasks/{made['id']}")).status_code == 204
    assert (await office.client.get(f"/v1/tasks/{made['id']}")).status_code == 404
    (told,) = await office.announced(TaskDeleted)
    assert (str(told.task.task_id), told.task.version) == (made["id"], 2)


async def test_contacts_of_a_task_belong_to_its_account(office: Office) -> None:
    mill, bakery = await office.account("Młyn"), await office.account("Piekarnia")
    anna = await office.contact(mill, "Anna")
    refused = await office.post("/v1/tasks", {"title": "x", "contact_ids": [anna]}, expect=422)
    assert refused["code"] == "account_required_first"
    refused = await office.post("/v1/tasks", {"title": "x", "account_id": bakery, "contact_ids": [anna]}, expect=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("contact_not_of_account", "#/contact_ids/0")
    made = await office.task(account_id=mill, contact_ids=[anna, anna])
    assert made["contact_ids"] == [anna]
    path = f"/v1/tasks/{made['id']}"
    assert (await office.patch(path, {"account_id": bakery}, expect=422))["code"] == "contact_not_of_account"
    moved = await office.patch(path, {"account_id": bakery, "contact_ids": []})
    assert (moved["account_id"], moved["contact_ids"]) == (bakery, [])
    assert (await office.patch(path, {"account_id": str(uuid4())}, expect=422))["code"] == "account_unknown"
    assert [task["id"] for task in await office.tasks(account_id=bakery)] == [made["id"]]


async def test_meetings_and_interactions_made_by_hand_need_their_partners(office: Office) -> None:
    mill = await office.account("Młyn")
    anna, jan = await office.contact(mill, "Anna"), await office.employee("Jan")
    refused = await office.post("/v1/tasks", {"title": "x", "kind": "interaction"}, expect=422)
    assert [one["pointer"] for one in refused["errors"]] == ["#/account_id", "#/contact_ids"]
    meeting = {"title": "x", "kind": "meeting", "account_id": mill, "contact_ids": [anna]}
    assert (await office.post("/v1/tasks", meeting, expect=422))["errors"][0]["pointer"] == "#/assignee_ids"
    await office.post("/v1/tasks", {**meeting, "assignee_ids": [jan]}, expect=201)


async def test_several_employees_may_carry_a_task_out(office: Office) -> None:
    jan, ewa = await office.employee("Jan"), await office.employee("Ewa")
    made = await office.task(assignee_ids=[jan])
    path = f"/v1/tasks/{made['id']}"
    more = await office.post(f"{path}/assignees", {"employee_id": ewa, "phone": "601 234 567"}, expect=201)
    assert more["assignee_ids"] == [jan, ewa]
    assert more["participants"][1] == {"employee_id": ewa, "phone": "+48601234567", "email": None, "remind": True}
    assert (await office.announced(TaskUpdated))[-1].task.assignee_ids == [UUID(jan), UUID(ewa)]
    assert set((await office.announced(TaskUpdated))[-1].changed) == {"participants", "assignee_ids"}
    assert [task["id"] for task in await office.tasks(assignee_id=ewa)] == [made["id"]]
    fewer = (await office.client.delete(f"{path}/assignees/{jan}")).json()
    assert fewer["assignee_ids"] == [ewa]
    refused = await office.post("/v1/tasks", {"title": "x", "assignee_ids": [str(uuid4())]}, expect=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("employee_unknown", "#/assignee_ids/0")


async def test_the_history_tells_who_changed_what(office: Office) -> None:
    made = await office.task("Stary tytuł")
    await office.patch(f"/v1/tasks/{made['id']}", {"title": "Nowy tytuł", "percent_complete": 50})
    await office.post(f"/v1/tasks/{made['id']}/complete")
    entries = (await office.get(f"/v1/tasks/{made['id']}/history"))["items"]
    assert [(one["happened"], one["version"], one["by"]) for one in entries] == [
        ("completed", 3, "tester"),
        ("updated", 2, "tester"),
        ("created", 1, "tester"),
    ]
    assert entries[1]["changes"] == {"title": ["Stary tytuł", "Nowy tytuł"], "percent_complete": [0, 50]}


async def test_lists_are_filtered_searched_and_paged(office: Office) -> None:
    await office.task("Umowa z Łódzkim Młynem", starts_at="2026-12-01T10:00:00Z")
    late = await office.task("Zażółcić gęślą", starts_at="2026-12-20T10:00:00Z", description="faktura 12/2026")
    await office.task("Bez terminu")

    async def titles(**params: Any) -> list[str]:
        return [task["title"] for task in await office.tasks(**params)]

    assert await titles(q="lodz mlyn") == ["Umowa z Łódzkim Młynem"]
    assert await titles(q="GĘŚLĄ") == await titles(q="faktura 12") == ["Zażółcić gęślą"]
    assert await titles(q="CRM/2/2026") == ["Zażółcić gęślą"]
    assert await titles(q='nic" OR *') == []
    await office.patch(f"/v1/tasks/{late['id']}", {"title": "Zmieniony", "description": ""})
    assert await titles(q="gęślą") == []
    assert await titles(q="zmien") == ["Zmieniony"]
    window = {"from": "2026-12-10T00:00:00Z", "to": "2026-12-20T10:00:01Z"}
    assert await titles(**window) == ["Zmieniony"]
    assert await titles(order="-starts_at", **{"from": "2026-12-01T00:00:00Z"}) == [
        "Zmieniony",
        "Umowa z Łódzkim Młynem",
    ]
    assert await titles(order="-created") == ["Bez terminu", "Zmieniony", "Umowa z Łódzkim Młynem"]
    assert await titles(status=["completed", "cancelled"]) == []
    assert len(await titles(status=["planned", "completed"])) == 3
    pages, cursor = [], None
    while True:
        page = await office.get("/v1/tasks", limit=1, order="starts_at", **({"cursor": cursor} if cursor else {}))
        pages += [task["title"] for task in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == ["Bez terminu", "Umowa z Łódzkim Młynem", "Zmieniony"]
    assert (await office.client.get("/v1/tasks", params={"cursor": "xx"})).status_code == 422


async def test_a_series_tells_its_coming_dates(office: Office) -> None:
    made = await office.task(
        starts_at=TEN, ends_at=ELEVEN, recurrence={"rrule": "freq=weekly;count=4", "exdates": ["2026-12-14T09:00:00Z"]}
    )
    assert made["recurrence"] == {"rrule": "FREQ=WEEKLY;COUNT=4", "rdates": [], "exdates": ["2026-12-14T09:00:00Z"]}
    (told,) = await office.announced(TaskCreated)
    assert [one.recurrence_id for one in told.task.occurrences] == [
        "2026-12-07T09:00:00Z",
        "2026-12-21T09:00:00Z",
        "2026-12-28T09:00:00Z",
    ]
    ended = await office.post(f"/v1/tasks/{made['id']}/complete")
    assert ended["status"] == "completed"
    assert (await office.announced(TaskCompleted))[0].task.occurrences == []


async def test_who_sees_only_their_own_tasks(office: Office) -> None:
    jan, ewa = await office.employee("Jan"), await office.employee("Ewa")
    user = (await office.post("/v1/users", {"username": "jan", "password": "haslo-jana", "employee_id": jan}))["id"]
    mine = {
        "authorization": f"Bearer {signed_token('tasks:read', 'tasks:write', user_id=UUID(user), employee_id=UUID(jan))}"
    }
    of_ewa = await office.task("Ewy", assignee_ids=[ewa])
    await office.task("Jana", assignee_ids=[jan], starts_at=TEN)
    own = await office.post("/v1/tasks", {"title": "Własne"}, expect=201, headers=mine)
    assert own["assignee_ids"] == [jan]
    seen = (await office.client.get("/v1/tasks", headers=mine)).json()["items"]
    assert {task["title"] for task in seen} == {"Jana", "Własne"}
    assert (await office.client.get(f"/v1/tasks/{of_ewa['id']}", headers=mine)).status_code == 404
    assert (await office.client.delete(f"/v1/tasks/{of_ewa['id']}", headers=mine)).status_code == 404
    calendar = (await office.client.get("/v1/calendar", headers=mine, params={"from": TEN, "view": "day"})).json()
    assert [entry["title"] for entry in calendar["items"]] == ["Jana"]
    refused = await office.post("/v1/tasks", {"title": "x", "assignee_ids": [ewa]}, expect=403, headers=mine)
    assert refused["code"] == "not_your_task"
    nobody = {"authorization": f"Bearer {signed_token('tasks:read')}"}
    assert (await office.client.get("/v1/tasks", headers=nobody)).json()["items"] == []


async def test_a_repeated_request_with_the_same_key_makes_one_task(office: Office) -> None:
    key = {"idempotency-key": "formularz-1"}
    first = await office.post("/v1/tasks", {"title": "Raz"}, expect=201, headers=key)
    again = await office.post("/v1/tasks", {"title": "Raz"}, expect=201, headers=key)
    assert first == again
    assert len(await office.tasks()) == 1
    await office.post("/v1/tasks", {"title": "Dwa"}, expect=422, headers=key)


async def test_task_types_have_one_default(office: Office) -> None:
    types = {one["name"]: one for one in (await office.get("/v1/task-types"))["items"]}
    assert {name for name, one in types.items() if one["is_default"]} == {"Zadanie"}
    assert (await office.task())["type_id"] == types["Zadanie"]["id"]
    audit = await office.post("/v1/task-types", {"name": "Audyt", "is_default": True}, expect=201)
    made = await office.task()
    assert made["type_id"] == audit["id"]
    path = f"/v1/task-types/{audit['id']}"
    assert (await office.patch(path, {"is_default": False}, expect=409))["code"] == "default_task_type_needed"
    assert (await office.client.delete(path)).status_code == 409
    await office.patch(f"/v1/task-types/{types['Telefon']['id']}", {"is_default": True})
    assert (await office.client.delete(path)).json()["code"] == "task_type_in_use"
    await office.patch(path, {"active": False})
    refused = await office.post("/v1/tasks", {"title": "x", "type_id": audit["id"]}, expect=422)
    assert refused["code"] == "task_type_unknown"
    assert (await office.client.delete(f"/v1/task-types/{types['Wyjazd']['id']}")).json()[
        "code"
    ] == "task_type_is_system"
    unused = await office.post("/v1/task-types", {"name": "Nieużywany"}, expect=201)
    assert (await office.client.delete(f"/v1/task-types/{unused['id']}")).status_code == 204
    assert (await office.post("/v1/task-types", {"name": "Audyt"}, expect=409))["code"] == "task_type_name_taken"
    assert [task["id"] for task in await office.tasks(type_id=audit["id"])] == [made["id"]]


async def test_the_calendar_shows_tasks_and_dates_of_series(office: Office) -> None:
    await office.task("Jednorazowe", starts_at=TEN, ends_at=ELEVEN, color="#ff0000")
    series = await office.task("Co tydzień", starts_at="2026-12-01T08:00:00Z", recurrence={"rrule": "FREQ=WEEKLY"})
    await office.task("Cały dzień", starts_at="2026-12-08")
    await office.task("Do zrobienia", ends_at="2026-12-09T15:00:00Z")
    gone = await office.task("Odwołane", starts_at=TEN)
    await office.post(f"/v1/tasks/{gone['id']}/cancel")
    week = (await office.get("/v1/calendar", **{"from": "2026-12-07T00:00:00+01:00", "view": "week"}))["items"]
    assert [(one["title"], one["starts_at"]) for one in week] == [
        ("Jednorazowe", "2026-12-07T09:00:00Z"),
        ("Cały dzień", "2026-12-08"),
        ("Co tydzień", "2026-12-08T08:00:00Z"),
        ("Do zrobienia", "2026-12-09T15:00:00Z"),
    ]
    assert (week[0]["color"], week[0]["state_color"]) == ("#ff0000", "orange")
    assert (week[2]["recurrence_id"], week[2]["task_id"]) == ("2026-12-08T08:00:00Z", series["id"])
    assert week[1]["ends_at"] == "2026-12-09"
    only = (await office.get("/v1/calendar", uid=series["uid"], **{"from": TEN, "to": "2027-02-01T00:00:00Z"}))["items"]
    assert len(only) == 8
    first = await office.get("/v1/calendar", limit=3, **{"from": "2026-12-07T00:00:00+01:00", "view": "week"})
    rest = await office.get(
        "/v1/calendar", limit=3, cursor=first["next"], **{"from": "2026-12-07T00:00:00+01:00", "view": "week"}
    )
    assert first["items"] + rest["items"] == week
    assert (await office.client.get("/v1/calendar", params={"from": TEN, "to": TEN})).status_code == 422
    assert (
        await office.client.get("/v1/calendar", params={"from": TEN, "to": "2030-01-01T00:00:00Z"})
    ).status_code == 422


async def test_series_are_told_further_dates_as_time_goes_on(office: Office) -> None:
    from tasks_api.window_extending import extend_windows

    await office.task(starts_at="2026-12-01T08:00:00Z", recurrence={"rrule": "FREQ=WEEKLY"})
    await office.task(starts_at="2026-12-01T08:00:00Z", recurrence={"rrule": "FREQ=YEARLY"})
    await office.task(starts_at="2026-12-01T08:00:00Z", recurrence={"rrule": "FREQ=DAILY;COUNT=3"})

    async def extended() -> int:
        return await extend_windows(office.database, office.parts.desk, now=office.clock.now())

    assert await extended() == 0
    office.clock.advance(timedelta(days=7))
    assert await extended() == 1
    (told,) = await office.announced(TaskUpdated)
    assert told.changed == ["occurrences"]
    assert told.task.occurrences[-1].recurrence_id == "2027-01-26T08:00:00Z"
    assert told.task.version == 2
    assert await extended() == 0
    office.clock.advance(timedelta(days=310))
    assert await extended() == 2
