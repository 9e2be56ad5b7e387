"""What is about to be sent and what came of it, written down for all lanes together: many reminders, one commit.

An intent is on the disk before its message leaves; that is what makes a crash in between visible (reliability B2).
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog

from contracts.reminders import ReminderDelivered, ReminderDue, ReminderFact, ReminderFailed, ReminderSent
from kit.announcing import announce
from kit.correlation import correlation
from kit.database import AsyncSession, Database
from kit.failpoints import failpoint
from kit.outages import is_outage
from reminder_dispatcher.channels.role import SENDER_REFUSED, Accepted, Mail, NotEver, NotNow, OutcomeUnknown, Sms
from reminder_dispatcher.claiming import Claimed
from reminder_dispatcher.composing import Composed
from reminder_dispatcher.due import ON_TIME
from reminder_dispatcher.facts import facts_of
from reminder_dispatcher.outcomes import Answer, NextState, after_attempt, is_trouble, pause_after
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import dispatching as repository
from reminder_dispatcher.restoring import key_of
from reminder_dispatcher.sender_names import note_refused
from reminder_dispatcher.sendings import NoSendings, Sending, SendingLog

SENDING_LEASE = timedelta(minutes=7)
"""Longer than any attempt may take (5 minutes): when it ends, whoever was sending is gone."""
_AGAIN_SECONDS = 0.5

log = structlog.get_logger("reminder_dispatcher.ledger")


@dataclass(frozen=True, slots=True)
class Intent:
    """`is_called_off`: the channel rests or the lane stops meanwhile, so the reminder is only given back."""

    claimed: Claimed
    composed: Composed
    is_called_off: bool = False

    @property
    def reminder_id(self) -> UUID:
        return self.claimed.reminder.id


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answer` of the channel to one attempt."""

    claimed: Claimed
    composed: Composed
    answer: Answer
    channel_kind: str
    started_at: datetime
    may_repeat: bool
    channel_was_troubled: bool

    @property
    def reminder_id(self) -> UUID:
        return self.claimed.reminder.id

    @property
    def word(self) -> str:
        """How the delivery log calls it."""
        match self.answer:
            case Accepted():
                return "sent"
            case OutcomeUnknown():
                return "unknown"
            case NotNow():
                return "not_now"
            case NotEver():
                return "refused"


_WaitingIntent = tuple[Intent, asyncio.Future[bool]]
_WaitingOutcome = tuple[Outcome, asyncio.Future[NextState | None]]


class Ledger:
    """Collects what comes while a commit is going on, and commits it together."""

    def __init__(
        self, database: Database, *, sendings: SendingLog | None = None, bell: Callable[[], None] | None = None
    ) -> None:
        """`sendings` is told of every message before it leaves; `bell` rings when an operator has been told something."""
        self._database = database
        self._sendings = sendings or NoSendings()
        self._bell = bell
        self._intents: list[_WaitingIntent] = []
        self._outcomes: list[_WaitingOutcome] = []
        self._writing: asyncio.Task[None] | None = None

    async def intend(self, intent: Intent) -> bool:
        """True when the message may leave now: the reminder is still ours, unchanged and wanted, and that is on the disk.

        Raises what the database raises; nothing may be sent then.
        """
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._intents.append((intent, granted))
        self._write()
        return await granted

    async def record(self, outcome: Outcome) -> NextState | None:
        """Write down what became of an attempt, however long the database is away; None when it is another's by now."""
        recorded: asyncio.Future[NextState | None] = asyncio.get_running_loop().create_future()
        self._outcomes.append((outcome, recorded))
        self._write()
        return await recorded

    def _write(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="reminder-ledger")

    async def _write_all(self) -> None:
        while self._intents or self._outcomes:
            intents, self._intents = self._intents, []
            outcomes, self._outcomes = self._outcomes, []
            try:
                await self._write_together(intents, outcomes)
            except Exception as error:  # noqa: BLE001 - the end of the line: somebody waits for every one of them
                if not await is_outage(error, self._database):
                    await self._write_apart(intents, outcomes, error)
                    continue
                log.error("ledger_waits_for_database", intents=len(intents), outcomes=len(outcomes))
                for _, waiting in intents:
                    _fail(waiting, error)
                self._outcomes = outcomes + self._outcomes
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _write_together(self, intents: Sequence[_WaitingIntent], outcomes: Sequence[_WaitingOutcome]) -> None:
        granted, states = await self._write_once([one for one, _ in intents], [one for one, _ in outcomes])
        for (_, waiting), answer in zip(intents, granted, strict=True):
            _resolve(waiting, answer)
        for (_, recorded), state in zip(outcomes, states, strict=True):
            _resolve(recorded, state)

    async def _write_apart(
        self, intents: Sequence[_WaitingIntent], outcomes: Sequence[_WaitingOutcome], error: Exception
    ) -> None:
        """One of them cannot be written; the others shall not suffer for it."""
        if len(intents) + len(outcomes) == 1:
            log.error("ledger_entry_refused", exc_info=error)
            for _, granted in intents:
                _fail(granted, error)
            for _, recorded in outcomes:
                _fail(recorded, error)
            return
        for one in outcomes:
            await self._try_one((), (one,))
        for intent in intents:
            await self._try_one((intent,), ())

    async def _try_one(self, intents: Sequence[_WaitingIntent], outcomes: Sequence[_WaitingOutcome]) -> None:
        try:
            await self._write_together(intents, outcomes)
        except Exception as error:  # noqa: BLE001 - see _write_all
            await self._write_apart(intents, outcomes, error)

    async def _write_once(
        self, intents: Sequence[Intent], outcomes: Sequence[Outcome]
    ) -> tuple[list[bool], list[NextState | None]]:
        now = await self._database.now()
        async with self._database.transaction() as session:
            if intents and outcomes:
                await repository.lock(
                    session, [*(one.reminder_id for one in intents), *(one.reminder_id for one in outcomes)]
                )
            states = await write_outcomes(session, outcomes, now=now) if outcomes else []
            granted = await write_intents(session, intents, now=now) if intents else []
        if intents:
            failpoint("dispatch.after_intent")
            leaving = [one for one, may_leave in zip(intents, granted, strict=True) if may_leave]
            self._sendings.note([_sending(one.claimed, one.composed, "intended", now) for one in leaving])
            if self._bell is not None and any(one.claimed.reminder.audience == "operator" for one in leaving):
                self._bell()
            failpoint("dispatch.after_note")
        if outcomes:
            taken = [one for one in outcomes if isinstance(one.answer, Accepted)]
            self._sendings.note([_sending(one.claimed, one.composed, "accepted", now) for one in taken])
            failpoint("dispatch.after_record")
        return granted, states


def _sending(claimed: Claimed, composed: Composed, step: Literal["intended", "accepted"], now: datetime) -> Sending:
    message = composed.message
    return Sending(
        reminder_id=claimed.reminder.id,
        key=key_of(claimed.reminder),
        begins_at=claimed.reminder.begins_at,
        attempt=claimed.reminder.attempts + 1,
        at=now,
        step=step,
        rfc_message_id=message.message_id if isinstance(message, Mail) else None,
    )


async def write_intents(session: AsyncSession, intents: Sequence[Intent], *, now: datetime) -> list[bool]:
    """For each whether its message may leave; those that may not are given back."""
    claims = {one.reminder_id: (one.claimed.claim_id, one.claimed.reminder.generation) for one in intents}
    held = await repository.still_claimed(session, claims)
    granted = [one.reminder_id in held and now < one.claimed.latest and not one.is_called_off for one in intents]
    leaving = [one for one, may_leave in zip(intents, granted, strict=True) if may_leave]
    given_back = {
        one.reminder_id: one.claimed.claim_id for one, may_leave in zip(intents, granted, strict=True) if not may_leave
    }
    await repository.let_go(session, given_back)
    await repository.write_intents(session, [_intent_row(one, now) for one in leaving], now=now)
    for one in leaving:
        reminder = one.claimed.reminder
        if reminder.attempts == 0:
            with correlation(reminder.correlation_id):
                more = {"attempt": 1, "preview": one.composed.preview, "user_id": one.composed.run_as}
                announce(session, ReminderDue(**facts_of(reminder, at=now, **more)))
    return granted


async def write_outcomes(
    session: AsyncSession, outcomes: Sequence[Outcome], *, now: datetime
) -> list[NextState | None]:
    wanted = await repository.outcomes_wanted(session, {one.reminder_id: one.claimed.claim_id for one in outcomes})
    await repository.save_attempts(session, [_attempt_row(one, now) for one in outcomes])
    states: list[NextState | None] = []
    rows: list[dict[str, Any]] = []
    for one in outcomes:
        reminder = one.claimed.reminder
        if reminder.id not in wanted:
            states.append(None)
            continue
        state = after_attempt(
            one.answer,
            failures=reminder.attempts + 1,
            now=now,
            latest=one.claimed.latest,
            may_repeat=one.may_repeat,
            sent_anew=reminder.sent_anew,
            withdrawn=wanted[reminder.id],
            jitter=random.uniform(-1, 1),  # noqa: S311 - not for secrets
        )
        states.append(state)
        rows.append(_outcome_row(one, state, now))
        _tell(session, one, state, now)
    await repository.write_outcomes(session, rows, now=now)
    await _settle_channels(session, outcomes, now)
    return states


async def _settle_channels(session: AsyncSession, outcomes: Sequence[Outcome], now: datetime) -> None:
    """A channel that refuses us rests; the first reminder it takes again sets it free (reliability B5)."""
    if not any(is_trouble(one.answer) or one.channel_was_troubled for one in outcomes):
        return
    states = {state.channel: state for state in await automation_repository.list_channel_states(session)}
    for one in outcomes:
        channel = one.claimed.reminder.channel
        known = states.get(channel)
        if isinstance(one.answer, Accepted):
            if known is not None and one.channel_was_troubled:
                await automation_repository.release_channel(session, channel)
                states.pop(channel, None)
                log.info("channel_works_again", channel=channel)
        elif isinstance(one.answer, NotNow | NotEver) and one.answer.whole_channel:
            if known is not None and known.paused_until > now:
                continue
            message = one.composed.message
            if one.answer.reason == SENDER_REFUSED and isinstance(message, Sms) and message.sender is not None:
                await note_refused(session, message.sender, now=now)
            failures = known.failures + 1 if known else 1
            values = {
                "failures": failures,
                "paused_until": now + pause_after(one.answer, failures),
                "since": known.since if known else now,
                "reason": one.answer.reason,
                "detail": one.answer.detail,
            }
            await automation_repository.pause_channel(session, channel, values)
            states = {state.channel: state for state in await automation_repository.list_channel_states(session)}
            if failures == 1:
                log.error("channel_paused", channel=channel, reason=one.answer.reason)


def _tell(session: AsyncSession, one: Outcome, state: NextState, now: datetime) -> None:
    kind = _event_of(state)
    if kind is None:
        return
    reminder = one.claimed.reminder
    message = one.composed.message
    with correlation(reminder.correlation_id):
        announce(
            session,
            kind(
                **facts_of(
                    reminder,
                    at=now,
                    attempt=reminder.attempts + 1,
                    rfc_message_id=message.message_id if isinstance(message, Mail) else None,
                    reason="outcome_unknown" if state.status == "unknown" else state.reason,
                    late=now - reminder.planned_at > ON_TIME,
                    preview=one.composed.preview,
                    user_id=one.composed.run_as,
                )
            ),
        )


def _event_of(state: NextState) -> type[ReminderFact] | None:
    match state.status:
        case "sent":
            return ReminderSent
        case "delivered":
            return ReminderDelivered
        case "failed" | "unknown":
            return ReminderFailed
    return None


def _intent_row(intent: Intent, now: datetime) -> dict[str, Any]:
    reminder, composed = intent.claimed.reminder, intent.composed
    return {
        "id": reminder.id,
        "lease_until": now + SENDING_LEASE,
        "attempts": reminder.attempts + 1,
        "recipient": composed.recipient.address,
        "subject": composed.subject,
        "text": composed.text,
        "rfc_message_id": composed.message.message_id if isinstance(composed.message, Mail) else None,
        "segments": composed.segments,
        "late": now - reminder.planned_at > ON_TIME,
        "told_at": reminder.told_at or now,
    }


def _attempt_row(one: Outcome, now: datetime) -> dict[str, Any]:
    detail = " ".join(part for part in (one.answer.detail, one.composed.note) if part)
    return {
        "reminder_id": one.reminder_id,
        "number": one.claimed.reminder.attempts + 1,
        "channel": one.channel_kind,
        "recipient": one.composed.recipient.address,
        "started_at": one.started_at,
        "finished_at": now,
        "outcome": one.word,
        "reason": None if isinstance(one.answer, Accepted) else one.answer.reason,
        "detail": detail or None,
        "gateway_id": one.answer.gateway_id if isinstance(one.answer, Accepted) else None,
        "run_as_user_id": one.composed.run_as,
    }


def _outcome_row(one: Outcome, state: NextState, now: datetime) -> dict[str, Any]:
    reminder = one.claimed.reminder
    accepted = one.answer if isinstance(one.answer, Accepted) else None
    return {
        "id": reminder.id,
        "status": state.status,
        "reason": state.reason,
        "next_at": state.next_at or reminder.planned_at,
        "sent_at": now if accepted else None,
        "delivered_at": now if accepted and accepted.delivered else None,
        "gateway_id": accepted.gateway_id if accepted else None,
        "segments": (accepted.segments if accepted else None) or one.composed.segments,
        "sent_anew": state.sent_anew,
        "late": now - reminder.planned_at > ON_TIME,
    }


def _resolve(waiting: asyncio.Future[Any], value: Any) -> None:
    if not waiting.done():
        waiting.set_result(value)


def _fail(waiting: asyncio.Future[Any], error: BaseException) -> None:
    if not waiting.done():
        waiting.set_exception(error)
