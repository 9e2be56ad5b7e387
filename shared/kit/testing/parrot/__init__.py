"""The smallest service there can be, for the kit's own tests: it keeps what it hears."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Integer, Table, Text, select

from kit.bulk import insert_many
from kit.database import AsyncSession, Database
from kit.events import Event, Heard
from kit.outbox import announce
from kit.tables import service_metadata

metadata = service_metadata()

echo = Table(
    "echo",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("text", Text, nullable=False),
)


class Parroted(Event):
    """Something was said to the parrot."""

    subject: ClassVar[str] = "mail.parroted.v1"

    n: int
    text: str = ""

    def key(self) -> str:
        return str(self.n)


class Echoed(Event):
    """The parrot has repeated it."""

    subject: ClassVar[str] = "mail.echoed.v1"

    n: int

    def key(self) -> str:
        return str(self.n)


async def keep(session: AsyncSession, events: Sequence[Heard[Event]], now: datetime) -> None:  # noqa: ARG001
    """A handler: one row and one event for each event heard."""
    said = [(heard, heard.event) for heard in events if isinstance(heard.event, Parroted)]
    await insert_many(session, echo, [{"n": event.n, "text": event.text} for _, event in said])
    for heard, event in said:
        announce(session, Echoed(n=event.n), because=heard)


async def kept(database: Database) -> list[int]:
    """The numbers heard, in the order they took effect."""
    async with database.reading() as session:
        return list(await session.scalars(select(echo.c.n).order_by(echo.c.id)))
