"""Cases as an office has them after years, written straight into case-threader's tables: for searches and lists at size."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from case_threader.folding import folded, words_of
from case_threader.models import CaseRow, Filing, KnownId, Message, Participant
from case_threader.models.directory import Account
from case_threader.repository.search import add_words
from kit.database import Database, insert_many
from kit.ids import new_id

BEGIN = datetime(2021, 1, 4, 8, 0, tzinfo=UTC)
AT_A_TIME = 500
"""Cases written in one transaction."""
WORDS = [
    "oferta",
    "zapytanie",
    "faktura",
    "zamówienie",
    "dostawa",
    "reklamacja",
    "umowa",
    "termin",
    "wycena",
    "projekt",
    "montaż",
    "serwis",
    "gwarancja",
    "zażółć",
    "gęślą",
    "jaźń",
    "łożysko",
    "śruba",
    "przegląd",
    "spotkanie",
    "płatność",
    "przelew",
    "korekta",
    "transport",
    "magazyn",
    "żółty",
    "źródło",
    "ćma",
    "pompa",
    "zawór",
    "uszczelka",
    "silnik",
    "Łódź",
    "Kraków",
    "Wrocław",
    "Gdańsk",
    "Poznań",
    "Szczecin",
    "Białystok",
    "Rzeszów",
    "podpis",
    "załącznik",
    "rysunek",
    "rachunek",
    "ubezpieczenie",
    "pilne",
]
RARE = "syllables: ba ce di fo gu ha je ki lo mu na pe ry so tu wa zy".removeprefix("syllables: ").split()
COMMON_WORDS, RARE_WORDS = 45, 15
"""Words of one message: some of them everybody writes, the others are a number, a name, a part of a machine."""


async def seed_cases(
    database: Database, *, messages: int, per_case: int = 5, accounts: int = 2000, seed: int = 1
) -> None:
    """Fill an empty, started case-threader database with `messages` messages in cases of `per_case`; the same for one seed.

    Every fifth message is an answer of ours, the newest tenth of the cases is open.
    """
    chance = random.Random(seed)
    firms = [(new_id(), f"{chance.choice(WORDS).title()} {_rare(chance).title()} sp. z o.o.") for _ in range(accounts)]
    async with database.transaction() as session:
        cards = [
            {"id": id_, "version": 1, "name": name, "folded_name": folded(name), "deleted": False, "merged_into": None}
            for id_, name in firms
        ]
        await insert_many(session, Account, cards)
    count = messages // per_case
    for first in range(0, count, AT_A_TIME):
        batch = _Batch(chance, count, per_case)
        for number in range(first + 1, min(first + AT_A_TIME, count) + 1):
            batch.add(number, firms[number % accounts])
        await batch.write(database)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE counter SET next_number = :number, next_place = :place"),
            {"number": count + 1, "place": count * per_case + 1},
        )
    if database.dialect == "postgresql":
        async with database.transaction() as session:
            for table in ("cases", "message", "message_words", "account", "participant", "filing", "known_id"):
                await session.execute(text(f"ANALYZE {table}"))


class _Batch:
    """Some cases with everything in them."""

    def __init__(self, chance: random.Random, count: int, per_case: int) -> None:
        self._chance = chance
        self._count = count
        self._per_case = per_case
        self._rows: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (CaseRow, Message, Filing, KnownId, Participant)
        }
        self._words: list[tuple[int, list[str]]] = []

    def add(self, number: int, firm: tuple[UUID, str]) -> None:
        case_id, title = new_id(), " ".join(self._chance.choices(WORDS, k=4)).capitalize()
        opened = BEGIN + timedelta(minutes=20 * number)
        client = f"{_rare(self._chance)}@{_rare(self._chance)}.example"
        last = opened + timedelta(hours=3 * self._per_case)
        self._rows[CaseRow].append({
            "id": case_id, "number": number, "version": self._per_case, "title": title,
            "status": "open" if number > self._count * 0.9 else "closed", "status_at": last, "status_reason": "seeded",
            "account_id": firm[0], "contact_id": None, "owner_id": None, "opened_at": opened, "opened_by": client,
            "opened_wording": "", "last_activity_at": last, "mentions": [], "merged_into": None, "continues": None,
            "continued_by": None, "deleted_at": None, "is_by_hand": False,
        })  # fmt: skip
        self._rows[Participant].append({
            "case_id": case_id, "email": client, "name": "", "verified": True, "message_id": None, "since": opened,
        })  # fmt: skip
        for nth in range(self._per_case):
            self._add_message(
                number, nth, case_id, f"{title} [Acme#{number}]", client, opened + timedelta(hours=3 * nth)
            )
            self._words[-1][1].extend(each for each in words_of(firm[1]) if each not in self._words[-1][1])

    def _add_message(self, number: int, nth: int, case_id: UUID, subject: str, client: str, at: datetime) -> None:
        message_id, ours, place = new_id(), nth % 5 == 4, (number - 1) * self._per_case + nth + 1
        body = self._chance.choices(WORDS, k=COMMON_WORDS) + [_rare(self._chance) for _ in range(RARE_WORDS)]
        text_ = " ".join(body)
        self._rows[Message].append({
            "id": message_id, "place": place, "case_id": case_id, "direction": "outgoing" if ours else "incoming",
            "effect": "closes" if ours else "opens", "is_reply": ours, "by_machine": False, "verified": True,
            "rfc_message_id": f"{message_id.hex}@seeded.example", "written_message_id": None, "identity": message_id.hex,
            "thread_index": None, "mailboxes": ["biuro@acme.example"], "mail_account_id": None, "subject": subject,
            "sender_email": "biuro@acme.example" if ours else client, "sender_name": "",
            "recipients": {"to": [], "cc": [], "bcc": []}, "ancestors": [], "preview": text_[:300], "attachments": 0,
            "received_at": at, "sent_at": at, "delivery": None,
        })  # fmt: skip
        self._rows[Filing].append({
            "message_id": message_id, "version": 1, "outcome": "append" if nth else "new", "rule": "seeded", "reason": "",
            "evidence": {}, "held_by": message_id, "suggested_case_id": None, "mailbox": "biuro@acme.example",
            "received_at": at, "decided_at": at, "decided_by": "rules",
        })  # fmt: skip
        self._rows[KnownId].append(
            {"rfc_message_id": f"{message_id.hex}@seeded.example", "kind": "own", "message_id": message_id}
        )
        self._words.append((place, words_of(f"{subject} {client} {text_}")))

    async def write(self, database: Database) -> None:
        async with database.transaction() as session:
            for table, rows in self._rows.items():
                await insert_many(session, table, rows)
            await add_words(session, self._words)


def _rare(chance: random.Random) -> str:
    """One of some millions of made-up words."""
    return "".join(chance.choices(RARE, k=chance.randint(2, 5)))
