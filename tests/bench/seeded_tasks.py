"""A tasks-api that has been worked with for years: its rows are written straight into the database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from contracts.tasks import TaskParticipant
from kit.database import Database, insert_many
from kit.ids import new_id
from tasks_api.folding import folded
from tasks_api.itip.shapes import TaskFields
from tasks_api.models.directory import Account, Contact, Employee
from tasks_api.repository.task_rows import insert_tasks
from tasks_api.task import Status, Task
from tests.bench.mails import WORDS

FIRST = datetime(2025, 1, 2, 6, tzinfo=UTC)
DAYS = 1000
SERIES = 800
ACCOUNTS = 2000
EMPLOYEES = 50
COMMON_WORD = "spotkanie"
_AT_ONCE = 1000
_RULES = (
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=MONTHLY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;INTERVAL=2",
)


@dataclass(frozen=True)
class SeededTasks:
    """What there is to ask for."""

    task_ids: list[UUID]
    open_ids: list[UUID]
    account_ids: list[UUID]
    employee_ids: list[UUID]


async def seed_tasks(database: Database, count: int) -> SeededTasks:
    """`count` tasks of three years, 800 of them series, of 50 people and 2,000 firms; every seventh title has one word."""
    chance = random.Random(5)
    people = [new_id() for _ in range(EMPLOYEES)]
    firms = [(new_id(), new_id()) for _ in range(ACCOUNTS)]
    async with database.transaction() as session:
        await insert_many(session, Employee, [_card(one, f"Pracownik {i}") for i, one in enumerate(people)])
        await insert_many(session, Account, [_card(firm, f"Firma {i}") for i, (firm, _) in enumerate(firms)])
        contacts = [
            {**_card(person, f"Osoba {i}"), "account_id": firm, "is_default": True}
            for i, (firm, person) in enumerate(firms)
        ]
        await insert_many(session, Contact, contacts)
    seeded = SeededTasks([], [], [firm for firm, _ in firms], people)
    tasks = _tasks(chance, count, people, firms)
    while some := list(islice(tasks, _AT_ONCE)):
        async with database.transaction() as session:
            await insert_tasks(session, some)
        seeded.task_ids.extend(task.id for task in some)
        seeded.open_ids.extend(task.id for task in some if not task.is_closed and not task.is_recurring)
    return seeded


def _tasks(chance: random.Random, count: int, people: list[UUID], firms: list[tuple[UUID, UUID]]) -> Iterator[Task]:
    every = max(1, count // SERIES)
    for number in range(count):
        starts = FIRST + timedelta(days=chance.randrange(DAYS), minutes=15 * chance.randrange(40))
        firm, person = chance.choice(firms)
        assignees = chance.sample(people, chance.choice((1, 1, 1, 2)))
        rule = chance.choice(_RULES) if number % every == 0 else None
        over = starts < FIRST + timedelta(days=DAYS * 2 // 3)
        status: Status = (
            "planned" if rule or not over else chance.choice(("completed", "completed", "cancelled", "planned"))
        )
        title = f"{COMMON_WORD if number % 7 == 0 else ''} {' '.join(chance.choices(WORDS, k=3))} {number}".strip()
        yield Task(
            id=new_id(),
            number=f"CRM/{number + 1}/2025",
            uid=f"bench-{number}@firma.example",
            fields=TaskFields(
                kind=chance.choice(("task", "task", "meeting", "interaction")) if rule is None else "meeting",
                title=title,
                description=" ".join(chance.choices(WORDS, k=40)),
                starts_at=starts,
                ends_at=starts + timedelta(hours=1),
                timezone="Europe/Warsaw",
                rrule=rule,
            ),
            created_at=starts,
            updated_at=starts,
            status=status,
            account_id=firm,
            contact_ids=(person,),
            participants=tuple(TaskParticipant(employee_id=one) for one in assignees),
            color=chance.choice((None, None, "#d33682", "green")),
        )


def _card(card_id: UUID, name: str) -> dict[str, object]:
    return {"id": card_id, "version": 1, "name": name, "folded_name": folded(name), "active": True, "created_at": FIRST}
