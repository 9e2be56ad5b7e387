"""The fixed list of what a template may say about a task: English names, Polish aliases, and how each value is written.

features R25, R26, R82: the two moments of a task carry date and time and are written when the reminder is sent, in the
language of the recipient and the zone of the task.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time

Locale = Literal["pl", "en"]

_DATE = {"pl": "d MMMM y", "en": "d MMMM y"}
_DATE_SHORT = {"pl": "dd.MM.y", "en": "d MMM y"}
_TIME = "HH:mm"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a template can refer to, as it is when the reminder is sent. Texts are as people typed them."""

    title: str = ""
    description: str = ""
    location: str = ""
    number: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False
    zone: ZoneInfo = _UTC
    account: str = ""
    contact: str = ""
    recipient: str = ""
    assignees: tuple[str, ...] = ()
    sender: str = ""
    case_number: int | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How values are written: the language, and whether every character costs (SMS)."""

    locale: Locale = "pl"
    brief: bool = False


@dataclass(frozen=True, slots=True)
class MergeField:
    name: str
    aliases: tuple[str, ...]
    description: str
    value: Callable[[Facts, Manner], str]


def _moment(moment: datetime | None, facts: Facts, manner: Manner) -> str:
    if moment is None:
        return ""
    if facts.all_day:
        return _date(moment, facts, manner)
    pattern = f"{_DATE_SHORT[manner.locale]}, {_TIME}" if manner.brief else f"EEEE, {_DATE[manner.locale]}, {_TIME}"
    return _formatted(moment, pattern, facts.zone, manner.locale)


@lru_cache(maxsize=4096)
def _formatted(moment: datetime, pattern: str, zone: ZoneInfo, locale: Locale) -> str:
    """Remembered, since thousands of reminders may tell of the same moment."""
    return format_datetime(moment, pattern, tzinfo=zone, locale=locale)


def _date(moment: datetime | None, facts: Facts, manner: Manner) -> str:
    if moment is None:
        return ""
    pattern = _DATE_SHORT[manner.locale] if manner.brief else f"EEEE, {_DATE[manner.locale]}"
    return format_date(moment.astimezone(facts.zone).date(), pattern, locale=manner.locale)


def _time(moment: datetime | None, facts: Facts, manner: Manner) -> str:
    if moment is None or facts.all_day:
        return ""
    return format_time(moment.astimezone(facts.zone), _TIME, locale=manner.locale)


def _end(facts: Facts) -> datetime | None:
    """The end as people say it: an all-day task ends on its last day, though its DTEND is the morning after."""
    if facts.ends_at is None or not facts.all_day:
        return facts.ends_at
    last_day: date = (facts.ends_at.astimezone(facts.zone) - timedelta(minutes=1)).date()
    return datetime(last_day.year, last_day.month, last_day.day, tzinfo=facts.zone).astimezone(UTC)


MERGE_FIELDS: tuple[MergeField, ...] = (
    MergeField("task.title", ("tytul", "temat"), "What the task is about.", lambda facts, _: facts.title),
    MergeField("task.start", ("termin_od",), "Date and time of the start.", lambda f, m: _moment(f.starts_at, f, m)),
    MergeField("task.end", ("termin_do",), "Date and time of the end.", lambda f, m: _moment(_end(f), f, m)),
    MergeField("task.start_date", ("data_od", "data"), "Date of the start.", lambda f, m: _date(f.starts_at, f, m)),
    MergeField("task.start_time", ("godzina_od", "godzina"), "Time of the start; empty for all-day tasks.",
               lambda f, m: _time(f.starts_at, f, m)),
    MergeField("task.end_date", ("data_do",), "Date of the end.", lambda f, m: _date(_end(f), f, m)),
    MergeField("task.end_time", ("godzina_do",), "Time of the end; empty for all-day tasks.",
               lambda f, m: _time(f.ends_at, f, m)),
    MergeField("task.location", ("miejsce",), "Where it takes place.", lambda facts, _: facts.location),
    MergeField("task.description", ("opis",), "The description of the task.", lambda facts, _: facts.description),
    MergeField("task.number", ("numer",), "The number of the task.", lambda facts, _: facts.number),
    MergeField("task.assignees", ("pracownicy", "pracownik"), "Who carries the task out.",
               lambda facts, _: ", ".join(facts.assignees)),
    MergeField("account.name", ("kontrahent", "firma"), "The account of the task.", lambda facts, _: facts.account),
    MergeField("contact.name", ("osoba_kontaktowa", "kontakt"), "The contact of the task.", lambda facts, _: facts.contact),
    MergeField("recipient.name", ("odbiorca",), "Who gets the reminder.", lambda facts, _: facts.recipient),
    MergeField("sender.name", ("nadawca",), "The name of the mail account that sends.", lambda facts, _: facts.sender),
    MergeField("case.number", ("sprawa",), "The number of the case the task belongs to.",
               lambda facts, _: "" if facts.case_number is None else str(facts.case_number)),
)  # fmt: skip

BY_NAME: Mapping[str, MergeField] = MappingProxyType(
    {name: field for field in MERGE_FIELDS for name in (field.name, *field.aliases)}
)

SAMPLE = Facts(
    title="Spotkanie w sprawie umowy",
    description="Omówienie warunków współpracy.",
    location="ul. Żółta 5, Łódź",
    number="CRM/12/2026",
    starts_at=datetime(2026, 11, 30, 8, 5, tzinfo=UTC),
    ends_at=datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
    zone=ZoneInfo("Europe/Warsaw"),
    account="Kowalski i Wspólnicy sp. z o.o.",
    contact="Jan Kowalski",
    recipient="Jan Kowalski",
    assignees=("Anna Nowak",),
    sender="Biuro Demo",
    case_number=3932,
)
"""What a preview shows when no task is named."""
