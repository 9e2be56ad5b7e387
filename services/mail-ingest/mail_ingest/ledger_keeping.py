"""How mails enter the ledger and how they get their verdict: the two transactions of `intake`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.correlation import correlation
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outbox import announce
from mail_ingest import repository
from mail_ingest.incoming import Incoming
from mail_ingest.models import State
from mail_ingest.repository import LedgerRow, Waiting
from mail_ingest.verdicts import Verdict


@dataclass(slots=True)
class Stored:
    """A mail that is safe: `waiting` is set when it is new and has to be read, else `known` says what lay there."""

    mail: Incoming
    waiting: Waiting | None = None
    known: LedgerRow | None = None


async def store_mails(
    session: AsyncSession, mails: Sequence[Incoming], raw_rows: Sequence[dict[str, Any]], *, now: datetime
) -> list[Stored]:
    """Enter mails into the ledger; those that lie there already are recognised.

    Pushed mail is known by its bytes in that mailbox and role, fetched mail by its place. The bytes of a fetched mail under
    a UIDVALIDITY of the past are the same mail with a new number (reliability A4). Anything else is new, and remembers an
    earlier mail with the same bytes (A13).
    """
    ledger = _Known(await repository.rows_with_bytes(session, [mail.sha256 for mail in mails]))
    for place in {(mail.account_id, mail.folder, mail.uid_validity) for mail in mails if mail.uid_validity is not None}:
        account_id, folder, uid_validity = place
        uids = [m.uid for m in mails if (m.account_id, m.folder, m.uid_validity) == place and m.uid is not None]
        ledger.add_places(await repository.rows_at(session, account_id, folder, uid_validity, uids))
    stored: list[Stored] = []
    fresh: list[dict[str, Any]] = []
    for mail in mails:
        known = ledger.same_mail(mail)
        if known is None and (former := ledger.former_number_of(mail)) is not None:
            assert mail.uid_validity is not None
            assert mail.uid is not None
            await repository.move_in_ledger(session, former.id, uid_validity=mail.uid_validity, uid=mail.uid)
            known = former
        if known is not None:
            stored.append(Stored(mail, known=known))
            continue
        row = _ledger_row(mail, same_bytes_as=ledger.first_with(mail.sha256), now=now)
        fresh.append(row)
        waiting = _waiting(row)
        ledger.add(waiting, mail)
        stored.append(Stored(mail, waiting=waiting))
    new_digests = {row["raw_sha256"] for row in fresh}
    await repository.add_messages(session, [row for row in raw_rows if row["sha256"] in new_digests], fresh)
    return stored


async def settle_mails(
    session: AsyncSession, verdicts: Sequence[Verdict], origins: dict[UUID, str | None], *, now: datetime
) -> None:
    """Write down verdicts and announce them; a mail that has one already (another replica was quicker) is left alone."""
    read = [verdict.mail.id for verdict in verdicts if verdict.reason is None]
    settled = await repository.settle_parsed(session, read) if read else set()
    for verdict in verdicts:
        if verdict.reason is not None and await repository.settle_quarantined(
            session, verdict.mail.id, reason=verdict.reason, detail=verdict.detail, now=now
        ):
            settled.add(verdict.mail.id)
    news = [verdict for verdict in verdicts if verdict.mail.id in settled]
    read_before = [verdict.mail.id for verdict in news if verdict.mail.quarantine_reason is not None]
    if read_before:
        await repository.forget_reading(session, read_before)
    await repository.write_reading(
        session,
        [verdict.card for verdict in news if verdict.card is not None],
        [verdict.document for verdict in news if verdict.document is not None],
    )
    for verdict in news:
        origin = origins.get(verdict.mail.id) or str(verdict.mail.id)
        with correlation(origin):
            for event, event_id in verdict.announcements:
                announce(session, event, event_id=event_id)


class _Known:
    """What the ledger holds about the mails of one batch, the batch itself included."""

    def __init__(self, rows: Sequence[LedgerRow]) -> None:
        self._by_bytes: dict[str, list[LedgerRow]] = {}
        self._by_place: dict[tuple[UUID, str, int | None, int | None], LedgerRow] = {}
        for row in rows:
            self._by_bytes.setdefault(row.sha256, []).append(row)

    def add_places(self, rows: Sequence[LedgerRow]) -> None:
        for row in rows:
            self._by_place[row.account_id, row.folder, row.uid_validity, row.uid] = row

    def add(self, waiting: Waiting, mail: Incoming) -> None:
        row = LedgerRow(
            id=waiting.id,
            account_id=mail.account_id,
            folder=mail.folder,
            role=mail.role,
            uid_validity=mail.uid_validity,
            uid=mail.uid,
            sha256=mail.sha256,
            state=State.STORED.value,
            quarantine_reason=None,
        )
        self._by_bytes.setdefault(mail.sha256, []).append(row)
        if mail.uid is not None:
            self.add_places([row])

    def same_mail(self, mail: Incoming) -> LedgerRow | None:
        if mail.uid is not None:
            return self._by_place.get((mail.account_id, mail.folder, mail.uid_validity, mail.uid))
        here = (mail.account_id, mail.role)
        return next((row for row in self._by_bytes.get(mail.sha256, ()) if (row.account_id, row.role) == here), None)

    def former_number_of(self, mail: Incoming) -> LedgerRow | None:
        """A row of this folder with these bytes, under a UIDVALIDITY that is over; each is found once."""
        if mail.uid is None:
            return None
        rows = self._by_bytes.get(mail.sha256, [])
        for index, row in enumerate(rows):
            here = (row.account_id, row.folder) == (mail.account_id, mail.folder) and row.uid is not None
            if here and row.uid_validity != mail.uid_validity:
                rows[index] = replace(row, uid_validity=mail.uid_validity, uid=mail.uid)
                self.add_places([rows[index]])
                return row
        return None

    def first_with(self, sha256: str) -> UUID | None:
        rows = self._by_bytes.get(sha256)
        return rows[0].id if rows else None


def _ledger_row(mail: Incoming, *, same_bytes_as: UUID | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "mail_account_id": mail.account_id,
        "folder": mail.folder,
        "role": mail.role,
        "uid_validity": mail.uid_validity,
        "uid": mail.uid,
        "sha256": mail.sha256,
        "raw_sha256": mail.raw_sha256,
        "size": mail.size,
        "received_at": mail.received_at,
        "stored_at": now,
        "imported": mail.imported,
        "state": State.STORED.value,
        "attempts": 1,
        "claimed_at": now,
        "same_bytes_as": same_bytes_as,
    }


def _waiting(row: dict[str, Any]) -> Waiting:
    return Waiting(
        id=row["id"],
        account_id=row["mail_account_id"],
        folder=row["folder"],
        role=row["role"],
        sha256=row["sha256"],
        raw_sha256=row["raw_sha256"],
        size=row["size"],
        received_at=row["received_at"],
        imported=row["imported"],
        attempts=row["attempts"],
        quarantine_reason=None,
        same_bytes_as=row["same_bytes_as"],
    )
