"""Writing down what was armed, armed anew and withdrawn: each kind of change of a whole batch in one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.reminders import ReminderArmed
from kit.announcing import announce
from kit.correlation import correlation
from kit.database import AsyncSession
from kit.events import Heard
from kit.ids import new_id
from reminder_dispatcher.arming_changes import Changes, changed_values
from reminder_dispatcher.due import planned_moment
from reminder_dispatcher.quiet_hours import QuietHours
from reminder_dispatcher.reminder_plan import Wanted
from reminder_dispatcher.repository import arming as repository


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reminder is about, beside what it wants: a task, a case that waits for an answer, an invitation that waits."""

    account_id: UUID | None
    case_number: int | None
    correlation_id: str
    about: str = "task"
    because: Heard[Any] | None = None


class ArmingWriter:
    """Collects the changes of a whole batch, to write each kind at once."""

    def __init__(self, quiet: QuietHours | None, now: datetime, *, not_before: datetime | None = None) -> None:
        """`not_before`: what was due earlier is planned for then."""
        self._quiet = quiet
        self._now = now
        self._not_before = not_before
        self._inserted: list[dict[str, Any]] = []
        self._rearmed: list[dict[str, Any]] = []
        self._withdrawn: list[tuple[UUID, str]] = []
        self._marked: list[tuple[UUID, str]] = []
        self._said: list[tuple[Origin, dict[str, Any]]] = []

    @property
    def armed(self) -> int:
        return len(self._said)

    def take(self, origin: Origin, result: Changes) -> None:
        for want, generation in result.insert:
            row = {**_EMPTY, **self._row(origin, want, generation), "id": new_id(), "created_at": self._now}
            self._inserted.append(row)
            self._said.append((origin, row))
        for reminder_id, want, generation in result.rearm:
            row = {**self._row(origin, want, generation), "id": reminder_id}
            self._rearmed.append(row)
            self._said.append((origin, row))
        self._withdrawn += result.withdraw
        self._marked += result.mark

    async def write(self, session: AsyncSession) -> None:
        """Withdrawing comes first: at most one reminder of a key is armed."""
        await repository.withdraw_reminders(session, self._withdrawn, now=self._now)
        await repository.mark_withdrawn(session, self._marked, now=self._now)
        await repository.rearm_reminders(session, self._rearmed)
        await repository.add_reminders(session, self._inserted)
        for origin, row in self._said:
            with correlation(origin.correlation_id):
                announce(session, ReminderArmed(**_facts(row, origin), at=self._now), because=origin.because)

    def _row(self, origin: Origin, want: Wanted, generation: int) -> dict[str, Any]:
        quiet = self._quiet if self._quiet and self._quiet.concern(want.key.audience, want.key.channel) else None
        due_at = max(want.due_at, self._not_before or want.due_at)
        planned_at = planned_moment(due_at, want.begins_at, now=self._now, quiet=quiet)
        return {
            **want.key._asdict(),
            **changed_values(want),
            "generation": generation,
            "status": "armed",
            "reason": None,
            "planned_at": planned_at,
            "planned_by_hand": False,
            "next_at": planned_at,
            "armed_at": self._now,
            "about": origin.about,
            "account_id": origin.account_id,
            "case_number": origin.case_number,
            "correlation_id": origin.correlation_id[:200],
            "changed_at": self._now,
        }


_EMPTY: dict[str, Any] = {
    "late": False, "claim": None, "lease_until": None, "intent_at": None, "withdrawn": False, "sent_anew": False,
    "attempts": 0, "recipient": None, "subject": None, "text": None, "rfc_message_id": None, "gateway_id": None,
    "segments": None, "sent_at": None, "delivered_at": None, "reported_at": None, "told_at": None, "dismissed_at": None,
}  # fmt: skip


def _facts(row: dict[str, Any], origin: Origin) -> dict[str, Any]:
    """What events tell of an armed reminder."""
    return {
        "reminder_id": row["id"],
        "task_id": row["task_id"],
        "about": origin.about,
        "recurrence_id": row["occurrence"] or None,
        "audience": row["audience"],
        "channel": row["channel"],
        "employee_id": row["employee_id"],
        "account_id": row["account_id"] if row["audience"] == "client" else None,
        "due_at": row["due_at"],
        "case_number": row["case_number"],
        "reason": row["reason"],
    }
