"""Taking mail in: the raw bytes first, then what they say.

    stored  [raw rows + ledger rows]            one transaction, so the mail cannot be lost from here on
      → workers                                  each attempt counted before it is begun
    settled [verdicts + documents + outbox rows] one transaction: whoever hears of a mail can read it

A crash in between leaves rows in state `stored`; `recovering` takes them up (reliability A1, A11).
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from uuid import UUID

import orjson
import structlog
from sqlalchemy.exc import DBAPIError

from kit.clock import Clock
from kit.database import Database
from kit.failpoints import failpoint
from kit.outages import is_outage
from kit.workers import Result, WorkerPool
from mail_ingest import repository
from mail_ingest.account_book import AccountBook, Mailbox
from mail_ingest.errors import DiskFull
from mail_ingest.incoming import Incoming, Taken
from mail_ingest.ledger_keeping import Stored, settle_mails, store_mails
from mail_ingest.measures import Measures
from mail_ingest.models import State
from mail_ingest.raw_store import RawMailDamaged, RawStore
from mail_ingest.repository import Waiting
from mail_ingest.settings import Settings
from mail_ingest.verdicts import Verdict, quarantined, verdict_of

PARSE = "mail_ingest.parsing.jobs:parse_job"
LEDGER_LOCK = "ledger"
SMALLEST_SHARE = 8
"""So many mails are worth a worker of their own."""

log = structlog.get_logger("mail_ingest.intake")


class Intake:
    """Whole batches at a time; what one mail meets never touches another."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        raw_store: RawStore,
        workers: WorkerPool,
        accounts: AccountBook,
        measures: Measures,
    ) -> None:
        self.settings = settings
        self._database = database
        self._clock = clock
        self._raw_store = raw_store
        self._workers = workers
        self._accounts = accounts
        self._measures = measures
        self._limits = asdict(settings.limits())
        self.being_read: set[UUID] = set()

    async def take_in(self, mails: Sequence[Incoming]) -> list[Taken]:
        """Keep and read these. When it returns, all is committed; when it raises, what was committed is finished later."""
        self._check_disk()
        stored = await self._store(mails)
        fresh = [one.waiting for one in stored if one.waiting is not None]
        failpoint("intake.after_stored")
        raw = {one.mail.raw_sha256: one.mail.raw for one in stored if one.waiting is not None}
        origins = {one.waiting.id: one.mail.correlation_id for one in stored if one.waiting is not None}
        verdicts = await self.read(fresh, raw, origins)
        reasons = {verdict.mail.id: verdict.reason for verdict in verdicts}
        return [_taken(one, reasons) for one in stored]

    async def read(
        self, mails: Sequence[Waiting], raw: dict[str, bytes], origins: dict[UUID, str | None] | None = None
    ) -> list[Verdict]:
        """Read mails that are stored and settle what they are; `raw` has their bytes by `raw_sha256`."""
        if not mails:
            return []
        self.being_read.update(mail.id for mail in mails)
        try:
            mailboxes = {mail.id: await self._accounts.last_known(mail.account_id) for mail in mails}
            requests = [self._request(mail, mailboxes[mail.id]) + raw[mail.raw_sha256] for mail in mails]
            results = await self._parsed(requests)
            verdicts = [
                verdict_of(mail, mailboxes[mail.id], result) for mail, result in zip(mails, results, strict=True)
            ]
            failpoint("intake.before_settled")
            verdicts = await self._settle_all(verdicts, mailboxes, origins or {})
            failpoint("intake.after_settled")
        finally:
            self.being_read.difference_update(mail.id for mail in mails)
        self._measures.read(verdicts)
        return verdicts

    async def read_kept(self, mails: Sequence[Waiting]) -> list[Verdict]:
        """Read mails whose bytes have to be fetched from the raw store first."""
        async with self._database.reading() as session:
            rows = await repository.raw_rows_of(session, [mail.raw_sha256 for mail in mails])
        raw: dict[str, bytes] = {}
        damaged: list[Verdict] = []
        for mail in mails:
            try:
                if mail.raw_sha256 not in rows:
                    raise RawMailDamaged(f"The raw mail {mail.raw_sha256} is missing.")
                raw[mail.raw_sha256] = await self._raw_store.read(rows[mail.raw_sha256])
            except RawMailDamaged as error:
                mailbox = await self._accounts.last_known(mail.account_id)
                damaged.append(quarantined(mail, mailbox, "raw_damaged", str(error)))
        await self._settle_all(damaged, {}, {})
        return damaged + await self.read([mail for mail in mails if mail.raw_sha256 in raw], raw)

    async def give_up(self, mails: Sequence[Waiting], reason: str, detail: str) -> None:
        """Quarantine mails without another attempt to read them."""
        verdicts = [
            quarantined(mail, await self._accounts.last_known(mail.account_id), reason, detail) for mail in mails
        ]
        await self._settle_all(verdicts, {}, {})

    async def disk(self) -> str | None:
        """For readiness: None, or that there is no room (reliability A14)."""
        try:
            self._check_disk()
        except DiskFull as error:
            return error.sentence
        return None

    # ---- storing

    async def _store(self, mails: Sequence[Incoming]) -> list[Stored]:
        raw_rows = await self._raw_store.keep({mail.raw_sha256: mail.raw for mail in mails})
        now = self._clock.now()
        async with self._database.transaction() as session:
            await self._database.lock(session, LEDGER_LOCK)
            return await store_mails(session, mails, raw_rows, now=now)

    def _check_disk(self) -> None:
        wanted = self.settings.min_free_disk_mb * 1024 * 1024
        if wanted and shutil.disk_usage(self.settings.data).free < wanted:
            raise DiskFull

    # ---- reading

    async def _parsed(self, requests: Sequence[bytes]) -> list[Result]:
        """A batch worth sharing is shared among the workers that have nothing else to do."""
        shares = max(1, min(self._workers.free, len(requests) // SMALLEST_SHARE))
        size = -(-len(requests) // shares)
        parts = [requests[start : start + size] for start in range(0, len(requests), size)]
        if len(parts) == 1:
            return await self._workers.run(PARSE, parts[0])
        return list(chain.from_iterable(await asyncio.gather(*(self._workers.run(PARSE, part) for part in parts))))

    def _request(self, mail: Waiting, mailbox: Mailbox) -> bytes:
        """What `parsing.jobs` expects before the mail: its context as one line of JSON."""
        context = {
            "trusted_authserv_ids": mailbox.trusted_authserv_ids,
            "account_timezone": mailbox.timezone,
            "role": mail.role,
            "limits": self._limits,
        }
        return orjson.dumps(context) + b"\n"

    # ---- settling

    async def _settle_all(
        self, verdicts: list[Verdict], mailboxes: dict[UUID, Mailbox], origins: dict[UUID, str | None]
    ) -> list[Verdict]:
        """In one transaction; when a database refuses a value in it, one by one, and only that mail is set aside."""
        if not verdicts:
            return []
        try:
            await self._settle(verdicts, origins)
        except (DBAPIError, OverflowError, ValueError) as error:
            if await is_outage(error, self._database):
                raise
            if len(verdicts) > 1:
                settled: list[Verdict] = []
                for verdict in verdicts:
                    settled += await self._settle_all([verdict], mailboxes, origins)
                return settled
            return [await self._set_aside(verdicts[0], mailboxes, error)]
        return verdicts

    async def _set_aside(self, verdict: Verdict, mailboxes: dict[UUID, Mailbox], error: Exception) -> Verdict:
        mail = verdict.mail
        if verdict.reason == "unstorable":
            raise error
        log.warning("mail_unstorable", message_id=mail.id, error=type(error).__name__)
        plain = quarantined(mail, mailboxes[mail.id], "unstorable", f"The database refused it: {type(error).__name__}.")
        await self._settle([plain], {})
        return plain

    async def _settle(self, verdicts: Sequence[Verdict], origins: dict[UUID, str | None]) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            await settle_mails(session, verdicts, origins, now=now)


def _taken(one: Stored, reasons: dict[UUID, str | None]) -> Taken:
    if one.waiting is not None:
        reason = reasons.get(one.waiting.id)
        return Taken(one.waiting.id, one.mail.sha256, "quarantined" if reason else "stored", reason)
    assert one.known is not None
    reason = one.known.quarantine_reason if one.known.state == State.QUARANTINED else reasons.get(one.known.id)
    return Taken(one.known.id, one.mail.sha256, "quarantined" if reason else "stored", reason, known=True)
