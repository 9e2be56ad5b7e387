"""How each mailbox is doing, for people: one state, when it was last read to its end, and why not since (ecosystem 0.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from contracts.mail import MailAccountHealthChanged
from kit.clock import Clock
from kit.database import AsyncSession, Database
from kit.outbox import announce
from mail_ingest import repository
from mail_ingest.measures import Measures
from mail_ingest.models import MailboxHealth

STARTING, OK, DEGRADED, PAUSED, SILENT, UNREACHABLE, AUTH_FAILED = (
    "starting",
    "ok",
    "degraded",
    "paused",
    "silent",
    "unreachable",
    "auth_failed",
)
_FROM_GOOD_TO_BAD = (OK, STARTING, DEGRADED, PAUSED, SILENT, UNREACHABLE, AUTH_FAILED)
WRITTEN_EVERY = timedelta(seconds=10)
"""A success that changes nothing is written down no more often."""


class MailboxReport:
    """Collects what the folders of one account meet, and writes down what it comes to."""

    def __init__(self, account_id: UUID, address: str, *, database: Database, clock: Clock, measures: Measures) -> None:
        self._account_id = account_id
        self._address = address
        self._database = database
        self._clock = clock
        self._measures = measures
        self._states: dict[str, str] = {}
        self._written_at: dict[str, datetime] = {}  # by folder
        self._written_state: str | None = None

    async def success(self, folder: str, *, capabilities: frozenset[str], unfetched: int) -> None:
        """The folder was read to its end; mails that cannot be fetched leave it degraded."""
        self._states[folder] = DEGRADED if unfetched else OK
        self._measures.unfetched(self._account_id, unfetched)
        state = self._state()
        now = self._clock.now()
        written_at = self._written_at.get(folder)
        if state == self._written_state and written_at is not None and now - written_at < WRITTEN_EVERY:
            return
        async with self._database.transaction() as session:
            health = await repository.health_to_change(session, self._account_id, now=now)
            health.last_success_at = now
            health.capabilities = sorted(capabilities)
            if health.refused_logins:
                health.refused_logins = []
            await repository.note_folder_was_read(session, self._account_id, folder, at=now)
            self._come_into(session, health, state, now=now)
        self._written_at[folder] = now

    async def failure(self, folder: str, state: str, *, code: str, sentence: str, refused_login: bool = False) -> None:
        """The folder cannot be read now. `refused_login`: a login was tried and refused, which is counted."""
        self._states[folder] = state
        now = self._clock.now()
        async with self._database.transaction() as session:
            health = await repository.health_to_change(session, self._account_id, now=now)
            health.last_error, health.last_error_code, health.last_error_at = sentence, code, now
            if refused_login:
                health.refused_logins = [*health.refused_logins, now.isoformat()][-20:]
            self._come_into(session, health, self._state(), now=now)

    async def refused_logins(self) -> list[datetime]:
        async with self._database.reading() as session:
            health = await repository.find_health(session, self._account_id)
        return [datetime.fromisoformat(moment) for moment in health.refused_logins] if health is not None else []

    def _state(self) -> str:
        return max(self._states.values(), key=_FROM_GOOD_TO_BAD.index)

    def _come_into(self, session: AsyncSession, health: MailboxHealth, state: str, *, now: datetime) -> None:
        come_into(session, health, state, address=self._address, now=now)
        self._written_state = state
        self._measures.mailbox(
            self._account_id, up=state in {OK, DEGRADED, STARTING}, last_success_at=health.last_success_at
        )


def come_into(session: AsyncSession, health: MailboxHealth, state: str, *, address: str, now: datetime) -> None:
    """Write down the state of a mailbox, and announce it when it is another one."""
    former = health.state
    if state != former:
        health.state, health.since = state, now
        announce(
            session,
            MailAccountHealthChanged(
                mail_account_id=health.mail_account_id,
                address=address,
                state=state,
                former_state=former,
                last_success_at=health.last_success_at,
                last_error=health.last_error if state not in {OK, STARTING} else None,
            ),
        )
    session.add(health)
