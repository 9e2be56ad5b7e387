"""Reminders of what waits for somebody of ours. Asked of those who know, each minute and only while it is switched on: cases
of case-threader, invitations of tasks-api (issue 6, point 6). What comes of it is a reminder like any other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import httpx
import structlog
from pydantic import AwareDatetime, BaseModel, ValidationError

from kit.database import AsyncSession, Database
from kit.errors import GoniecError
from reminder_dispatcher.arming_changes import changes
from reminder_dispatcher.arming_rows import ArmingWriter, Origin
from reminder_dispatcher.automation import AutomationSettings, WaitingRule
from reminder_dispatcher.repository import arming as arming_repository
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies
from reminder_dispatcher.statuses import NO_LONGER_WAITS
from reminder_dispatcher.waiting_matters import About, Matter, as_task, is_overdue, wanted_for

LOOK_EVERY = timedelta(seconds=60)
_PAGE = 200
_MOST_PAGES = 50

log = structlog.get_logger("reminder_dispatcher.waiting")


class Sibling(Protocol):
    """What is needed of `kit.service_client.ServiceClient`."""

    async def call(
        self, service: str, method: str, path: str, *, params: Mapping[str, Any] | None = None
    ) -> httpx.Response: ...


class _Case(BaseModel):
    id: UUID
    number: int
    tag: str
    title: str
    status_at: AwareDatetime
    account_id: UUID | None = None
    owner_id: UUID | None = None


class _Invitation(BaseModel):
    id: UUID
    summary: str
    mail_subject: str = ""
    sender: str | None = None
    recorded_at: AwareDatetime


class WaitingMatters:
    """Looks for what has waited too long, and arms or withdraws reminders of it."""

    def __init__(
        self, database: Database, siblings: Sibling, *, default_timezone: str, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._siblings = siblings
        self._timezone = default_timezone
        self._wake = wake

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def look(self) -> int:
        """How many reminders were armed. A service that does not answer is asked again next time; nothing is taken back then."""
        async with self._database.reading() as session:
            settings = await automation_repository.get_settings(session)
        armed = 0
        for about, rule in (("case", settings.unanswered_cases), ("invitation", settings.waiting_invitations)):
            armed += await self._look_for(about, rule, settings)  # type: ignore[arg-type]  # one of both words
        if armed:
            self._wake()
        return armed

    async def _look_for(self, about: About, rule: WaitingRule, settings: AutomationSettings) -> int:
        found: list[Matter] = []
        is_on = settings.enabled and rule.enabled
        now = await self._database.now()
        if is_on:
            try:
                found = await (self._cases() if about == "case" else self._invitations())
            except (GoniecError, ValidationError) as error:
                log.warning("waiting_not_known", about=about, reason=type(error).__name__)
                return 0
        overdue = [one for one in found if is_overdue(one, rule, now=now)]
        async with self._database.transaction() as session:
            known = await copies.open_matters(session, about)
            if not overdue and not known:
                return 0
            return await self._arm(
                session, about, overdue, known - {one.id for one in overdue}, rule, settings, now=now
            )

    async def _arm(
        self,
        session: AsyncSession,
        about: About,
        overdue: Sequence[Matter],
        settled: set[UUID],
        rule: WaitingRule,
        settings: AutomationSettings,
        *,
        now: datetime,
    ) -> int:
        ids = [*(one.id for one in overdue), *settled]
        standing = await arming_repository.standing_reminders(session, ids, since_occurrence="~")
        states = [(as_task(one, timezone=self._timezone), True) for one in overdue]
        await copies.save_tasks(session, states, now=now, about=about)
        await copies.close_matters(session, settled)
        writer = ArmingWriter(settings.quiet(self._timezone), now, not_before=now)
        for one in overdue:
            wanted = wanted_for(one, rule)
            result = changes(wanted, standing.get(one.id, ()), now=now, reason_to_withdraw=NO_LONGER_WAITS)
            writer.take(Origin(one.account_id, one.case_number, f"{about}-{one.id}", about), result)
        for matter_id in settled:
            result = changes([], standing.get(matter_id, ()), now=now, reason_to_withdraw=NO_LONGER_WAITS)
            writer.take(Origin(None, None, f"{about}-{matter_id}", about), result)
        await writer.write(session)
        return writer.armed

    async def _cases(self) -> list[Matter]:
        """An open case is one that waits for our answer; it has done so since it became open (DESIGN 5, status)."""
        rows = [_Case.model_validate(row) async for row in self._pages("case-threader", "/v1/cases", status="open")]
        return [
            Matter(
                about="case",
                id=row.id,
                since=row.status_at,
                title=row.title,
                number=row.tag,
                account_id=row.account_id,
                case_number=row.number,
                owner_id=row.owner_id,
            )
            for row in rows
        ]

    async def _invitations(self) -> list[Matter]:
        pages = self._pages("tasks-api", "/v1/invitations", outcome=["waiting", "review"])
        rows = [_Invitation.model_validate(row) async for row in pages]
        return [
            Matter(
                about="invitation",
                id=row.id,
                since=row.recorded_at,
                title=row.summary or row.mail_subject,
                said_by=row.sender or "",
            )
            for row in rows
        ]

    async def _pages(self, service: str, path: str, **params: Any) -> AsyncIterator[Any]:
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            asked = {**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})}
            page = (await self._siblings.call(service, "GET", path, params=asked)).json()
            for row in page["items"]:
                yield row
            cursor = page["next"]
            if cursor is None:
                return
