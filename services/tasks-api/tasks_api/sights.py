"""Who works in which unit and what administrators hide from whom: read once and remembered for a few seconds, since every
request of a person asks for it (features K33, R63)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.clock import Clock
from kit.database import Database
from tasks_api.models.organisation import MandatoryFilter
from tasks_api.organisation import Organisation
from tasks_api.repository import organisation

REMEMBERED_FOR = timedelta(seconds=3)
"""What another replica changed is noticed after so long; what this one changed at once."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The house as it was when it was looked at."""

    organisation: Organisation
    filters: tuple[MandatoryFilter, ...]
    at: datetime


class Sights:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: Sight | None = None
        self._forgotten = 0

    async def look(self) -> Sight:
        now = self._clock.now()
        known = self._known
        if known is not None and timedelta() <= now - known.at < REMEMBERED_FOR:
            return known
        forgotten = self._forgotten
        async with self._database.reading() as session:
            filters = await organisation.active_filters(session)
            found = Sight(await organisation.organisation(session), tuple(filters), now)
        if forgotten == self._forgotten:  # otherwise it was changed while we were reading
            self._known = found
        return found

    def forget(self) -> None:
        """Something was changed: the next request looks again."""
        self._forgotten += 1
        self._known = None
