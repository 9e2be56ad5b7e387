"""Where raw mail lies, by its digest: in the database, or in an object store. What is read is checked against its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mail_ingest.models import RawMail

Bytes = Mapping[str, bytes]
"""Raw mails by their SHA-256."""


class RawStore(Protocol):
    """One role, one file per kind. Nothing is ever changed in it: the same digest is the same bytes."""

    async def keep(self, mails: Bytes) -> list[dict[str, Any]]:
        """The rows of `raw_mail` to commit for these; bytes that a row does not hold are durable when this returns."""
        ...

    async def read(self, row: RawMail) -> bytes:
        """The very bytes. Raises RawMailDamaged, or Unavailable when the store does not answer."""
        ...

    async def check(self) -> str | None:
        """For readiness: None, or why nothing can be kept."""
        ...


class RawMailDamaged(Exception):
    """What lies under a digest does not have that digest."""
