"""One folder, read to its end: which mails are new there, fetched and handed to the intake, without gaps and without doubles.

The watermark `last_uid` only moves over mails that are in the ledger, noted as unfetched, gone, or older than our start
(reliability A1, A5). On each connection the folder is compared with the ledger as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from kit.clock import Clock
from kit.database import Database
from kit.failpoints import failpoint
from mail_ingest import repository
from mail_ingest.finishing import to_the_end
from mail_ingest.incoming import Incoming, digest, header_of
from mail_ingest.intake import Intake
from mail_ingest.models import MailFolder, UnfetchedMail
from mail_ingest.settings import Settings
from mail_ingest.sources.imap_connection import ImapConnection, PartlyFetched
from mail_ingest.sources.imap_errors import ConnectionBroken, MailServerError
from mail_ingest.sources.imap_replies import Fetched, FolderState
from mail_ingest.sources.pauses import next_fetch_at

MOST_CHANGES_IN_A_ROW = 5
SIZES_AT_ONCE = 500

log = structlog.get_logger("mail_ingest.folder_reading")


class FolderPaused(MailServerError):
    """The server numbers this folder anew again and again: a person has to look (reliability A4)."""

    code = "uid_validity_unstable"


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    account_id: UUID
    name: str
    role: str
    start: str  # "new" | "all"


class FolderReader:
    """`begin` on every new connection, then `catch_up` whenever there may be news."""

    def __init__(
        self, folder: WatchedFolder, *, intake: Intake, database: Database, clock: Clock, settings: Settings
    ) -> None:
        self._folder = folder
        self._intake = intake
        self._database = database
        self._clock = clock
        self._settings = settings
        self._row = MailFolder(
            mail_account_id=folder.account_id, name=folder.name, uid_validity=0, first_uid=0, first_seen_at=clock.now()
        )
        self._missing: list[int] = []
        self._noted: set[int] = set()  # the unfetched ones
        self._older_ones_ahead = False
        self._doubtful: set[int] = set()  # asked for together when a connection broke; asked for one by one from now on
        self.progress = 0
        """Mails that came in or were found to be the ones in the way: as long as it grows, there is no need to slow down."""

    async def begin(self, connection: ImapConnection) -> None:
        """Open the folder and find out what is missing here. Raises FolderUnusable, FolderPaused."""
        state = await connection.examine(self._folder.name)
        async with self._database.reading() as session:
            known = await repository.find_folder(session, self._folder.account_id, self._folder.name)
        if known is None:
            uids = [] if state.next_uid is not None else await connection.uids()
            async with self._database.transaction() as session:
                self._row = await repository.add_folder(session, self._first_look(state, uids))
        elif known.paused_reason is not None:
            raise FolderPaused(known.paused_reason)
        elif known.uid_validity != state.uid_validity:
            await self._numbered_anew(known, state)
        else:
            known.uid_validity_changes = 0
            await self._keep(known)
        await self._compare(connection)

    async def catch_up(self, connection: ImapConnection) -> int:
        """Take in what is new; returns how many mails are noted as unfetched.

        Raises ConnectionBroken when the connection is of no more use; what came before that is taken in.
        """
        gaps = await self._gaps()
        self._noted = set(gaps)
        now = self._clock.now()
        due = {uid for uid, gap in gaps.items() if gap.next_attempt_at <= now}
        newer = await connection.uids(self._row.last_uid + 1)
        wanted = sorted({*self._missing, *newer} - gaps.keys())
        self._missing = []
        for chunk in _chunks(wanted, SIZES_AT_ONCE):
            await self._take_chunk(connection, chunk)
            await self._advance(max(chunk))
        for uid in sorted(due):
            await self._take_one(connection, uid)
        async with self._database.reading() as session:
            return await repository.count_unfetched(session, self._folder.account_id)

    # ---- where we are

    def _first_look(self, state: FolderState, uids: Sequence[int]) -> MailFolder:
        next_uid = state.next_uid if state.next_uid is not None else max(uids, default=0) + 1
        from_now_on = self._folder.start == "new"
        now = self._clock.now()
        return MailFolder(
            mail_account_id=self._folder.account_id,
            name=self._folder.name,
            uid_validity=state.uid_validity,
            first_uid=next_uid if from_now_on else 1,
            first_seen_at=now,
            begins_at=now if from_now_on else None,
            last_uid=next_uid - 1 if from_now_on else 0,
        )

    async def _numbered_anew(self, row: MailFolder, state: FolderState) -> None:
        """Everything is looked at once more; the ledger recognises by their bytes the mails it has (reliability A4)."""
        row.uid_validity_changes += 1
        log.warning("uid_validity_changed", account=row.mail_account_id, in_a_row=row.uid_validity_changes)
        if row.uid_validity_changes > MOST_CHANGES_IN_A_ROW:
            row.paused_reason = (
                f"The server numbered {row.name} anew {row.uid_validity_changes} times in a row; reading it is paused."
            )
            await self._keep(row)
            raise FolderPaused(row.paused_reason)
        row.uid_validity, row.first_uid, row.last_uid = state.uid_validity, 1, 0
        self._older_ones_ahead = row.begins_at is not None
        await self._keep(row)
        async with self._database.transaction() as session:
            await repository.forget_other_validities(session, row.mail_account_id, row.name, row.uid_validity)

    async def _keep(self, row: MailFolder) -> None:
        async with self._database.transaction() as session:
            self._row = await session.merge(row)

    async def _advance(self, uid: int) -> None:
        failpoint("folder.before_watermark")
        self._row.last_uid = max(self._row.last_uid, uid)
        self._row.last_success_at = self._clock.now()
        async with self._database.transaction() as session:
            self._row = await session.merge(self._row)

    async def _compare(self, connection: ImapConnection) -> None:
        """What lies below the watermark and is not in the ledger."""
        there = await connection.uids(self._row.first_uid)
        async with self._database.reading() as session:
            known = await repository.known_uids(
                session, self._folder.account_id, self._folder.name, self._row.uid_validity
            )
        self._missing = [uid for uid in there if uid not in known]

    async def _gaps(self) -> dict[int, UnfetchedMail]:
        async with self._database.reading() as session:
            return await repository.unfetched_in(
                session, self._folder.account_id, self._folder.name, self._row.uid_validity
            )

    # ---- fetching

    async def _take_chunk(self, connection: ImapConnection, uids: Sequence[int]) -> None:
        sized, refused = await self._sizes(connection, uids)
        ours = self._since_we_began(uids, sized)
        small = [mail for mail in ours if not self._is_too_large(mail) and mail.uid not in self._doubtful]
        for group in _groups(small, self._settings.imap_batch, self._settings.imap_batch_bytes):
            await self._take_group(connection, group)
        alone = [mail.uid for mail in ours if self._is_too_large(mail) or mail.uid in self._doubtful]
        for uid in [*alone, *refused]:
            await self._take_one(connection, uid)

    def _since_we_began(self, uids: Sequence[int], sized: Sequence[Fetched]) -> list[Fetched]:
        """With start "new": those received since. After a renumbering the older ones have unknown numbers again."""
        begins_at = self._row.begins_at
        if begins_at is None or not self._older_ones_ahead:
            return list(sized)
        ours = [mail for mail in sized if mail.received_at is None or mail.received_at >= _whole_second(begins_at)]
        self._row.first_uid = min((mail.uid for mail in ours), default=max(uids) + 1)
        self._older_ones_ahead = not ours
        return ours

    async def _sizes(self, connection: ImapConnection, uids: Sequence[int]) -> tuple[list[Fetched], list[int]]:
        """Sizes and dates, and those that the server refused to tell of; who is in neither is gone."""
        try:
            return await connection.sizes(uids), []
        except PartlyFetched as broken:
            if isinstance(broken.cause, ConnectionBroken) or len(uids) == 1:
                raise broken.cause from broken
            came = {mail.uid for mail in broken.mails}
            return broken.mails, [uid for uid in uids if uid not in came]

    async def _take_group(self, connection: ImapConnection, group: Sequence[Fetched]) -> None:
        asked = {mail.uid: mail for mail in group}
        octets = sum(mail.size or 0 for mail in group)
        try:
            came, cause = await connection.mails(sorted(asked), octets=octets), None
        except PartlyFetched as broken:
            came, cause = broken.mails, broken
        whole = [mail for mail in came if mail.body is not None and _agrees(mail, asked[mail.uid])]
        await self._hand_over(whole)
        left = sorted(asked.keys() - {mail.uid for mail in whole})
        if cause is not None and isinstance(cause.cause, ConnectionBroken):
            if cause.suspect in asked:
                await self._note_unfetched([cause.suspect], cause.cause.sentence)
                self.progress += 1
            else:
                self._doubtful.update(left)
            raise cause.cause from cause
        for uid in left:
            await self._take_one(connection, uid)

    async def _take_one(self, connection: ImapConnection, uid: int) -> None:
        """One mail by itself. It is noted when it cannot be fetched; ConnectionBroken goes on to the caller."""
        try:
            sized = next(iter((await self._sizes(connection, [uid]))[0]), None)
            if sized is None:  # expunged meanwhile
                await self._forget_gaps([uid])
                return
            if self._is_too_large(sized):
                await self._hand_over_header(sized, await connection.header(uid))
            else:
                await self._hand_over([await self._whole(connection, sized)])
        except PartlyFetched as broken:
            await self._note_unfetched([uid], broken.cause.sentence)
            if isinstance(broken.cause, ConnectionBroken):
                raise broken.cause from broken
        except ConnectionBroken as error:
            await self._note_unfetched([uid], error.sentence)
            raise
        except MailServerError as error:
            await self._note_unfetched([uid], error.sentence)
        finally:
            self._doubtful.discard(uid)
            self.progress += 1

    async def _whole(self, connection: ImapConnection, sized: Fetched) -> Fetched:
        """The mail with as many bytes as the server says it has; some servers (Exchange) do not count well, so two
        fetches with the same bytes will do. Raises MailServerError.
        """
        former: bytes | None = None
        for _ in range(2):
            came = await connection.mails([sized.uid], octets=sized.size or 0)
            mail = next((one for one in came if one.uid == sized.uid and one.body is not None), None)
            if mail is None:
                raise MailServerError("The server lists this mail and does not send it.")
            if _agrees(mail, sized) or mail.body == former:
                return mail
            former = mail.body
        raise MailServerError("The server sends this mail with another length each time.")

    # ---- handing over

    async def _hand_over(self, mails: Sequence[Fetched]) -> None:
        if not mails:
            return
        incoming = [self._incoming(mail, mail.body or b"") for mail in mails]
        await to_the_end(self._intake.take_in(incoming))
        self.progress += len(mails)
        await self._forget_gaps([mail.uid for mail in mails])

    async def _hand_over_header(self, mail: Fetched, header: bytes) -> None:
        incoming = self._incoming(mail, header_of(header))
        incoming.whole = False
        incoming.size = mail.size or 0
        # Nobody has seen the whole of it: it is known by its header and its size.
        incoming.sha256 = digest(b"%b\n%d" % (incoming.raw, incoming.size))
        await to_the_end(self._intake.take_in([incoming]))
        await self._forget_gaps([mail.uid])

    def _incoming(self, mail: Fetched, raw: bytes) -> Incoming:
        now = self._clock.now()
        return Incoming(
            account_id=self._folder.account_id,
            folder=self._folder.name,
            role=self._folder.role,
            raw=raw,
            sha256=digest(raw),
            size=len(raw),
            received_at=_latest_moment_of(mail.received_at or now, now=now),
            uid_validity=self._row.uid_validity,
            uid=mail.uid,
        )

    async def _note_unfetched(self, uids: Sequence[int], error: str) -> None:
        now = self._clock.now()
        gaps = await self._gaps()
        rows = []
        for uid in uids:
            attempts = gaps[uid].attempts + 1 if uid in gaps else 1
            rows.append(
                {
                    "mail_account_id": self._folder.account_id,
                    "folder": self._folder.name,
                    "uid_validity": self._row.uid_validity,
                    "uid": uid,
                    "attempts": attempts,
                    "error": error,
                    "first_failed_at": now,
                    "next_attempt_at": next_fetch_at(attempts, now=now),
                }
            )
        async with self._database.transaction() as session:
            await repository.write_unfetched(session, rows)
        self._noted.update(uids)

    async def _forget_gaps(self, uids: Sequence[int]) -> None:
        if self._noted.isdisjoint(uids):
            return
        self._noted.difference_update(uids)
        async with self._database.transaction() as session:
            await repository.forget_unfetched(
                session, self._folder.account_id, self._folder.name, self._row.uid_validity, uids
            )

    def _is_too_large(self, mail: Fetched) -> bool:
        return (mail.size or 0) > self._settings.max_message_bytes


def _agrees(mail: Fetched, sized: Fetched) -> bool:
    """Whether as many bytes came as the server says there are (reliability A2)."""
    said = mail.size if mail.size is not None else sized.size
    return mail.body is not None and (said is None or len(mail.body) == said)


def _whole_second(moment: datetime) -> datetime:
    """INTERNALDATE knows no fractions."""
    return moment.replace(microsecond=0)


def _latest_moment_of(internal_date: datetime, *, now: datetime) -> datetime:
    """The end of the second that INTERNALDATE names, but not in the future.

    It knows no fractions: an answer that arrives within the second in which our reply left still came after it.
    """
    return min(internal_date + timedelta(microseconds=999_999 - internal_date.microsecond), now)


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _groups(mails: Iterable[Fetched], count: int, octets: int) -> Iterator[list[Fetched]]:
    """Up to `count` mails and about `octets` bytes together; a larger mail alone."""
    group: list[Fetched] = []
    size = 0
    for mail in mails:
        if group and (len(group) >= count or size + (mail.size or 0) > octets):
            yield group
            group, size = [], 0
        group.append(mail)
        size += mail.size or 0
    if group:
        yield group
