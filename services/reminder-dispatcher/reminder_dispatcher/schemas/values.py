"""Values that appear in several shapes, made canonical where they enter."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints

from contracts.addresses import canonical_email
from kit.schemas import Line
from reminder_dispatcher.recipients import wire_address


def _usable_email(address: str) -> str:
    if wire_address(address) is None:
        raise ValueError("is not an e-mail address that can be written to")
    return canonical_email(address)


def _iso(length: timedelta) -> str:
    """ISO 8601, in hours and minutes: PT24H, PT1H30M, PT0M."""
    minutes = int(length.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")


def _whole_minutes(length: timedelta) -> timedelta:
    if length % timedelta(minutes=1):
        raise ValueError("must be whole minutes")
    return length


Email = Annotated[Line, Field(max_length=320), AfterValidator(_usable_email)]

Length = Annotated[
    timedelta,
    Field(ge=timedelta(0), le=timedelta(days=366)),
    AfterValidator(_whole_minutes),
    PlainSerializer(_iso, return_type=str, when_used="json"),
]
"""A length of time in ISO 8601, whole minutes (features R37): PT24H, P1D, PT15M."""

SenderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9 ]{0,9}[A-Za-z0-9])?$")]
"""Sender of an SMS: at most 11 Latin letters and digits, with spaces between them (features R74)."""

Name = Annotated[Line, Field(min_length=1, max_length=200)]
