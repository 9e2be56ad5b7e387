"""How much calendar is read (DESIGN 5, Limits; reliability C7-C9)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one calendar part; what is over them is refused or cut, each with a problem code of its own."""

    bytes: int = 1_000_000
    events: int = 100
    depth: int = 5  # VCALENDAR is 1
    properties: int = 2_000  # of one component
    attendees: int = 500
    dates: int = 500  # EXDATE and RDATE values, each
    uid: int = 1_000  # characters, as all below
    title: int = 1_000
    text: int = 64_000
    short: int = 2_000


LIMITS = Limits()
"""The limits of DESIGN 5."""
