"""Writing down that an SMS arrived, or that it did not. A report may come twice, late, or about nothing we know."""

from collections.abc import Sequence
from datetime import datetime

from contracts.reminders import ReminderDelivered, ReminderFailed
from kit.announcing import announce
from kit.correlation import correlation
from kit.database import AsyncSession
from reminder_dispatcher.delivery_reports import DeliveryReport
from reminder_dispatcher.facts import facts_of
from reminder_dispatcher.models import Reminder
from reminder_dispatcher.repository import reminders as repository
from reminder_dispatcher.repository.dispatching import due_form

_AWAITED = ("sent", "unknown", "sending", "armed")
"""`armed` and `sending` too: a report may overtake our own record of the sending."""


async def take_reports(session: AsyncSession, reports: Sequence[DeliveryReport], *, now: datetime) -> int:
    """How many reports changed something. Unknown ids are ignored (reliability B15)."""
    changed = 0
    for report in reports:
        reminder = await repository.find_reported(session, report.reminder_id, report.gateway_id)
        if reminder is not None and reminder.channel == "sms":
            changed += await _take(session, reminder, report, now)
    return changed


async def _take(session: AsyncSession, reminder: Reminder, report: DeliveryReport, now: datetime) -> bool:
    if reminder.attempts == 0 or reminder.status not in _AWAITED or report.verdict == "on_its_way":
        return False
    values: dict[str, object] = {"claim": None, "lease_until": None, "intent_at": None, "changed_at": now}
    if report.verdict == "delivered":
        values |= {"status": "delivered", "delivered_at": now, "sent_at": reminder.sent_at or now, "reason": None}
    else:
        values |= {"status": "failed", "reason": report.verdict}
    await repository.change_reminder(session, reminder.id, values)
    attempts = (await repository.attempts_of(session, [reminder.id])).get(reminder.id, [])
    kind = ReminderDelivered if report.verdict == "delivered" else ReminderFailed
    with correlation(reminder.correlation_id):
        announce(
            session,
            kind(
                **facts_of(
                    due_form(reminder),
                    at=now,
                    attempt=reminder.attempts,
                    user_id=attempts[-1].run_as_user_id if attempts else None,
                    reason=None if report.verdict == "delivered" else f"{report.verdict} {report.detail}".strip(),
                )
            ),
        )
    return True
