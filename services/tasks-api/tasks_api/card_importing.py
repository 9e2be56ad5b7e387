"""A list of firms and people taken in: some hundred lines in each transaction, nothing at all in a dry run (ecosystem 2.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from kit.database import AsyncSession, Database
from kit.workers import WorkerFailed
from tasks_api import card_keeping
from tasks_api.card_reading import READ
from tasks_api.card_rows import CardRow, Field, Problem, checked_rows, fields_of
from tasks_api.errors.directory import UnreadableList
from tasks_api.folding import folded
from tasks_api.models.directory import Contact
from tasks_api.repository import card_matches, directory
from tasks_api.series_dates import Workers
from tasks_api.tax_ids import comparable

OnDuplicate = Literal["skip", "update", "create"]
_AT_ONCE = 200
Outcomes = dict[str, int]


@dataclass(slots=True)
class Taken:
    """What became of a list: how many cards were made, changed and left as they were, and what was wrong with which line."""

    dry_run: bool
    columns: dict[str, Field]
    unknown_columns: list[str]
    lines: int = 0
    accounts: Outcomes = field(default_factory=lambda: dict.fromkeys(("created", "updated", "skipped"), 0))
    contacts: Outcomes = field(default_factory=lambda: dict.fromkeys(("created", "updated", "skipped"), 0))
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Known:
    """The cards that are there, as far as these lines speak of them."""

    by_tax_id: dict[str, UUID]
    by_email: dict[str, UUID]
    by_name: dict[str, UUID]
    people: dict[UUID, list[tuple[UUID, str, frozenset[str]]]]

    def account_of(self, row: CardRow) -> UUID | None:
        """By tax number, else by an address, else by the very name; two different NIPs are never the same firm."""
        if row.tax_id is not None and (found := self.by_tax_id.get(comparable(row.tax_id))):
            return found
        by_email = next((self.by_email[email] for email in row.emails if email in self.by_email), None)
        return by_email or (self.by_name.get(folded(row.account)[:300]) if row.tax_id is None else None)

    def person_of(self, row: CardRow, account_id: UUID) -> UUID | None:
        name = folded(row.contact)[:300]
        for contact_id, known_name, emails in self.people.get(account_id, ()):
            if emails & set(row.contact_emails) or known_name == name:
                return contact_id
        return None

    def learn_account(self, row: CardRow, account_id: UUID) -> None:
        if row.tax_id is not None:
            self.by_tax_id.setdefault(comparable(row.tax_id), account_id)
        for email in row.emails:
            self.by_email.setdefault(email, account_id)
        self.by_name.setdefault(folded(row.account)[:300], account_id)

    def learn_person(self, row: CardRow, account_id: UUID, contact_id: UUID) -> None:
        known = (contact_id, folded(row.contact)[:300], frozenset(row.contact_emails))
        self.people.setdefault(account_id, []).append(known)


async def import_cards(
    database: Database,
    workers: Workers,
    content: bytes,
    *,
    dry_run: bool,
    on_duplicate: OnDuplicate,
    columns: Mapping[str, Field],
    region: str,
    now: datetime,
) -> Taken:
    """Take a CSV, XLSX or vCard in. `columns` names what headings mean that we do not know.

    A line with a mistake is told and left out, the others are kept. UnreadableList when it is none of these, or no column
    says what a firm or a person is called.
    """
    headings, lines = await _read(workers, content)
    known = {**fields_of(headings), **{i: columns[name] for i, name in enumerate(headings) if name in columns}}
    if not {"account", "contact", "last_name"} & set(known.values()):
        raise UnreadableList("No column holds the name of a firm or a person.", columns=headings)
    rows, problems = checked_rows(lines, known, region=region)
    taken = Taken(
        dry_run,
        {headings[i]: name for i, name in known.items()},
        [heading for i, heading in enumerate(headings) if i not in known and heading.strip()],
        lines=len({row.line for row in rows} | {problem.line for problem in problems}),
        problems=problems,
    )
    planned = _Known({}, {}, {}, {})
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        if dry_run:
            async with database.reading() as session:
                planned = _merged(await _known(session, some), planned)
                for row in some:
                    await _take(None, row, planned, taken, on_duplicate, region=region, now=now)
        else:
            async with database.transaction() as session:
                there = await _known(session, some)
                for row in some:
                    await _take(session, row, there, taken, on_duplicate, region=region, now=now)
    return taken


async def _read(workers: Workers, content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    (result,) = await workers.run(READ, [content])
    if isinstance(result, WorkerFailed):
        raise UnreadableList("The list is more than can be read.", reason=result.reason)
    answer = orjson.loads(result)
    if "problem" in answer:
        raise UnreadableList("The list is no CSV, XLSX or vCard that we can read.", reason=answer["problem"])
    return answer["headings"], answer["lines"]


async def _known(session: AsyncSession, rows: Sequence[CardRow]) -> _Known:
    emails = {email for row in rows for email in row.emails}
    holders = await directory.holders_of(session, emails)
    by_email = {
        email: holder.card_id for email, found in holders.items() for holder in found if holder.kind == "account"
    }
    by_tax_id = await card_matches.accounts_with_tax_ids(session, {row.tax_id for row in rows if row.tax_id})
    by_name = await card_matches.accounts_named(session, {folded(row.account)[:300] for row in rows})
    ids = {*by_email.values(), *by_tax_id.values(), *by_name.values()}
    people = await card_matches.contacts_of_accounts(session, ids)
    addresses = await directory.emails_of(session, [one.id for found in people.values() for one in found])
    return _Known(by_tax_id, by_email, by_name, {
        account_id: [_person(one, addresses[one.id]) for one in found] for account_id, found in people.items()
    })  # fmt: skip


def _person(contact: Contact, emails: Sequence[str]) -> tuple[UUID, str, frozenset[str]]:
    return contact.id, contact.folded_name, frozenset(emails)


def _merged(there: _Known, planned: _Known) -> _Known:
    """A dry run remembers what it would have made."""
    people = {**there.people}
    for account_id, found in planned.people.items():
        people[account_id] = [*people.get(account_id, []), *found]
    return _Known(
        {**planned.by_tax_id, **there.by_tax_id}, {**planned.by_email, **there.by_email},
        {**planned.by_name, **there.by_name}, people,
    )  # fmt: skip


async def _take(
    session: AsyncSession | None,
    row: CardRow,
    known: _Known,
    taken: Taken,
    on_duplicate: OnDuplicate,
    *,
    region: str,
    now: datetime,
) -> None:
    """One line. Without a session nothing is written, only counted."""
    account_id = known.account_of(row)
    repeated_for_person = account_id is not None and bool(row.contact)
    if account_id is None or (on_duplicate == "create" and not repeated_for_person):
        account_id = await _make_account(session, row, region=region, now=now)
        taken.accounts["created"] += 1
        known.learn_account(row, account_id)
    elif on_duplicate == "update":
        if session is not None:
            await _fill_account(session, account_id, row, region=region)
        taken.accounts["updated"] += 1
    else:
        taken.accounts["skipped"] += 1
    if row.contact:
        await _take_person(session, row, account_id, known, taken, on_duplicate, region=region, now=now)


async def _take_person(
    session: AsyncSession | None, row: CardRow, account_id: UUID, known: _Known, taken: Taken, on_duplicate: OnDuplicate, *,
    region: str, now: datetime,
) -> None:  # fmt: skip
    contact_id = known.person_of(row, account_id)
    if contact_id is None or on_duplicate == "create":
        fields = {
            "account_id": account_id, "name": row.contact, "emails": list(row.contact_emails), **row.contact_phones,
            "is_default": row.is_default,
        }  # fmt: skip
        if session is not None:
            contact_id = (await card_keeping.create_contact(session, fields, region=region, now=now)).id
        taken.contacts["created"] += 1
        known.learn_person(row, account_id, contact_id or account_id)
    elif on_duplicate == "update":
        if session is not None:
            emails = (await directory.emails_of(session, [contact_id]))[contact_id]
            changes: dict[str, Any] = {"name": row.contact, **row.contact_phones}
            changes["emails"] = list(dict.fromkeys([*emails, *row.contact_emails]))
            if row.is_default:
                changes["is_default"] = True
            await card_keeping.change_contact(session, contact_id, changes, region=region)
        taken.contacts["updated"] += 1
    else:
        taken.contacts["skipped"] += 1


async def _make_account(session: AsyncSession | None, row: CardRow, *, region: str, now: datetime) -> UUID:
    fields = {"name": row.account, "tax_id": row.tax_id, "emails": list(row.emails), **row.phones}
    if session is None:
        return UUID(int=row.line)
    return (await card_keeping.create_account(session, fields, region=region, now=now)).id


async def _fill_account(session: AsyncSession, account_id: UUID, row: CardRow, *, region: str) -> None:
    """What the list says replaces what is there; what it leaves out stays, and no address is taken away."""
    emails = (await directory.emails_of(session, [account_id]))[account_id]
    changes: dict[str, Any] = {"name": row.account, **row.phones}
    changes["emails"] = list(dict.fromkeys([*emails, *row.emails]))
    if row.tax_id is not None:
        changes["tax_id"] = row.tax_id
    await card_keeping.change_account(session, account_id, changes, region=region)
