"""Publishing to JetStream: whole batches where that is possible, many acknowledgements in flight where it is not.

A batch (ADR-50, nats-server 2.12) is stored as a whole or not at all, with four fsyncs instead of one for each message:
under `sync_interval: always` and with databases on the same disk it is several times faster. A batch in which one message
is known already is refused; then its messages are published one by one, which the broker takes as the repetition it is.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import nats.errors
import orjson
import structlog
from nats.aio.msg import Msg

from kit.bus import DEAD_SUBJECTS, BusUnavailable, Outgoing
from kit.nats_client import NatsClient, Sent, header_block

log = structlog.get_logger()

IN_FLIGHT = 256
SMALLEST_BATCH = 4
LARGEST_BATCH = 1_000
_ACKNOWLEDGED_WITHIN = 10.0
_BATCH_STORED_WITHIN = 30.0
_LOOK_AGAIN = 0.5
_DEAD_PREFIX = DEAD_SUBJECTS[0].removesuffix(">")

Sequences = list[int | None]


class Publishing:
    """One call of `NatsBus.publish`. What follows a refused message is not sent, so that nothing overtakes it."""

    def __init__(self, client: NatsClient, *, is_current: Callable[[], bool], in_batches: bool) -> None:
        self._client = client
        self._is_current = is_current
        self.in_batches = in_batches
        self.refusal: dict[str, Any] | None = None

    async def publish(self, messages: Sequence[Outgoing]) -> Sequences:
        """For each message its sequence, or None; BusUnavailable when nothing at all was stored for sure."""
        sequences: Sequences = []
        try:
            for run in _runs_of_one_stream(messages):
                sequences += await self._publish_run(run)
                if sequences[-1] is None:
                    break
        except (nats.errors.Error, OSError) as error:
            if not any(sequences):
                raise BusUnavailable(f"Nothing could be published: {error}") from error
        return sequences + [None] * (len(messages) - len(sequences))

    async def _publish_run(self, messages: Sequence[Outgoing]) -> Sequences:
        if self.in_batches and len(messages) >= SMALLEST_BATCH:
            last = await self._publish_batch(messages)
            if last is not None:
                return list(range(last - len(messages) + 1, last + 1))
        window = _Window(self._client, messages, is_current=self._is_current)
        sequences = await window.publish()
        self.refusal = window.refusal
        return sequences

    async def _publish_batch(self, messages: Sequence[Outgoing]) -> int | None:
        """The sequence of the last message, or None when the batch was not taken as one."""
        batch = os.urandom(12).hex()
        sent = [
            Sent(message.subject, message.payload, header=_header_in_batch(message, batch, number))
            for number, message in enumerate(messages[:-1], start=1)
        ]
        found = await self._commit(
            sent, messages[-1], _header_in_batch(messages[-1], batch, len(messages), Nats_Batch_Commit="1")
        )
        if found.get("count") == len(messages):
            return int(found["seq"])
        self.in_batches = "error" in found  # an older server takes the messages, but not as a batch
        log.info("batch_refused", reason=found.get("error", {}).get("description", "not supported"))
        return None

    async def _commit(self, before: Sequence[Sent], last: Outgoing, header: bytes) -> dict[str, Any]:
        """Not `Client.request`: that one goes on waiting when the connection is lost, and the answer with it."""
        answers: asyncio.Queue[Msg] = asyncio.Queue()
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=answers.put)
        try:
            await self._client.publish_all([*before, Sent(last.subject, last.payload, inbox, header)])
            for _ in range(round(_BATCH_STORED_WITHIN / _LOOK_AGAIN)):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN):
                        return _read_answer(await answers.get())
                if not self._is_current():
                    break
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        raise BusUnavailable("The broker did not say whether it has stored a batch.")


class _Window:
    """Sends on while no more than IN_FLIGHT messages wait for their acknowledgement."""

    def __init__(self, client: NatsClient, messages: Sequence[Outgoing], *, is_current: Callable[[], bool]) -> None:
        self._client = client
        self._is_current = is_current
        self._messages = messages
        self._sequences: Sequences = [None] * len(messages)
        self._answered = 0
        self._sent = 0
        self._progress = asyncio.Event()
        self.refusal: dict[str, Any] | None = None

    async def publish(self) -> Sequences:
        inbox = f"{self._client.new_inbox()}.{os.urandom(4).hex()}"
        subscription = await self._client.subscribe(f"{inbox}.*", cb=self._on_answer)
        try:
            await self._send_all(inbox)
            await self._wait_until(lambda: self._answered == self._sent)
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        return self._sequences

    async def _send_all(self, inbox: str) -> None:
        for index, message in enumerate(self._messages):
            if self._sent - self._answered >= IN_FLIGHT and not await self._wait_until(
                lambda: self._sent - self._answered < IN_FLIGHT
            ):
                return
            if self.refusal is not None or not self._is_current():
                return
            headers = {"Nats-Msg-Id": str(message.event_id)}
            await self._client.publish(message.subject, message.payload, reply=f"{inbox}.{index}", headers=headers)
            self._sent += 1

    async def _wait_until(self, reached: Callable[[], bool]) -> bool:
        """False when the broker stays silent or the connection is lost before that: its answers are lost with it."""
        silent_since = asyncio.get_running_loop().time()
        while not reached():
            self._progress.clear()
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._progress.wait()
                silent_since = asyncio.get_running_loop().time()
            except TimeoutError:
                silent_for = asyncio.get_running_loop().time() - silent_since
                if silent_for > _ACKNOWLEDGED_WITHIN or not self._is_current():
                    return False
        return True

    async def _on_answer(self, message: Msg) -> None:
        self._answered += 1
        self._progress.set()
        answer = _read_answer(message)
        if "error" in answer:
            self.refusal = self.refusal or answer["error"]
            return
        self._sequences[int(message.subject.rpartition(".")[2])] = answer["seq"]


def _read_answer(message: Msg) -> dict[str, Any]:
    if message.headers:  # status 503
        return {"error": {"description": "no stream takes this subject", "err_code": 0}}
    found: dict[str, Any] = orjson.loads(message.data)
    return found


def _runs_of_one_stream(messages: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    for _, run in groupby(messages, key=lambda message: message.subject.startswith(_DEAD_PREFIX)):
        of_one_stream = list(run)
        for start in range(0, len(of_one_stream), LARGEST_BATCH):
            yield of_one_stream[start : start + LARGEST_BATCH]


def _header_in_batch(message: Outgoing, batch: str, number: int, **more: str) -> bytes:
    return header_block(Nats_Msg_Id=str(message.event_id), Nats_Batch_Id=batch, Nats_Batch_Sequence=str(number), **more)
