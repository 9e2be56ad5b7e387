"""A decision that was wrong is taken back in one call (issue 3, Audit)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tasks_office import Office, a_mail_with, an_event, at

from contracts.tasks import TaskDeleted, TaskReopened

UID = "spotkanie-1@mlyn.example"
LATER = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


async def the_record(office: Office, mail: Any) -> Any:
    (record,) = await office.records(mail)
    return record


async def undo(office: Office, mail: Any, *, expect: int = 200, **body: Any) -> Any:
    record = await the_record(office, mail)
    return await office.post(f"/v1/invitations/{record['id']}/undo", body, expect=expect)


async def test_a_record_says_what_it_changed(office: Office) -> None:
    moved = a_mail_with("REQUEST", an_event(UID, sequence=1, summary="Inny", starts=at("2026-11-30T12:00")))
    await office.hear(a_mail_with("REQUEST", an_event(UID)), moved)
    record = await the_record(office, moved)
    (change,) = record["changes"]
    assert (change["did"], change["fields"]["title"], change["fields"]["starts_at"]) == (
        "updated", ["Przegląd umowy", "Inny"], ["2026-11-30T09:00:00Z", "2026-11-30T11:00:00Z"],
    )  # fmt: skip
    assert "undo" in record["actions"]


async def test_a_task_that_should_not_be_goes(office: Office) -> None:
    request = a_mail_with(
        "REQUEST", an_event(UID, rrule="FREQ=WEEKLY;COUNT=3"), an_event(UID, recurrence_id=at("2026-12-07T10:00"))
    )
    await office.hear(request)
    undone = await undo(office, request)
    assert undone["invitation"]["undone_by"] == "tester"
    assert await office.tasks(uid=UID) == []
    assert len(await office.announced(TaskDeleted)) == 2
    await undo(office, request, expect=409)
    # the same again, and what comes later, wait for a person: somebody has decided
    for later in (
        an_event(UID, sequence=1, dtstamp=LATER),
        an_event(UID, recurrence_id=at("2026-12-14T10:00"), dtstamp=LATER),
    ):
        mail = a_mail_with("REQUEST", later)
        await office.hear(mail)
        record = await the_record(office, mail)
        assert (record["outcome"], record["reason"]) == ("waiting", "deleted_by_hand")


async def test_a_cancelled_meeting_takes_place_after_all(office: Office) -> None:
    cancel = a_mail_with("CANCEL", an_event(UID, sequence=1, status="CANCELLED"))
    await office.hear(a_mail_with("REQUEST", an_event(UID)), cancel)
    await undo(office, cancel)
    (task,) = await office.tasks(uid=UID)
    assert task["status"] == "planned"
    assert len(await office.announced(TaskReopened)) == 1
    again = a_mail_with("CANCEL", an_event(UID, sequence=2, status="CANCELLED", dtstamp=LATER))
    await office.hear(again)
    assert (await the_record(office, again))["reason"] == "reopened_by_hand"


async def test_an_update_is_taken_back_except_for_what_changed_since(office: Office) -> None:
    update = a_mail_with(
        "REQUEST", an_event(UID, sequence=1, summary="Inny", location="Gdańsk", starts=at("2026-11-30T12:00"))
    )
    await office.hear(a_mail_with("REQUEST", an_event(UID)), update)
    (task,) = await office.tasks(uid=UID)
    await office.patch(f"/v1/tasks/{task['id']}", {"title": "Nasz tytuł"})
    undone = await undo(office, update)
    assert undone["kept"] == {task["id"]: ["title"]}
    (task,) = await office.tasks(uid=UID)
    assert (task["title"], task["location"], task["starts_at"]) == ("Nasz tytuł", "", "2026-11-30T09:00:00Z")


async def test_work_done_since_is_not_thrown_away_unasked(office: Office) -> None:
    request = a_mail_with("REQUEST", an_event(UID))
    await office.hear(request)
    (task,) = await office.tasks(uid=UID)
    await office.patch(f"/v1/tasks/{task['id']}", {"note": "ważne"})
    refused = await undo(office, request, expect=409)
    assert (refused["code"], refused["task_ids"]) == ("changed_since", [task["id"]])
    await undo(office, request, force=True)
    assert await office.tasks(uid=UID) == []


async def test_a_date_that_followed_its_series_again_gets_its_own_task_back(office: Office) -> None:
    weekly = an_event(UID, rrule="FREQ=WEEKLY;COUNT=3")
    moved = an_event(UID, recurrence_id=at("2026-12-07T10:00"), summary="Wyjątek", starts=at("2026-12-07T15:00"))
    whole = a_mail_with("REQUEST", weekly.model_copy(update={"sequence": 1, "dtstamp": LATER, "fingerprint": "n"}))
    await office.hear(a_mail_with("REQUEST", weekly, moved), whole)
    assert [task["recurrence_id"] for task in await office.tasks(uid=UID)] == [None]
    await undo(office, whole)
    titles = {task["recurrence_id"]: task["title"] for task in await office.tasks(uid=UID)}
    assert titles == {None: "Przegląd umowy", "2026-12-07T09:00:00Z": "Wyjątek"}


async def test_what_changed_nothing_cannot_be_undone(office: Office) -> None:
    cancel = a_mail_with("CANCEL", an_event("nieznane@mlyn.example", status="CANCELLED"))
    await office.hear(cancel)
    refused = await undo(office, cancel, expect=409)
    assert refused["code"] == "nothing_to_undo"
