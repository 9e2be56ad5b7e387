"""The log of sendings: a file beside the database that says what was about to leave and what was taken, and nothing else.

It is no part of a backup of the database. After one is restored, it is what still knows of the messages that left since
(reliability B16). No addresses and no texts stand in it.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol
from uuid import UUID

import orjson
import structlog

from reminder_dispatcher.reminder_plan import Key

KEPT_FOR = timedelta(days=14)
_TAIL_BYTES = 200_000
_WORTH_TIDYING = 16_000_000

log = structlog.get_logger("reminder_dispatcher.sendings")


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt: `intended` is written before the message leaves, `accepted` when somebody took it."""

    reminder_id: UUID
    key: Key
    begins_at: datetime
    attempt: int
    at: datetime
    step: Literal["intended", "accepted"]
    rfc_message_id: str | None = None


class SendingLog(Protocol):
    def note(self, sendings: Sequence[Sending]) -> None:
        """Write them down before this returns."""
        ...

    def read(self, *, newest_only: bool = False) -> Iterator[Sending]:
        """Everything that is known, oldest first; or only some of the newest."""
        ...


class SendingFile:
    """One line of JSON for each step of each attempt."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def note(self, sendings: Sequence[Sending]) -> None:
        """One write to a file opened for appending: lines of several replicas never mix, and a killed process loses none."""
        if not sendings:
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
            os.write(self._file, b"".join(_line(one) for one in sendings))
        except OSError as error:  # reminders matter more than what only a restored backup needs
            log.error("sending_not_logged", sendings=len(sendings), reason=type(error).__name__)

    def read(self, *, newest_only: bool = False) -> Iterator[Sending]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            if newest_only and self._path.stat().st_size > _TAIL_BYTES:
                file.seek(-_TAIL_BYTES, os.SEEK_END)
                file.readline()
            for line in file:
                sending = _read(line)
                if sending is not None:
                    yield sending

    def forget_before(self, moment: datetime) -> None:
        """Drop what is older from a file that has grown; it is replaced as a whole, so that a crash leaves one or the other."""
        if not self._path.exists() or self._path.stat().st_size < _WORTH_TIDYING:
            return
        kept = [one for one in self.read() if one.at >= moment]
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(b"".join(_line(one) for one in kept))
        fresh.replace(self._path)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class NoSendings:
    """Keeps nothing: for dispatchers whose database is never restored."""

    def note(self, sendings: Sequence[Sending]) -> None: ...

    def read(self, *, newest_only: bool = False) -> Iterator[Sending]:  # noqa: ARG002 - nothing is nothing
        return iter(())


def last_words(sendings: Iterable[Sending]) -> dict[tuple[UUID, int], Sending]:
    """What is known last of each attempt: that it was taken, else that it was about to leave."""
    last: dict[tuple[UUID, int], Sending] = {}
    for one in sendings:
        before = last.get((one.reminder_id, one.attempt))
        if before is None or before.step != "accepted":
            last[one.reminder_id, one.attempt] = one
    return last


def _line(sending: Sending) -> bytes:
    document = {
        "reminder_id": str(sending.reminder_id),
        "key": [str(part) for part in sending.key],
        "begins_at": sending.begins_at,
        "attempt": sending.attempt,
        "at": sending.at,
        "step": sending.step,
        "rfc_message_id": sending.rfc_message_id,
    }
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def _read(line: bytes) -> Sending | None:
    """None for a line that was cut off by a crash or a full disk."""
    try:
        told = orjson.loads(line)
        task_id, *rest = told["key"]
        return Sending(
            reminder_id=UUID(told["reminder_id"]),
            key=Key(UUID(task_id), *rest),
            begins_at=datetime.fromisoformat(told["begins_at"]),
            attempt=int(told["attempt"]),
            at=datetime.fromisoformat(told["at"]),
            step=told["step"],
            rfc_message_id=told["rfc_message_id"],
        )
    except (ValueError, KeyError, TypeError) as error:
        log.warning("sending_unreadable", reason=type(error).__name__)
        return None
