"""Notes, calls, meetings, SMS, tasks and reminders beside the mails (features C25, C26, C47)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from case_office import JAN, Threader

from contracts.cases import CaseEventAdded
from contracts.reminders import ReminderSent
from contracts.tasks import TaskCreated, TaskDeleted, TaskSource, TaskState, TaskUpdated


def a_task(**given: Any) -> TaskState:
    return TaskState(**{"task_id": uuid4(), "version": 1, "title": "Spotkanie", **given})


async def timeline(office: Threader, number: int) -> list[tuple[str, str]]:
    items = (await office.get(f"/v1/cases/{number}/timeline"))["items"]
    return [(item["kind"], item["text"].splitlines()[0]) for item in items]


async def test_entries_stand_between_the_mails_and_change_no_status(office: Threader) -> None:
    number = (await office.file())["case_number"]
    await office.reply(number)
    for kind in ("note", "call", "meeting", "sms", "task"):
        office.clock.advance(timedelta(minutes=1))
        event = await office.call(
            "POST", f"/v1/cases/{number}/events", {"kind": kind, "text": f"tekst {kind}"}, status=201
        )
        assert (event["kind"], event["author"]) == (kind, "tester")
    await office.file(subject=f"Re: [Acme#{number}]", written_by_machine=True)
    shown = await timeline(office, number)
    assert [kind for kind, _ in shown] == ["mail", "reply", "note", "call", "meeting", "sms", "task", "mail"]
    assert shown[2] == ("note", "tekst note")
    assert await office.status(number) == "closed"
    assert len(await office.messages(number)) == 3
    told = await office.announced(CaseEventAdded)
    assert [event.kind for event in told] == ["note", "call", "meeting", "sms", "task"]


async def test_something_that_happened_earlier_stands_earlier(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    earlier = (quick_office.clock.now() - timedelta(days=1)).isoformat()
    await quick_office.call("POST", f"/v1/cases/{number}/events", {"kind": "call", "text": "wczoraj", "at": earlier})
    assert await timeline(quick_office, number) == [("call", "wczoraj"), ("mail", "Zapytanie")]


async def test_pages_of_a_timeline(office: Threader) -> None:
    number = (await office.file())["case_number"]
    for count in range(4):
        office.clock.advance(timedelta(minutes=1))
        await office.call("POST", f"/v1/cases/{number}/events", {"kind": "note", "text": str(count)})
    first = await office.get(f"/v1/cases/{number}/timeline", limit=3)
    second = await office.get(f"/v1/cases/{number}/timeline", limit=3, cursor=first["next"])
    texts = [item["text"] for item in (*first["items"], *second["items"])]
    assert (texts[1:], second["next"]) == (["0", "1", "2", "3"], None)


async def test_task_from_a_mail_follows_its_changes(office: Threader) -> None:
    filed = await office.file()
    task = a_task(source=TaskSource(kind="invitation", message_id=UUID(filed["message_id"])), kind="meeting")
    await office.hear(TaskCreated(task=task, by="mail"))
    await office.hear(
        TaskUpdated(task=task.model_copy(update={"version": 3, "title": "Przełożone", "status": "cancelled"}))
    )
    await office.hear(TaskUpdated(task=task.model_copy(update={"version": 2, "title": "Stare"})))
    items = (await office.get(f"/v1/cases/{filed['case_number']}/timeline"))["items"]
    entry = next(item for item in items if item["kind"] == "meeting")
    assert (entry["text"], entry["data"]["status"], entry["data"]["task_id"]) == (
        "Przełożone",
        "cancelled",
        str(task.task_id),
    )
    await office.hear(TaskDeleted(task=task.model_copy(update={"version": 4})))
    items = (await office.get(f"/v1/cases/{filed['case_number']}/timeline"))["items"]
    assert [item["data"]["status"] for item in items if item["kind"] == "meeting"] == ["deleted"]
    assert len(await office.announced(CaseEventAdded)) == 1


async def test_task_and_mail_in_one_batch_whatever_their_order(office: Threader) -> None:
    from case_office import a_mail

    mail = a_mail()
    task = a_task(source=TaskSource(kind="invitation", message_id=mail.message_id))
    await office.hear(TaskCreated(task=task), mail)
    number = (await office.filing(mail.message_id))["case_number"]
    assert ("task", "Spotkanie") in await timeline(office, number)


async def test_task_made_for_a_case_and_its_reminder(office: Threader) -> None:
    number = (await office.file())["case_number"]
    other = (await office.file())["case_number"]
    await office.call("POST", f"/v1/cases/{number}/merge", {"into": other})
    task = a_task(case_number=number)
    at = office.clock.advance(timedelta(minutes=5))
    await office.hear(TaskCreated(task=task))
    reminder = ReminderSent(
        reminder_id=uuid4(),
        task_id=task.task_id,
        audience="client",
        channel="sms",
        due_at=at,
        at=at,
        preview="Jutro o 9",
        user_id=UUID(int=7),
    )
    await office.hear(reminder)
    await office.hear(reminder)
    assert (await timeline(office, other))[-2:] == [("task", "Spotkanie"), ("sms", "Jutro o 9")]
    shown = (await office.get(f"/v1/cases/{other}/timeline"))["items"][-1]
    assert shown["author"] == f"user:{UUID(int=7)}"  # features R32


async def test_task_given_to_another_case_moves_with_its_note(quick_office: Threader) -> None:
    one, other = [(await quick_office.file(subject=each))["case_number"] for each in "ab"]
    call = a_task(kind="interaction", case_number=one)
    await quick_office.hear(TaskCreated(task=call))
    given = {"version": 2, "case_number": other, "note": "Oddzwonić w piątek"}
    await quick_office.hear(TaskUpdated(task=call.model_copy(update=given)))
    assert [kind for kind, _ in await timeline(quick_office, one)] == ["mail"]
    items = (await quick_office.get(f"/v1/cases/{other}/timeline"))["items"]
    assert [(item["kind"], item["data"]["note"]) for item in items if item["data"]] == [("interaction", given["note"])]


async def test_tasks_of_no_case_leave_no_trace(quick_office: Threader) -> None:
    await quick_office.hear(TaskCreated(task=a_task(source=TaskSource(kind="invitation", message_id=uuid4()))))
    await quick_office.hear(TaskCreated(task=a_task(case_number=77)))
    assert await quick_office.announced(CaseEventAdded) == []


async def test_events_of_unknown_cases_and_kinds_are_refused(quick_office: Threader) -> None:
    number = (await quick_office.file(sender=JAN))["case_number"]
    await quick_office.call("POST", "/v1/cases/999/events", {"kind": "note", "text": "x"}, status=404)
    await quick_office.call("POST", f"/v1/cases/{number}/events", {"kind": "fax", "text": "x"}, status=422)
