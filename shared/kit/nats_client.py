"""The client of nats-py, with short ways for what happens thousands of times a minute: many messages out, many in.

A message that is published by itself takes nats-py some sixty steps, one that arrives some eighty and a task's turn. Here
many leave in one piece, and what arrives on an inbox of ours is handed over where it was read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.subscription import Subscription

HEADER_LINE = b"NATS/1.0\r\n"
_PIECE = 256 * 1024

Take = Callable[[str, str, bytes, bytes], None]
"""Given subject, reply, payload and header block (empty without one) of a message."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message on its way out. `header` is a block that ends with an empty line, or nothing."""

    subject: str
    payload: bytes
    reply: str = ""
    header: bytes = b""


def header_block(**fields: str) -> bytes:
    """`Nats_Msg_Id="1"` → `Nats-Msg-Id: 1` under the line that begins each block. Names and values are ours, and plain."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return b"%b%b\r\n" % (HEADER_LINE, lines.encode())


class NatsClient(Client):
    """Headers of stored messages tell us nothing that is not in the envelope, and reading them is the dearest part of
    receiving a message; a status line (`NATS/1.0 408 …`) is read as ever."""

    def __init__(self) -> None:
        super().__init__()
        self._takers: dict[int, Take] = {}

    async def publish_all(self, messages: Sequence[Sent]) -> None:
        """All of them, in order. Raises what `publish` raises; when there is no connection now, nothing is kept for later.

        Subjects are taken as they are: they come from `kit.events` and from the broker itself.
        """
        if not self.is_connected:
            raise nats.errors.ConnectionClosedError
        if any(len(message.payload) > self._max_payload for message in messages):
            raise nats.errors.MaxPayloadError
        piece = bytearray()
        for message in messages:
            piece += _command(message)
            if len(piece) >= _PIECE:
                await self._send_command(bytes(piece))
                piece.clear()
        if piece:
            await self._send_command(bytes(piece))
        self.stats["out_msgs"] += len(messages)
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    async def subscribe_directly(self, subject: str, take: Take) -> Subscription:
        """`take` is called while the message is being read: it must only put it somewhere."""
        subscription: Subscription = await self.subscribe(subject, cb=_never)
        self._takers[subscription._id] = take  # noqa: SLF001 - an adapter reaches into what it adapts
        return subscription

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        take = self._takers.get(sid)
        if take is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        elif sid in self._subs:
            take(subject.decode(), reply.decode(), data, headers or b"")

    async def _process_headers(self, headers: bytes | None) -> dict[str, str] | None:
        if headers is not None and headers.startswith(HEADER_LINE):
            return None
        read: dict[str, str] | None = await super()._process_headers(headers)
        return read


def _command(message: Sent) -> bytes:
    size = len(message.payload)
    if not message.header:
        return b"PUB %b %b %d\r\n%b\r\n" % (message.subject.encode(), message.reply.encode(), size, message.payload)
    head = len(message.header)
    return b"HPUB %b %b %d %d\r\n%b%b\r\n" % (
        message.subject.encode(),
        message.reply.encode(),
        head,
        head + size,
        message.header,
        message.payload,
    )


async def _never(_: object) -> None:
    """What is taken directly never reaches the queue of its subscription."""
