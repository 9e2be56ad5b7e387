"""What the owner of missed reminders is told, in his language. Pure (DESIGN 5: later is missed and reported to the owner)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from reminder_dispatcher.merge_fields import Locale

MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class MissedReminder:
    title: str
    number: str
    starts_at: datetime
    due_at: datetime
    zone: ZoneInfo
    audience: str
    channel: str


_WORDS: Mapping[str, Mapping[str, str]] = {
    "pl": {
        "subject": "Niewysłane przypomnienia: {count}",
        "opening": "Tych przypomnień nie udało się wysłać na czas, dlatego nie zostały wysłane wcale:",
        "line": "- {task}, początek {starts}: {audience}, {channel} (termin wysyłki {due})",
        "more": "… i jeszcze {count}.",
        "closing": "Jeżeli to potrzebne, prosimy powiadomić te osoby samodzielnie.",
        "client": "klient",
        "operator": "operator",
        "sms": "SMS",
        "email": "e-mail",
    },
    "en": {
        "subject": "Reminders that were not sent: {count}",
        "opening": "These reminders could not be sent in time and were therefore not sent at all:",
        "line": "- {task}, start {starts}: {audience}, {channel} (was due {due})",
        "more": "… and {count} more.",
        "closing": "Please tell these people yourself where it is still needed.",
        "client": "client",
        "operator": "operator",
        "sms": "SMS",
        "email": "e-mail",
    },
}
_MOMENT = {"pl": "dd.MM.y, HH:mm", "en": "d MMM y, HH:mm"}


def digest_subject(missed: int, locale: Locale) -> str:
    return _WORDS[locale]["subject"].format(count=missed)


def digest_text(missed: Sequence[MissedReminder], locale: Locale) -> str:
    words = _WORDS[locale]
    lines = [_line(one, words, locale) for one in missed[:MOST_LINES]]
    if len(missed) > MOST_LINES:
        lines.append(words["more"].format(count=len(missed) - MOST_LINES))
    return "\n".join([words["opening"], "", *lines, "", words["closing"], ""])


def _line(one: MissedReminder, words: Mapping[str, str], locale: Locale) -> str:
    return words["line"].format(
        task=" ".join(f"{one.number} {one.title[:200]}".split()),
        starts=_moment(one.starts_at, one, locale),
        due=_moment(one.due_at, one, locale),
        audience=words[one.audience],
        channel=words[one.channel],
    )


def _moment(moment: datetime, one: MissedReminder, locale: Locale) -> str:
    return format_datetime(moment, _MOMENT[locale], tzinfo=one.zone, locale=locale)
