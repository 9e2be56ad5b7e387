"""Cases among 100,000 messages: how fast mail is filed and how fast words are found.

One mail is filed by the service itself; its rows are the pattern after which the others are loaded into the database.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Table, func, select, update

from case_threader.repository import tables
from case_threader.repository.search import add_words
from kit.database import Database, insert_many
from kit.ids import new_id
from tests.bench.calling import call_all
from tests.bench.mails import WORDS, mixed_mails
from tests.bench.office import PREFIX, open_office
from tests.bench.parts.mixed_mail import push_and_tell
from tests.bench.report import Report, share_of
from tests.bench.stand import Running, Stand

MESSAGES = 100_000
MESSAGES_OF_A_CASE = 4
AT_ONCE = 2_000
SEARCHES = 200
SEARCH_P95_MS = 50
RARE_WORDS = 20_000
WORDS_OF_A_MAIL = 50


async def measure_cases(stand: Stand) -> Report:
    """Filing and searching in an office with a past."""
    report = Report(f"cases, {stand.database}: among {MESSAGES} messages")
    async with stand.places() as places:
        async with stand.running(places) as running:
            office = await open_office(running)
        async with stand.own_database(places, "case-threader") as database:
            await load_messages(database, MESSAGES)
        async with stand.running(places) as running:
            await _tell_searches(running, report)
            drawn = mixed_mails(stand.mails, case_numbers=office.case_numbers, prefix=PREFIX, seed=13, label="case")
            await push_and_tell(replace(office, running=running), [mail for mail in drawn if mail.uid is None], report)
    return report


async def load_messages(database: Database, count: int) -> None:
    """So many messages, four to a case, each findable by words of which a few are frequent and most are rare."""
    chance = random.Random(17)
    async with database.reading() as session:
        message = await _a_row_of(session, tables.messages, tables.messages.c.case_id.is_not(None))
        case = await _a_row_of(session, tables.cases, tables.cases.c.id == message["case_id"])
        number = await session.scalar(select(func.max(tables.cases.c.number))) or 0
        place = await session.scalar(select(func.max(tables.messages.c.place))) or 0
    for start in range(0, count, AT_ONCE):
        cases, messages, words = [], [], []
        for index in range(start, min(start + AT_ONCE, count)):
            at = case["opened_at"] - timedelta(minutes=count - index)
            if index % MESSAGES_OF_A_CASE == 0:
                number += 1
                title = f"Sprawa {number} {chance.choice(WORDS)}"
                cases.append({**case, "id": new_id(), "number": number, "title": title, "last_activity_at": at})
            place += 1
            messages.append({
                **message, "id": new_id(), "place": place, "case_id": cases[-1]["id"], "received_at": at,
                "identity": f"loaded-{place}", "rfc_message_id": f"loaded.{place}@bench.example",
            })  # fmt: skip
            words.append((place, [*dict.fromkeys(_words(chance))]))
        async with database.transaction() as session:
            await insert_many(session, tables.cases, cases)
            await insert_many(session, tables.messages, messages)
            await add_words(session, words)
    async with database.transaction() as session:
        await (await session.connection()).execute(
            update(tables.counter).values(next_number=number + 1, next_place=place + 1)
        )


def _words(chance: random.Random) -> list[str]:
    frequent = [
        word.encode("ascii", "ignore").decode() or "x" for word in chance.choices(WORDS, k=WORDS_OF_A_MAIL // 2)
    ]
    return frequent + [f"slowo{chance.randrange(RARE_WORDS)}" for _ in range(WORDS_OF_A_MAIL // 2)]


async def _a_row_of(session: Any, table: Table, condition: Any) -> dict[str, Any]:
    row = (await session.execute(select(table).where(condition).limit(1))).one()
    return dict(row._mapping)


async def _tell_searches(running: Running, report: Report) -> None:
    """Rare and frequent words, two at a time, beginnings, numbers: as people type them."""
    chance = random.Random(19)
    kinds = {
        "one rare word": lambda: f"slowo{chance.randrange(RARE_WORDS)}",
        "one frequent word": lambda: chance.choice(WORDS),
        "a frequent and a rare word": lambda: f"faktura slowo{chance.randrange(RARE_WORDS)}",
        "the beginning of a word": lambda: f"slowo{chance.randrange(100)}",
        "a case number": lambda: str(chance.randrange(1, MESSAGES // MESSAGES_OF_A_CASE)),
    }
    door = await running.door("case-threader")
    waits: list[float] = []
    for kind, asked in kinds.items():
        requests = [door.get(f"/v1/cases?q={quote(asked())}") for _ in range(SEARCHES // len(kinds))]
        calls = await call_all(door, requests, connections=1)
        bad = {status for status in calls.statuses if status != 200}
        if bad:
            report.problems.append(f"search for {kind} answered {bad}")
        waits += calls.milliseconds
        report.tell(f"  search for {kind}, p50 / p95 ms", _both(calls.milliseconds))
    report.at_most("search, p95 ms", share_of(waits, 0.95), SEARCH_P95_MS)


def _both(waits: list[float]) -> str:
    return f"{share_of(waits, 0.5):.0f} / {share_of(waits, 0.95):.0f}"
