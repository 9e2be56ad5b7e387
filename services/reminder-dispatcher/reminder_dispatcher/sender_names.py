"""Names that SMS bear instead of a number: asked for, stated by their owner, approved (features R74).

A name is used once its owner has stated that it may be, and as long as the gateway, where it can be asked, does not say
otherwise. Until then SMS bear the gateway's own sender (docs/decisions/0110).
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from kit.database import AsyncSession, Database
from reminder_dispatcher.actors import Actor
from reminder_dispatcher.channels.role import Channel, KnowsSenders, NotAccepted, OutcomeUnknown, SenderState, Sms
from reminder_dispatcher.errors import SenderNameExists, SenderNameInUse, SenderNameNotFound
from reminder_dispatcher.models import SenderName
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import sender_names as repository

ASKED_EVERY = timedelta(hours=6)

log = structlog.get_logger("reminder_dispatcher.sender_names")


def status_of(*, is_stated: bool, gateway_says: str | None) -> Literal["pending", "approved"]:
    """What our own state of a name is. A gateway that cannot be asked leaves it to the statement."""
    return "approved" if is_stated and gateway_says in (None, "approved") else "pending"


class SenderNames:
    """Asks the gateway about names, where it can be asked."""

    def __init__(self, database: Database, sms: Channel[Sms]) -> None:
        self._database = database
        self._gateway = sms if isinstance(sms, KnowsSenders) else None

    async def run(self) -> None:
        while True:
            await self.ask_about_all()
            await asyncio.sleep(ASKED_EVERY.total_seconds())

    async def ask_about_all(self) -> None:
        """Every name that was stated: gateways approve names late, and take approval back."""
        async with self._database.reading() as session:
            names = await repository.stated_names(session)
        for name in names:
            await self.ask_about(name)

    async def ask_about(self, name: str) -> None:
        """What the gateway says now; what it said before stays while it does not answer."""
        says = await self._answer(name) if self._gateway is not None else None
        if says is None and self._gateway is not None:
            return
        now = self._database.clock.now()
        async with self._database.transaction() as session:
            known = await repository.find_sender_name(session, name, lock=True)
            if known is not None:
                await _settle(session, known, gateway_says=says, asked_at=now if says is not None else None)

    async def _answer(self, name: str) -> SenderState | None:
        assert self._gateway is not None
        try:
            return await self._gateway.sender_state(name)
        except (NotAccepted, OutcomeUnknown) as error:
            log.warning("sender_name_not_asked", reason=error.reason)
            return None


async def get_sender_name(session: AsyncSession, name: str, *, lock: bool = False) -> SenderName:
    found = await repository.find_sender_name(session, name, lock=lock)
    if found is None:
        raise SenderNameNotFound(name)
    return found


async def add_sender_name(session: AsyncSession, name: str, *, now: datetime) -> SenderName:
    if await repository.find_sender_name(session, name) is not None:
        raise SenderNameExists(name)
    await repository.add_sender_name(session, name, now=now)
    return await get_sender_name(session, name)


async def state_ownership(
    session: AsyncSession, known: SenderName, statement: str | None, *, by: Actor, now: datetime
) -> SenderName:
    """Keep the owner's statement that the name may be used, or take it back (None)."""
    is_stated = statement is not None
    return await _settle(
        session,
        known,
        statement=statement,
        stated_by=by.user_id if is_stated else None,
        stated_by_name=by.name[:200] if is_stated else None,
        stated_at=now if is_stated else None,
    )


async def delete_sender_name(session: AsyncSession, known: SenderName) -> None:
    settings = await automation_repository.get_settings(session)
    if settings.sms_sender is not None and settings.sms_sender.lower() == known.folded:
        raise SenderNameInUse(known.name)
    await repository.delete_sender_name(session, known.name)


async def note_refused(session: AsyncSession, name: str, *, now: datetime) -> None:
    """The gateway refused an SMS because of its sender: the next ones leave without it."""
    known = await repository.find_sender_name(session, name, lock=True)
    if known is not None:
        await _settle(session, known, gateway_says="refused", asked_at=now)


async def usable_sender(session: AsyncSession, wanted: str | None) -> str | None:
    """The name SMS bear; None: that of the gateway."""
    known = await repository.find_sender_name(session, wanted) if wanted is not None else None
    return wanted if known is not None and known.status == "approved" else None


async def _settle(session: AsyncSession, known: SenderName, **values: Any) -> SenderName:
    now_known = {"statement": known.statement, "gateway_says": known.gateway_says, **values}
    status = status_of(is_stated=now_known["statement"] is not None, gateway_says=now_known["gateway_says"])
    if status != known.status:
        log.warning("sender_name_changed", status=status, gateway_says=now_known["gateway_says"])
    told = {**values, "status": status}
    if any(getattr(known, name) != value for name, value in told.items() if name != "asked_at"):
        told["version"] = known.version + 1
    await repository.change_sender_name(session, known.name, told)
    return await get_sender_name(session, known.name)
