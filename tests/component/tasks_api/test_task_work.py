"""What people do to tasks beside their plain fields: stages, clock, follow-ups, threads, files, values of dictionaries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tasks_office import Office

from contracts.tasks import TaskCompleted, TaskCreated, TaskDeleted, TaskUpdated
from kit.testing.web import signed_token

TEN = "2026-12-07T10:00:00+01:00"
ELEVEN = "2026-12-07T11:00:00+01:00"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def office(laptop: Office) -> Office:
    return laptop


async def call_with(office: Office, **fields: Any) -> Any:
    """A logged call with Anna of the mill."""
    mill = await office.account("Młyn")
    anna = await office.contact(mill, "Anna")
    body = {"title": "Rozmowa o mące", "kind": "interaction", "account_id": mill, "contact_ids": [anna], **fields}
    return await office.post("/v1/tasks", body, expect=201)


async def values(office: Office, dictionary: str, **params: Any) -> dict[str, Any]:
    return {one["code"]: one for one in (await office.get(f"/v1/dictionaries/{dictionary}", **params))["items"]}


async def test_values_of_dictionaries_are_chosen_retired_and_kept(office: Office) -> None:
    assert [one["label"] for one in (await values(office, "category")).values()] == [
        "Negocjacje", "Pozyskanie klienta", "Realizacja zamówień", "Utrzymanie klienta",
    ]  # fmt: skip
    english = (await office.client.get("/v1/dictionaries/priority", headers=ENGLISH)).json()["items"]
    assert [one["label"] for one in english] == ["Low", "Normal", "High"]
    phone, high = (await values(office, "interaction_kind"))["phone"], (await values(office, "priority"))["high"]
    made = await call_with(office, kind_id=phone["id"], priority_id=high["id"])
    assert (made["kind_id"], made["priority_id"]) == (phone["id"], high["id"])
    assert (await office.announced(TaskCreated))[-1].task.kind_id == UUID(phone["id"])
    refused = await office.post("/v1/tasks", {"title": "x", "category_id": high["id"]}, expect=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("dictionary_value_unknown", "#/category_id")
    path = f"/v1/dictionaries/interaction_kind/{phone['id']}"
    assert (await office.client.delete(path)).json()["code"] == "dictionary_value_in_use"
    assert not (await office.patch(path, {"active": False}, headers={"if-match": '"1"'}))["active"]
    await office.patch(f"/v1/tasks/{made['id']}", {"kind_id": phone["id"], "note": "Zostaje"})
    assert (await office.post("/v1/tasks", {"title": "x", "kind_id": phone["id"]}, expect=422))["code"] == refused[
        "code"
    ]
    assert "phone" not in await values(office, "interaction_kind", active=True)
    own = await office.post("/v1/dictionaries/stage", {"labels": {"pl": "Montaż"}}, expect=201)
    renamed = await office.patch(f"/v1/dictionaries/stage/{own['id']}", {"labels": {"en": "Assembly"}}, headers=ENGLISH)
    assert (renamed["label"], renamed["labels"]) == ("Assembly", {"pl": "Montaż", "en": "Assembly"})
    assert (await office.task(stage_id=own["id"]))["stage_id"] == own["id"]
    unused = await office.post("/v1/dictionaries/category", {"labels": {"pl": "Zbędna"}}, expect=201)
    assert (await office.client.delete(f"/v1/dictionaries/category/{unused['id']}")).status_code == 204
    assert (await office.client.get("/v1/dictionaries/colours")).status_code == 422


async def test_kinds_tell_what_they_need_and_types_have_labels(office: Office) -> None:
    told = (await office.client.get("/v1/task-kinds", headers=ENGLISH)).json()
    assert {one["kind"]: one["required"] for one in told["kinds"]}["interaction"] == [
        "title",
        "account_id",
        "contact_ids",
    ]
    assert [one["label"] for one in told["statuses"]] == ["Planned", "In progress", "Completed", "Cancelled"]
    types = (await office.client.get("/v1/task-types", headers=ENGLISH)).json()["items"]
    assert {one["label"] for one in types} == {"Task", "Meeting", "Phone call", "Business trip"}
    own = await office.post("/v1/task-types", {"name": "Audyt", "labels": {"en": "Audit"}}, expect=201)
    assert own["label"] == "Audit"


async def test_costs_owner_attributes_and_a_long_venue(office: Office) -> None:
    jan = await office.employee("Jan")
    venue = "Młyn, " * 1000 + "hala 7"
    made = await office.task(
        location=venue,
        owner_id=jan,
        expected_cost={"amount": "1200.50", "currency": "PLN"},
        actual_cost={"amount": "300", "currency": "EUR"},
        attributes={"Rejon": "Łódź"},
    )
    assert made["location"] == venue
    assert (made["expected_cost"], made["actual_cost"]["currency"]) == ({"amount": "1200.50", "currency": "PLN"}, "EUR")
    assert (made["owner_id"], made["attributes"]) == (jan, {"Rejon": "Łódź"})
    path = f"/v1/tasks/{made['id']}"
    changed = await office.patch(path, {"actual_cost": None, "attributes": {"Rejon": "Kutno"}})
    assert (changed["actual_cost"], changed["attributes"]) == (None, {"Rejon": "Kutno"})
    assert set((await office.announced(TaskUpdated))[-1].changed) == {"actual_cost", "attributes"}
    history = (await office.get(f"{path}/history"))["items"][0]["changes"]
    assert history["attributes"] == [{"Rejon": "Łódź"}, {"Rejon": "Kutno"}]
    for wrong in ({"amount": "-1", "currency": "PLN"}, {"amount": "1", "currency": "zł"}, {"amount": "1"}):
        await office.patch(path, {"expected_cost": wrong}, expect=422)
    assert (await office.patch(path, {"owner_id": str(uuid4())}, expect=422))["errors"][0]["pointer"] == "#/owner_id"


async def test_attributes_of_the_account_are_carried_over_when_the_company_wants_it(office: Office) -> None:
    mill = await office.account("Młyn")
    path = f"/v1/accounts/{mill}/attributes"
    known = [{"name": "Rejon", "value": "Łódź", "carried": True}, {"name": "NIP UE", "value": "PL1", "carried": False}]
    assert (await office.put(path, {"attributes": known}))["attributes"] == sorted(known, key=lambda one: one["name"])
    assert (await office.task(account_id=mill))["attributes"] == {}
    settings = await office.put("/v1/task-settings", {"carry_attributes": True})
    assert settings == {"version": 1, "percent_step": 1, "timer_cap_minutes": 480, "carry_attributes": True}
    assert (await office.task(account_id=mill))["attributes"] == {"Rejon": "Łódź"}
    assert (await office.task(account_id=mill, attributes={"Rejon": "inny"}))["attributes"] == {"Rejon": "inny"}
    await office.put(path, {"attributes": [known[0], known[0]]}, expect=422)


async def test_per_cent_goes_in_the_steps_of_the_company(office: Office) -> None:
    made = await office.task(percent_complete=33)
    await office.put("/v1/task-settings", {"percent_step": 25})
    path = f"/v1/tasks/{made['id']}"
    assert (await office.patch(path, {"percent_complete": 40}, expect=422))["code"] == "percent_step_missed"
    assert (await office.patch(path, {"percent_complete": 33, "note": "jak było"}))["percent_complete"] == 33
    assert (await office.patch(path, {"percent_complete": 75}))["percent_complete"] == 75
    await office.put("/v1/task-settings", {"percent_step": 3}, expect=422)
    await office.put("/v1/task-settings", {"percent_step": 5}, expect=412, headers={"if-match": '"7"'})


async def test_100_per_cent_and_completed_never_disagree(office: Office) -> None:
    made = await office.task(percent_complete=60)
    path = f"/v1/tasks/{made['id']}"
    assert (await office.patch(path, {"percent_complete": 100}))["status"] == "planned"
    assert (await office.post(f"{path}/complete"))["percent_complete"] == 100
    again = await office.post(f"{path}/reopen")
    assert (again["status"], again["percent_complete"]) == ("in_progress", 60)


async def test_a_task_in_stages_is_spread_over_time(office: Office) -> None:
    staged = await office.post("/v1/task-types", {"name": "Wdrożenie", "staged": True}, expect=201)
    plain = await office.task(starts_at=TEN, ends_at=ELEVEN)
    refused = await office.put(f"/v1/tasks/{plain['id']}/stages", {"stages": []}, expect=409)
    assert refused["code"] == "task_not_staged"
    made = await office.task(type_id=staged["id"], starts_at=TEN, ends_at=ELEVEN)
    assert (made["staged"], made["stages"]) == (True, [])
    path = f"/v1/tasks/{made['id']}"
    plan = [
        {"name": "Analiza", "starts_at": "2026-12-07T09:00:00+01:00", "ends_at": "2026-12-07T10:00:00+01:00"},
        {"name": "Montaż", "starts_at": "2026-12-08T09:00:00+01:00", "ends_at": "2026-12-08T12:00:00+01:00"},
    ]
    planned = await office.put(f"{path}/stages", {"stages": plan})
    assert (planned["starts_at"], planned["ends_at"]) == ("2026-12-07T08:00:00Z", "2026-12-08T11:00:00Z")
    first, second = planned["stages"]
    moved_on = await office.patch(f"{path}/stages/{first['id']}", {"percent_complete": 100})
    assert moved_on["percent_complete"] == 25
    assert (await office.announced(TaskUpdated))[-1].task.stages[0].percent_complete == 100
    assert (await office.patch(path, {"percent_complete": 50}, expect=422))["code"] == "percent_of_stages"
    swapped = await office.put(
        f"{path}/stages", {"stages": [{"id": second["id"], **plan[1]}, {"id": first["id"], **plan[0]}]}
    )
    assert [one["name"] for one in swapped["stages"]] == ["Montaż", "Analiza"]
    later = await office.patch(path, {"starts_at": "2026-12-14T09:00:00+01:00"})
    assert [one["starts_at"] for one in later["stages"]] == ["2026-12-15T08:00:00Z", "2026-12-14T08:00:00Z"]
    await office.patch(path, {"ends_at": "2026-12-14T10:00:00+01:00"}, expect=422)
    types = (await office.get("/v1/task-types"))["items"]
    plain_type = next(one["id"] for one in types if not one["staged"])
    assert (await office.patch(path, {"type_id": plain_type}, expect=409))["code"] == "task_has_stages"
    await office.patch(f"{path}/stages/{uuid4()}", {"percent_complete": 1}, expect=404)
    assert [one["name"] for one in (await office.get(f"{path}/stages"))["stages"]] == ["Montaż", "Analiza"]


async def test_time_counts_from_opening_the_form_to_saving_it_without_pauses(office: Office) -> None:
    draft = await office.post("/v1/task-drafts", expect=201)
    path = f"/v1/task-drafts/{draft['id']}"
    office.clock.advance(timedelta(minutes=5))
    paused = await office.post(f"{path}/pause")
    assert paused["timer"] == {"duration_seconds": 300, "running_since": None, "capped": False}
    office.clock.advance(timedelta(minutes=30))
    await office.post(f"{path}/start")
    office.clock.advance(timedelta(minutes=2))
    assert (await office.get(path))["timer"]["running_since"] is not None
    made = await call_with(office, draft_id=draft["id"], status="completed")
    assert made["timer"] == {"duration_seconds": 420, "running_since": None, "capped": False}
    assert (made["status"], made["percent_complete"]) == ("completed", 100)
    assert (await office.announced(TaskCreated))[-1].task.duration_seconds == 420
    assert (await office.client.get(path)).status_code == 404
    assert (await office.post("/v1/tasks", {"title": "x", "draft_id": draft["id"]}, expect=422))[
        "code"
    ] == "draft_unknown"
    other = await office.post("/v1/task-drafts", expect=201)
    theirs = {"authorization": f"Bearer {signed_token('tasks:write', subject='someone-else')}"}
    assert (await office.client.get(f"/v1/task-drafts/{other['id']}", headers=theirs)).status_code == 404
    assert (await office.client.delete(f"/v1/task-drafts/{other['id']}")).status_code == 204


async def test_a_forgotten_clock_is_capped_and_can_be_corrected_until_it_is_completed(office: Office) -> None:
    await office.put("/v1/task-settings", {"timer_cap_minutes": 60})
    made = await call_with(office)
    path = f"/v1/tasks/{made['id']}"
    assert (await office.post(f"{path}/timer/start"))["timer"]["running_since"] is not None
    office.clock.advance(timedelta(hours=15))
    forgotten = await office.post(f"{path}/timer/pause")
    assert forgotten["timer"] == {"duration_seconds": 3600, "running_since": None, "capped": True}
    corrected = await office.patch(path, {"duration_seconds": 900})
    assert corrected["timer"] == {"duration_seconds": 900, "running_since": None, "capped": False}
    await office.post(f"{path}/timer/start")
    office.clock.advance(timedelta(minutes=1))
    done = await office.post(f"{path}/complete")
    assert done["timer"] == {"duration_seconds": 960, "running_since": None, "capped": False}
    assert (await office.post(f"{path}/timer/start", expect=409))["code"] == "task_completed"
    assert (await office.patch(path, {"duration_seconds": 1}, expect=409))["code"] == "task_completed"


async def test_the_next_one_is_planned_once_in_the_save_that_completes_this_one(office: Office) -> None:
    made = await call_with(
        office, starts_at="2027-03-27T09:00:00+01:00", ends_at="2027-03-27T09:30:00+01:00", note="rabat"
    )
    path = f"/v1/tasks/{made['id']}"
    done = await office.patch(path, {"note": "zgoda", "status": "completed", "follow_up": {"in": "P2D"}})
    assert (done["status"], done["note"], done["completed_at"] is not None) == ("completed", "zgoda", True)
    following = await office.get(f"/v1/tasks/{done['next_id']}")
    assert (following["starts_at"], following["ends_at"]) == ("2027-03-29T07:00:00Z", "2027-03-29T07:30:00Z")
    assert (following["title"], following["status"], following["note"]) == ("Rozmowa o mące", "planned", "")
    assert (following["contact_ids"], following["previous_id"]) == (made["contact_ids"], made["id"])
    assert (await office.announced(TaskCompleted))[0].task.next_id == UUID(following["id"])
    links = (await office.client.get(path)).headers["link"]
    assert links == f'</v1/tasks/{following["id"]}>; rel="next"'
    twice = {"follow_up": {"in": "PT48H"}}
    next_path = f"/v1/tasks/{following['id']}"
    third = await office.patch(next_path, twice)
    assert (await office.get(f"/v1/tasks/{third['next_id']}"))["starts_at"] == "2027-03-31T07:00:00Z"
    refused = await office.patch(next_path, twice, expect=409)
    assert (refused["code"], refused["next_id"]) == ("follow_up_exists", third["next_id"])
    assert (await office.client.delete(next_path)).status_code == 204
    assert (await office.get(path))["next_id"] is None
    assert (await office.get(f"/v1/tasks/{third['next_id']}"))["previous_id"] is None


async def test_a_follow_up_that_cannot_be_worked_out_saves_nothing(office: Office) -> None:
    series = await office.task(starts_at=TEN, recurrence={"rrule": "FREQ=DAILY"})
    undated = await office.task()
    for task, wanted in [
        (undated, {"in": "P1W"}),
        (undated, {"in": "wkrótce"}),
        (undated, {}),
        (undated, {"in": "P1D", "at": TEN}),
        (series, {"in": "P1W"}),
    ]:
        await office.post(f"/v1/tasks/{task['id']}/complete", {"follow_up": wanted}, expect=422)
    assert len(await office.tasks()) == 2
    assert {task["status"] for task in await office.tasks()} == {"planned"}
    done = await office.post(f"/v1/tasks/{undated['id']}/complete", {"follow_up": {"at": "2026-12-24"}})
    assert (await office.get(f"/v1/tasks/{done['next_id']}"))["starts_at"] == "2026-12-24"


async def test_tasks_hang_on_one_another(office: Office) -> None:
    mill, bakery = await office.account("Młyn"), await office.account("Piekarnia")
    root = await office.task("Wdrożenie", account_id=mill)
    child = await office.task("Szkolenie", parent_id=root["id"])
    leaf = await office.task("Materiały", parent_id=child["id"])
    assert (child["thread_id"], leaf["thread_id"]) == (root["id"], root["id"])
    tree = (await office.get(f"/v1/tasks/{leaf['id']}/thread"))["items"]
    assert tree[0]["children"][0]["children"][0]["number"] == leaf["number"]
    listed = (await office.get("/v1/task-threads"))["items"]
    assert [(one["id"], one["size"]) for one in listed] == [(root["id"], 3)]
    assert (await office.get("/v1/task-threads", account_id=bakery))["items"] == []
    path = f"/v1/tasks/{root['id']}"
    assert (await office.patch(path, {"parent_id": leaf["id"]}, expect=409))["code"] == "thread_cycle"
    assert (await office.patch(path, {"parent_id": root["id"]}, expect=409))["code"] == "thread_cycle"
    refused = await office.post("/v1/tasks", {"title": "x", "parent_id": root["id"], "account_id": bakery}, expect=422)
    assert refused["code"] == "parent_of_other_account"
    assert (await office.post("/v1/tasks", {"title": "x", "parent_id": str(uuid4())}, expect=422))[
        "code"
    ] == "parent_unknown"
    alone = await office.patch(f"/v1/tasks/{child['id']}", {"parent_id": None})
    assert (alone["parent_id"], alone["thread_id"]) == (None, None)
    assert (await office.get(f"/v1/tasks/{leaf['id']}"))["thread_id"] == child["id"]
    back = await office.patch(f"/v1/tasks/{child['id']}", {"parent_id": root["id"]})
    assert back["thread_id"] == root["id"]
    assert (await office.get(f"/v1/tasks/{leaf['id']}"))["thread_id"] == root["id"]
    assert (await office.client.delete(path)).status_code == 204
    assert (await office.get(f"/v1/tasks/{child['id']}"))["thread_id"] is None
    assert (await office.get(f"/v1/tasks/{leaf['id']}"))["thread_id"] == child["id"]
    assert len(await office.announced(TaskDeleted)) == 1


async def test_a_child_waits_for_its_parent_and_reopening_is_a_right(office: Office) -> None:
    root = await office.task("Wdrożenie")
    child = await office.task("Szkolenie", parent_id=root["id"])
    for task in (child, root):
        await office.post(f"/v1/tasks/{task['id']}/complete")
    refused = await office.post(f"/v1/tasks/{child['id']}/reopen", expect=409)
    assert (refused["code"], refused["parent_id"]) == ("parent_closed", root["id"])
    assert (await office.post("/v1/tasks", {"title": "x", "parent_id": root["id"]}, expect=409))[
        "code"
    ] == "parent_closed"
    writer = {
        "authorization": f"Bearer {signed_token('tasks:read', 'tasks:write', 'tasks:all', 'tasks:modify_others')}"
    }
    forbidden = await office.post(f"/v1/tasks/{root['id']}/reopen", expect=403, headers=writer)
    assert forbidden["code"] == "missing_scope"
    assert (await office.post(f"/v1/tasks/{root['id']}/reopen"))["status"] == "in_progress"
    assert (await office.post(f"/v1/tasks/{child['id']}/reopen"))["status"] == "in_progress"


async def test_threads_are_for_those_who_see_everything(office: Office) -> None:
    root = await office.task("Wdrożenie")
    await office.task("Szkolenie", parent_id=root["id"])
    own_only = {"authorization": f"Bearer {signed_token('tasks:read')}"}
    for path in ("/v1/task-threads", f"/v1/tasks/{root['id']}/thread"):
        assert (await office.client.get(path, headers=own_only)).status_code == 403


async def test_files_hang_on_a_task_until_it_is_completed(office: Office) -> None:
    made = await office.task()
    path = f"/v1/tasks/{made['id']}/attachments"
    sent = await office.client.post(
        path, params={"name": "Umowa – łąka.pdf"}, content=b"%PDF-1.7", headers={"content-type": "application/pdf"}
    )
    assert sent.status_code == 201
    file = sent.json()
    assert (file["name"], file["media_type"], file["size"]) == ("Umowa – łąka.pdf", "application/pdf", 8)
    assert (await office.get(path))["items"] == (await office.get(f"/v1/tasks/{made['id']}"))["attachments"] == [file]
    (told,) = await office.announced(TaskUpdated)
    assert (told.changed, told.task.attachments[0].name) == (["attachments"], "Umowa – łąka.pdf")
    got = await office.client.get(f"{path}/{file['id']}")
    assert (got.content, got.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''Umowa%20%E2%80%93%20%C5%82%C4%85ka.pdf"
    limit = office.parts.settings.attachment_bytes
    large = await office.client.post(path, params={"name": "x"}, content=b"x" * (limit + 1))
    assert (large.status_code, large.json()["code"]) == (413, "attachment_too_large")
    assert (await office.client.get(f"{path}/{uuid4()}")).status_code == 404
    await office.post(f"/v1/tasks/{made['id']}/complete")
    assert (await office.client.post(path, params={"name": "x"}, content=b"x")).json()["code"] == "task_completed"
    assert (await office.client.delete(f"{path}/{file['id']}")).status_code == 409
    await office.post(f"/v1/tasks/{made['id']}/reopen")
    assert (await office.client.delete(f"{path}/{file['id']}")).status_code == 204
    assert (await office.client.get(f"{path}/{file['id']}")).status_code == 404


async def test_the_note_is_open_until_the_task_is_completed(office: Office) -> None:
    made = await office.task()
    path = f"/v1/tasks/{made['id']}"
    await office.post(f"{path}/cancel")
    assert (await office.patch(path, {"note": "Klient zrezygnował"}))["note"] == "Klient zrezygnował"
    assert (await office.patch(path, {"note": "x", "title": "y"}, expect=409))["code"] == "task_cancelled"
    await office.patch(path, {"note": "nieaktualne"}, expect=412, headers={"if-match": '"1"'})
    await office.post(f"{path}/reopen")
    await office.post(f"{path}/complete")
    assert (await office.patch(path, {"note": "za późno"}, expect=409))["code"] == "task_completed"


async def test_what_a_meeting_needs_cannot_be_taken_away(office: Office) -> None:
    jan = await office.employee("Jan")
    mill = await office.account("Młyn")
    anna = await office.contact(mill, "Anna")
    made = await office.task(kind="meeting", account_id=mill, contact_ids=[anna], assignee_ids=[jan])
    path = f"/v1/tasks/{made['id']}"
    for body, pointer in [({"contact_ids": []}, "#/contact_ids"), ({"assignee_ids": []}, "#/assignee_ids")]:
        refused = await office.patch(path, body, expect=422)
        assert [one["pointer"] for one in refused["errors"]] == [pointer]
    plain = await office.task()
    refused = await office.patch(f"/v1/tasks/{plain['id']}", {"kind": "interaction"}, expect=422)
    assert [one["pointer"] for one in refused["errors"]] == ["#/account_id", "#/contact_ids"]


async def test_meetings_and_interactions_are_in_the_calendar_when_they_are_ticked(office: Office) -> None:
    made = await call_with(office, starts_at=TEN)
    await office.task("Zadanie", starts_at=TEN)

    async def shown() -> set[str]:
        return {one["title"] for one in (await office.get("/v1/calendar", view="day", **{"from": TEN}))["items"]}

    assert not made["in_calendar"]
    assert await shown() == {"Zadanie"}
    await office.patch(f"/v1/tasks/{made['id']}", {"in_calendar": True})
    assert await shown() == {"Zadanie", "Rozmowa o mące"}
    refused = await office.post("/v1/tasks", {"title": "x", "in_calendar": False}, expect=422)
    assert refused["errors"][0]["pointer"] == "#/in_calendar"


async def test_made_from_the_card_of_an_account_by_an_employee(office: Office) -> None:
    mill, jan = await office.account("Młyn"), await office.employee("Jan")
    user = (await office.post("/v1/users", {"username": "jan", "password": "haslo-jana", "employee_id": jan}))["id"]
    mine = {
        "authorization": f"Bearer {signed_token('tasks:read', 'tasks:write', 'accounts:all', user_id=UUID(user), employee_id=UUID(jan))}"
    }
    made = await office.post(f"/v1/accounts/{mill}/tasks", {"title": "Oferta"}, expect=201, headers=mine)
    assert (made["account_id"], made["assignee_ids"], made["owner_id"]) == (mill, [jan], jan)
    assert made["created_by"] == user
    await office.post(f"/v1/accounts/{uuid4()}/tasks", {"title": "x"}, expect=404)


async def test_participants_and_whether_they_are_free_then(office: Office) -> None:
    jan, ewa = await office.employee("Jan", "jan@nasza.example", phone="601234567"), await office.employee("Ewa")
    busy = await office.task("Odprawa", starts_at=TEN, ends_at=ELEVEN, assignee_ids=[jan])
    led = await office.task("Audyt", starts_at="2026-12-07T10:30:00+01:00", owner_id=jan)
    made = await office.task("Wyjazd", starts_at=TEN, ends_at=ELEVEN, participants=[
        {"employee_id": jan}, {"employee_id": ewa, "phone": "602 000 000", "remind": False},
    ])  # fmt: skip
    first, second = (await office.get(f"/v1/tasks/{made['id']}/participants"))["items"]
    assert (first["name"], first["phone"], first["email"], first["remind"]) == (
        "Jan",
        "+48601234567",
        "jan@nasza.example",
        True,
    )
    assert (first["available"], [one["task_id"] for one in first["conflicts"]]) == (False, [busy["id"], led["id"]])
    assert (second["phone"], second["remind"], second["available"], second["conflicts"]) == (
        "+48602000000",
        False,
        True,
        [],
    )
    done = await office.post(f"/v1/tasks/{made['id']}/complete")
    refused = await office.post(f"/v1/tasks/{done['id']}/assignees", {"employee_id": jan}, expect=409)
    assert refused["code"] == "task_completed"
    assert [one["available"] for one in (await office.get(f"/v1/tasks/{made['id']}/participants"))["items"]] == [
        None,
        None,
    ]


async def test_administrators_see_what_happened_to_every_task(office: Office) -> None:
    made, other = await office.task("Krótkie"), await office.task("Inne")
    await office.patch(f"/v1/tasks/{made['id']}", {"title": "Inaczej"})
    await office.client.delete(f"/v1/tasks/{made['id']}")
    entries = (await office.get("/v1/task-history"))["items"]
    assert [(one["happened"], one["task_id"]) for one in entries] == [
        ("deleted", made["id"]), ("updated", made["id"]), ("created", other["id"]), ("created", made["id"]),
    ]  # fmt: skip
    of_one = await office.get("/v1/task-history", task_id=other["id"], by="tester", **{"from": "2026-01-01T00:00:00Z"})
    assert [one["task_id"] for one in of_one["items"]] == [other["id"]]
    reader = {"authorization": f"Bearer {signed_token('tasks:read', 'tasks:all')}"}
    assert (await office.client.get("/v1/task-history", headers=reader)).status_code == 403
