"""`Idempotency-Key`: a POST that is repeated with the same key is answered as before and has no second effect.

The answer is kept for at least a day, for each caller. Bodies are compared by their SHA-256, hashed as they stream by, so
that a large upload costs no memory. A request without the header passes untouched.
"""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, Row, and_, delete, select, update
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.body_limits import IDLE_SECONDS, BodyTooSlow
from kit.bulk import insert_ignoring_conflicts
from kit.clock import Clock
from kit.database import Database
from kit.errors import Conflict, GoniecError, Invalid
from kit.tables import idempotency_key as table
from kit.tokens import TokenVerifier, bearer_token

KEPT_FOR = timedelta(hours=48)
ABANDONED_AFTER = timedelta(minutes=2)
"""A first request that left no answer for so long has died with its process, where replicas cannot know better."""
LARGEST_ANSWER = 1024 * 1024
LARGEST_COMPARED = 64 * 1024 * 1024
_TIDY_SECONDS = 3600
_HEADER = b"idempotency-key"
_KEY = re.compile(rb"[\x21-\x7e]{1,255}")

# Refused before anything happened, so the key is free again: a corrected request may use it.
_WITHOUT_EFFECT = frozenset({400, 401, 403, 405, 408, 411, 413, 415, 422, 429, 500, 502, 503, 504})

log = structlog.get_logger("kit.idempotency")


class BadIdempotencyKey(Invalid):
    code = "bad_idempotency_key"


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being answered.", retry_after=1)


class IdempotencyKeyReused(Invalid):
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request.")


class IdempotencyAnswerNotKept(Conflict):
    code = "idempotency_answer_not_kept"

    def __init__(self) -> None:
        super().__init__("This was done already; the answer was too large to be kept.")


@dataclass(frozen=True, slots=True)
class _Use:
    """One key of one caller, and the mark of the request that uses it now."""

    caller: str
    key: str
    mark: str

    def row(self) -> ColumnElement[bool]:
        return and_(table.c.caller == self.caller, table.c.key == self.key)

    def my_row(self) -> ColumnElement[bool]:
        """As long as nobody took it over: while there is no answer, the mark stands where the fingerprint will be."""
        return and_(self.row(), table.c.fingerprint == self.mark, table.c.status.is_(None))


class Idempotency:
    """Plain ASGI; stands outside of the body limit, since a repeated body is only hashed."""

    def __init__(self, app: ASGIApp, *, database: Database, clock: Clock, verifier: TokenVerifier) -> None:
        self.app = app
        self._database = database
        self._clock = clock
        self._verifier = verifier
        self._answering: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_of(scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        caller = await self._caller(scope) if key is not None else None
        if key is None or caller is None:
            await self.app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            raise BadIdempotencyKey("An Idempotency-Key is 1 to 255 visible ASCII characters.")
        use = _Use(caller, key.decode(), uuid4().hex)
        body = _HashedBody(scope, receive)
        self._answering.add(use.mark)
        try:
            known = await self._claim(use)
            if known is None:
                await self._answer_first(use, scope, body, send)
            else:
                await _answer_again(known, body, send)
        finally:
            self._answering.discard(use.mark)

    async def _caller(self, scope: Scope) -> str | None:
        """None for whoever is not signed in: the endpoint will tell them."""
        token = bearer_token({"authorization": _header(scope, b"authorization").decode("latin-1")})
        try:
            subject = (await self._verifier.verify(token)).subject if token else None
        except GoniecError:
            return None
        if subject is not None and len(subject) > 200:
            return hashlib.sha256(subject.encode()).hexdigest()
        return subject

    async def _claim(self, use: _Use) -> Row[Any] | None:
        """None when this request is the first; else the row with the answer that was given."""
        now = self._clock.now()
        mine = {"caller": use.caller, "key": use.key, "fingerprint": use.mark, "created_at": now}
        async with self._database.transaction() as session:
            await insert_ignoring_conflicts(session, table, [mine], ["caller", "key"])
            connection = await session.connection()
            row = (await connection.execute(select(table).where(use.row()))).one()
            if row.fingerprint == use.mark:
                return None
            if row.status is not None:
                return row
            if not self._is_abandoned(row, now):
                raise IdempotencyInProgress
            taken = await connection.execute(
                update(table)
                .where(use.row(), table.c.fingerprint == row.fingerprint, table.c.status.is_(None))
                .values(fingerprint=use.mark, created_at=now)
            )
        if taken.rowcount != 1:
            raise IdempotencyInProgress
        return None

    def _is_abandoned(self, row: Row[Any], now: datetime) -> bool:
        if row.fingerprint in self._answering:
            return False
        # On SQLite there is one process per database, and it is this one.
        return self._database.dialect == "sqlite" or bool(row.created_at < now - ABANDONED_AFTER)

    async def _answer_first(self, use: _Use, scope: Scope, body: "_HashedBody", send: Send) -> None:
        kept = _KeptAnswer(send)
        try:
            await self.app(scope, body.receive, kept.send)
            if kept.status in _WITHOUT_EFFECT or kept.status == 0:
                await self._free(use)
            else:
                await self._keep(use, kept, await body.fingerprint())
        except Exception:
            await self._free(use)
            raise
        await kept.let_go()

    async def _keep(self, use: _Use, kept: "_KeptAnswer", fingerprint: str) -> None:
        answer = {"status": kept.status, "headers": kept.headers, "body": kept.body, "fingerprint": fingerprint}
        async with self._database.transaction() as session:
            await (await session.connection()).execute(update(table).where(use.my_row()).values(answer))

    async def _free(self, use: _Use) -> None:
        async with self._database.transaction() as session:
            await (await session.connection()).execute(delete(table).where(use.my_row()))


async def _answer_again(row: Row[Any], body: "_HashedBody", send: Send) -> None:
    if await body.fingerprint() != row.fingerprint:
        raise IdempotencyKeyReused
    if row.body is None:
        raise IdempotencyAnswerNotKept
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in row.headers]
    headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": row.status, "headers": headers})
    await send({"type": "http.response.body", "body": row.body})


class _HashedBody:
    """The body on its way to the endpoint, and its fingerprint together with method and address."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._digest = hashlib.sha256(b"%b %b?%b\n" % (b"POST", scope["path"].encode(), scope["query_string"]))
        self._hashed = 0
        self._ended = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not self._ended:
            self._take(message.get("body", b""))
            self._ended = not message.get("more_body", False)
        return message

    async def fingerprint(self) -> str:
        """Reads what the endpoint left unread."""
        while not self._ended and self._hashed < LARGEST_COMPARED:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    message = await self.receive()
            except TimeoutError:
                raise BodyTooSlow from None
            if message["type"] != "http.request":
                break
        return self._digest.hexdigest()

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece[: max(LARGEST_COMPARED - self._hashed, 0)])
        self._hashed += len(piece)


class _KeptAnswer:
    """Holds an answer back until it is stored. One that is too large goes through, and only its status is kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self._pieces: list[bytes] = []
        self._size = 0
        self.status = 0
        self.headers: list[tuple[str, str]] = []

    @property
    def body(self) -> bytes | None:
        return b"".join(self._pieces) if self._size <= LARGEST_ANSWER else None

    async def send(self, message: Message) -> None:
        self._held.append(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())
            ]
            return
        self._size += len(message.get("body", b""))
        if self._size <= LARGEST_ANSWER:
            self._pieces.append(message.get("body", b""))
        else:
            self._pieces.clear()
            await self.let_go()

    async def let_go(self) -> None:
        held, self._held = self._held, []
        for message in held:
            await self._send(message)


def _header(scope: Scope, wanted: bytes) -> bytes:
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    return next((value for name, value in headers if name == wanted), b"")


def _key_of(scope: Scope) -> bytes | None:
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    return next((value for name, value in headers if name == _HEADER), None)


async def forget_old_keys(database: Database, *, now: datetime) -> None:
    """Drop the answers whose time is over."""
    async with database.transaction() as session:
        await (await session.connection()).execute(delete(table).where(table.c.created_at < now - KEPT_FOR))


async def keep_tidy(database: Database, clock: Clock) -> None:
    """For the life of the app."""
    while True:
        await forget_old_keys(database, now=clock.now())
        await asyncio.sleep(_TIDY_SECONDS)
