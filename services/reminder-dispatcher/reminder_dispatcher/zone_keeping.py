"""When the data of any zone are newer than those reminders were armed by, all that wait are computed anew: at the start, before any
leaves (reliability B10).

What a task wants is computed from its moments, which tasks-api tells anew when they moved, and from wall clocks that are ours to
read: days before the start, when an all-day task begins, quiet hours. To do it twice changes nothing, so a process that dies
half-way does it again.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from kit.database import Database
from kit.zone_data import all_zones_digest
from reminder_dispatcher.arming import ArmingRules, arm_again
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies, zones
from reminder_dispatcher.settings_keeping import plan_anew

AT_ONCE = 200
log = structlog.get_logger("reminder_dispatcher.zone_keeping")


async def follow_zone_data(
    database: Database, rules: ArmingRules, *, now: datetime, digest: Callable[[], str] = all_zones_digest
) -> int:
    """How many reminders were armed for another moment; the first time only the data are noted."""
    current = await asyncio.to_thread(digest)
    async with database.transaction() as session:
        known = await zones.known_digest(session)
        if known is None:
            await zones.note_digest(session, current, armed_anew=0, now=now)
    if known in (None, current):
        return 0
    armed, after = 0, None
    while True:
        async with database.transaction() as session:
            page = await copies.open_tasks_after(session, after, limit=AT_ONCE)
            armed += await arm_again(session, page, rules, now=now) if page else 0
        if len(page) < AT_ONCE:
            break
        after = page[-1].task_id
    async with database.transaction() as session:
        settings = await automation_repository.get_settings(session)
        await plan_anew(session, settings, now=now, default_zone=rules.default_timezone)
        await zones.note_digest(session, current, armed_anew=armed, now=now)
    log.warning("zone_data_changed", armed_anew=armed)
    return armed
