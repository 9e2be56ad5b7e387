"""A mail on its way in, and what became of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

KEPT_HEADER_BYTES = 256 * 1024
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n|\r\r")


@dataclass(slots=True)
class Incoming:
    """`raw` is the mail, or just its header when it is over the limit (`whole` is False then)."""

    account_id: UUID
    folder: str
    role: str
    raw: bytes
    sha256: str
    size: int
    received_at: datetime
    whole: bool = True
    uid_validity: int | None = None
    uid: int | None = None
    imported: bool = False
    correlation_id: str | None = None

    @property
    def raw_sha256(self) -> str:
        return self.sha256 if self.whole else digest(self.raw)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one mail. `known`: it lay there already, nothing was done."""

    id: UUID
    sha256: str
    status: Literal["stored", "quarantined"]
    quarantine_reason: str | None
    known: bool = False


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def header_of(beginning: bytes) -> bytes:
    """The header block in the beginning of a mail, at most 256 kB of it."""
    end = _END_OF_HEADER.search(beginning, 0, KEPT_HEADER_BYTES)
    return beginning[: end.end() if end else KEPT_HEADER_BYTES]
