"""What becomes of a reminder after an attempt. Pure: the answer of the channel in, the next state out (reliability B2-B5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reminder_dispatcher.channels.role import Accepted, NotEver, NotNow, OutcomeUnknown
from reminder_dispatcher.due import next_try

Answer = Accepted | NotNow | NotEver | OutcomeUnknown

SEND_ANEW_AFTER = timedelta(seconds=30)
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300))
_REFUSED_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30))


@dataclass(frozen=True, slots=True)
class NextState:
    """`next_at` goes with `armed`: when to try again."""

    status: str
    reason: str | None = None
    next_at: datetime | None = None
    sent_anew: bool = False


def after_attempt(
    answer: Answer,
    *,
    failures: int,
    now: datetime,
    latest: datetime,
    may_repeat: bool,
    sent_anew: bool,
    withdrawn: str | None,
    jitter: float,
) -> NextState:
    """`failures` counts the attempts so far, `latest` is the deadline, `sent_anew` whether an outcome was lost before,
    `withdrawn` why it was taken back while it was being sent."""
    match answer:
        case Accepted():
            return NextState("delivered" if answer.delivered else "sent", sent_anew=sent_anew)
        case OutcomeUnknown():
            if may_repeat and not sent_anew and not withdrawn:
                return NextState("armed", answer.reason, now + SEND_ANEW_AFTER, sent_anew=True)
            return NextState("unknown", answer.reason, sent_anew=sent_anew)
    if withdrawn:
        return NextState("suppressed", withdrawn, sent_anew=sent_anew)
    if answer.whole_channel:
        return NextState("armed", answer.reason, now, sent_anew=sent_anew)
    if isinstance(answer, NotEver):
        return NextState("failed", answer.reason, sent_anew=sent_anew)
    again = next_try(failures, now=now, latest=latest, jitter=jitter)
    if answer.after is not None and again is not None:
        again = max(again, now + answer.after)
    if again is None or again >= latest:
        return NextState("failed", answer.reason, sent_anew=sent_anew)
    return NextState("armed", answer.reason, again, sent_anew=sent_anew)


def is_trouble(answer: Answer) -> bool:
    """Whether the whole channel refused us."""
    return isinstance(answer, NotNow | NotEver) and answer.whole_channel


def pause_after(answer: NotNow | NotEver, failures: int) -> timedelta:
    """How long a channel rests after its `failures`-th trouble; longer when it was refused for good than when it was away."""
    pauses = _REFUSED_PAUSES if isinstance(answer, NotEver) else _PAUSES
    pause = pauses[min(failures, len(pauses)) - 1]
    if isinstance(answer, NotNow) and answer.after is not None:
        return max(pause, answer.after)
    return pause


def after_closing(*, attempts: int, sent_anew: bool, reason: str, last_reason: str | None) -> tuple[str, str | None]:
    """Status and reason of a reminder whose time is over: never tried is `missed`, a lost outcome stays `unknown`."""
    if sent_anew:
        return "unknown", last_reason
    if attempts:
        return "failed", last_reason or reason
    return "missed", reason
