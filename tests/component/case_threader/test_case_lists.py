"""Lists and search of cases (features C20, C24, C27; ł included)."""

from typing import Any
from uuid import uuid4

import pytest
from case_office import EWA, JAN, NOWAK, Threader

from contracts.tasks import TaskCreated, TaskState

pytestmark = pytest.mark.storage


async def test_newest_activity_comes_first(office: Threader) -> None:
    numbers = [(await office.file(subject=each))["case_number"] for each in "abc"]
    await office.file(subject=f"Re: [Acme#{numbers[0]}]")
    assert await found(office) == [numbers[0], numbers[2], numbers[1]]


async def test_lists_by_status_account_and_owner(office: Threader) -> None:
    kowalski = (await office.file(sender=EWA))["case_number"]
    nowak = (await office.file(sender=NOWAK))["case_number"]
    await office.reply(nowak, to=NOWAK)
    assert await found(office, status="open") == [kowalski]
    assert await found(office, status="closed") == [nowak]
    assert await found(office, account_id=str(office.nowak)) == [nowak]
    assert await found(office, owner_id=str(office.ewa)) == []
    await office.get("/v1/cases", status=422, account_id="x")


async def test_cases_and_messages_of_a_contact_an_address_and_a_task(office: Threader) -> None:
    """features C27: wherever somebody looks."""
    ewas = (await office.file(sender=EWA, subject="Ewy"))["case_number"]
    jans = (await office.file(subject="Jana", cc=[EWA]))["case_number"]
    nowaks = (await office.file(sender=NOWAK))["case_number"]
    assert await found(office, contact_id=str(office.ewa)) == [ewas]
    assert await found(office, participant=EWA.upper()) == [jans, ewas]
    task = TaskState(task_id=uuid4(), version=1, title="Spotkanie", case_number=nowaks)
    await office.hear(TaskCreated(task=task))
    assert await found(office, task_id=str(task.task_id)) == [nowaks]
    assert await of_messages(office, account_id=str(office.kowalski)) == [jans, ewas]
    assert await of_messages(office, contact_id=str(office.ewa)) == [jans, ewas]
    assert await of_messages(office, participant=NOWAK) == [nowaks]
    assert await of_messages(office, account_id=str(office.ewa)) == []
    for wrong in ({}, {"account_id": str(office.nowak), "participant": JAN}):
        assert (await office.get("/v1/messages", status=422, **wrong))["code"] == "nothing_asked_for"
    page = await office.get("/v1/messages", account_id=str(office.kowalski), limit=1)
    rest = await office.get("/v1/messages", account_id=str(office.kowalski), limit=1, cursor=page["next"])
    assert [page["items"][0]["case_number"], rest["items"][0]["case_number"]] == [jans, ewas]


async def test_pages_hold_everything_once(office: Threader) -> None:
    numbers = [(await office.file())["case_number"] for _ in range(5)]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = await office.get("/v1/cases", limit=2, **cursor)
        seen += [item["number"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == numbers[::-1]


@pytest.mark.parametrize(
    "q",
    ["łódź", "lodz", "ŁÓDŹ", "Lódz", "usterka", "ust", "zolty mlynek", "mlynek żółty", "kowalski.example",
     "jan@kowalski.example", "raport.pdf", "dostawa łódź"],
)  # fmt: skip
async def test_search_folds_polish_letters(office: Threader, q: str) -> None:
    number = (
        await office.file(
            subject="Usterka: Łódź", text="Żółty młynek, dostawa jutro.",
            attachments=[{"n": 1, "filename": "raport.pdf", "content_type": "application/pdf", "size": 1}],
        )
    )["case_number"]  # fmt: skip
    await office.file(sender=NOWAK, subject="Coś innego", text="Nic.")
    assert await found(office, q=q) == [number]


@pytest.mark.parametrize(
    "q", ["gdańsk", "usterki", "dostawa gdańsk", "'; DROP", '"', "* OR 1", "()", "a:b & !c", "\\", "NEAR("]
)
async def test_search_that_finds_nothing_finds_nothing(office: Threader, q: str) -> None:
    await office.file(subject="Usterka: Łódź", text="Dostawa.")
    assert await found(office, q=q) == []


async def test_search_by_number_tag_and_account(office: Threader) -> None:
    first = (await office.file(subject="x", text="y"))["case_number"]
    second = (await office.file(sender=NOWAK, subject="x", text="y"))["case_number"]
    for q in (str(first), f"#{first}", f"[Acme#{first}]", f"acme#{first}"):
        assert await found(office, q=q) == [first]
    assert await found(office, q="nówák") == [second]
    assert await found(office, q="kowal", status="open") == [first]
    assert await found(office, q="x", account_id=str(office.nowak)) == [second]


async def test_our_replies_are_found_too(office: Threader) -> None:
    number = (await office.file())["case_number"]
    await office.reply(number, text="Wysyłamy śrubki.")
    assert await found(office, q="srubki") == [number]


async def test_messages_are_expanded_on_request(quick_office: Threader) -> None:
    filed = await quick_office.file()
    [case] = (await quick_office.get("/v1/cases", expand="messages", limit=10))["items"]
    assert [message["message_id"] for message in case["messages"]] == [filed["message_id"]]
    assert (case["message_count"], case["messages"][0]["sender"]["email"]) == (1, JAN)
    await quick_office.get("/v1/cases", status=422, expand="messages", limit=200)


async def test_who_may_not_read_is_refused(quick_office: Threader) -> None:
    for path in ("/v1/cases", "/v1/unassigned", "/v1/case-settings", "/v1/replies"):
        answer = await quick_office.client.get(path, headers={"authorization": ""})
        assert answer.status_code == 401


async def found(office: Threader, **params: Any) -> list[int]:
    answer = await office.client.get("/v1/cases", params=params)
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def of_messages(office: Threader, **params: Any) -> list[int]:
    return [item["case_number"] for item in (await office.get("/v1/messages", **params))["items"]]
