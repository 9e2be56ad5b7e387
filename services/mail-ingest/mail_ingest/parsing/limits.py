"""How large a mail may be in each direction before it is set aside; each limit has a stable reason code (DESIGN 5)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self


class Rejected(Exception):
    """The mail is not taken apart: it goes to quarantine under `reason`, a stable code. The only error of this package."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    message_bytes: int = 50 * 1000 * 1000  # too_large
    depth: int = 30  # too_deep: multiparts and enclosed mails inside one another
    parts: int = 1000  # too_many_parts
    header_fields: int = 1000  # too_many_headers, in one header block
    header_bytes: int = 256 * 1024  # headers_too_large, in one header block
    recipients: int = 5000  # too_many_recipients, in all address fields together
    text_bytes: int = (
        5 * 1000 * 1000
    )  # of one text part; the rest is only in the raw mail, and `text_truncated` says so
    calendar_bytes: int = 1000 * 1000  # the part is held: too_large
    html_bytes: int = 1000 * 1000  # larger HTML is shown as text
    html_tags: int = 20_000
    html_depth: int = 200

    @classmethod
    def of(cls, values: dict[str, Any] | None) -> Self:
        """The defaults with the given ones put over them; unknown names are left out."""
        if not values:
            return cls()
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in (values or {}).items() if name in known})
