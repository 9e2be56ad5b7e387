"""What reminder-dispatcher hears: tasks, the directory, mail accounts. A batch is one pass over each kind."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import event as happenings

from contracts.directory import AccountChanged, CardErased, ContactChanged, EmployeeChanged, UserChanged
from contracts.mail import MailAccountChanged
from contracts.tasks import TASK_EVENTS, TaskEvent
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.subscription import Subscription
from reminder_dispatcher.arming import ArmingRules, arm
from reminder_dispatcher.repository import copies, forgetting

HEARS: tuple[type[Event], ...] = (
    *TASK_EVENTS,
    AccountChanged,
    ContactChanged,
    EmployeeChanged,
    UserChanged,
    CardErased,
    MailAccountChanged,
)

E = TypeVar("E", bound=Event)


def subscription(
    rules: ArmingRules, *, wake: Callable[[], None], when_caught_up: Callable[[], None] | None = None
) -> Subscription:
    """`wake` is called after the commit of a batch that armed something, `when_caught_up` once after the start, when all that
    was waiting has been heard."""

    async def handle(session: AsyncSession, heard: Sequence[Heard[Event]], now: datetime) -> None:
        for erased in _events(heard, CardErased):  # while we still know where they were reached
            await forgetting.forget_card(session, erased.kind, erased.card_id)
        await copies.save_accounts(session, _events(heard, AccountChanged))
        await copies.save_contacts(session, _events(heard, ContactChanged))
        await copies.save_employees(session, _events(heard, EmployeeChanged))
        await copies.save_users(session, _events(heard, UserChanged))
        await copies.save_mail_accounts(session, _events(heard, MailAccountChanged))
        tasks = [one for one in heard if isinstance(one.event, TaskEvent)]
        if await arm(session, tasks, rules, now=now):  # type: ignore[arg-type]  # narrowed by what they hold
            happenings.listen(session.sync_session, "after_commit", lambda _: wake(), once=True)

    return Subscription("reminder-dispatcher", HEARS, handle, when_caught_up=when_caught_up)


def _events(heard: Sequence[Heard[Event]], kind: type[E]) -> list[E]:
    return [one.event for one in heard if isinstance(one.event, kind)]
