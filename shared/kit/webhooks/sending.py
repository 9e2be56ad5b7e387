"""Sends what waits for webhooks: in order for each, one at a time, and a slow one keeps nobody else waiting."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError

from kit.bell import Bell
from kit.clock import Clock
from kit.database import Database
from kit.egress import Egress, HostRefused, HostUnreachable, bounded_answer, outbound_http
from kit.metrics import Metrics
from kit.sealing import CannotUnseal, Seal
from kit.webhooks import deliveries
from kit.webhooks.book import Webhook, active_webhooks, disable_webhooks, get_webhook, keys_of, note_health
from kit.webhooks.deliveries import LONGEST_DETAIL, Attempt, Delivery, Waiting
from kit.webhooks.schedule import GIVEN_UP_AFTER, next_attempt, rest_of, wished_pause
from kit.webhooks.signing import signed_headers
from kit.webhooks.taking_up import take_up

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 1.0
"""Another replica may have published something."""
IDLE_SECONDS = 30.0
"""So often it is looked whether there are webhooks at all, unless somebody says so."""
TIDY_EVERY = timedelta(hours=1)
_NOT_LEADING = 2.0
_GONE = 410


class WebhookSender:
    """One per service, whoever of the replicas leads. Messages arrive at least once, always under the same `webhook-id`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        said: Sequence[str],
        seal: Callable[[], Seal],
        egress: Egress,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._clock = clock
        self._bell = Bell()
        self._has_webhooks = True
        self._said = said
        self._make_seal = seal
        self.egress = egress
        self._metrics = metrics
        self._lanes: dict[UUID, asyncio.Task[None]] = {}
        self._failures: dict[UUID, int] = {}
        self._resting: dict[UUID, datetime] = {}
        self._tidy_due: datetime | None = None

    @cached_property
    def seal(self) -> Seal:
        """Made when there is something to seal: an installation without webhooks needs no key."""
        return self._make_seal()

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        return outbound_http(self.egress)

    def wake(self) -> None:
        """There may be something to send, or somebody to send it to."""
        self._bell.ring()

    def published(self) -> None:
        """The log has grown: called all day long, and of no interest while nobody wants to hear of it."""
        if self._has_webhooks:
            self.wake()

    async def run(self) -> None:
        """For the life of the service."""
        with self._bell.heard() as rang:  # from here on: what rings while we look is not missed
            try:
                while True:
                    if not await self._any():
                        await _rest(rang, IDLE_SECONDS)
                        continue
                    async with self._database.leadership("webhooks") as still_leading:
                        while still_leading is not None and await self._any():
                            await still_leading()
                            await self.send_what_is_due()
                            await _rest(rang, LOOK_EVERY_SECONDS)
                    await self._stop_lanes()
                    if still_leading is None:
                        await asyncio.sleep(_NOT_LEADING)
            finally:
                await self._stop_lanes()
                if "_http" in self.__dict__:
                    await self._http.aclose()

    async def send_what_is_due(self) -> None:
        """Take up what was said, and see to it that somebody is sending to every webhook for which something is due."""
        now = self._clock.now()
        while await take_up(self._database, self._said, now=now):
            continue
        async with self._database.reading() as session:
            waiting = await deliveries.what_waits(session)
        for each in waiting:
            if each.due_at <= now and self._may_be_sent_to(each, now):
                lane = asyncio.create_task(self._send_all(each.webhook_id), name=f"webhook-{each.webhook_id}")
                self._lanes[each.webhook_id] = lane
        await self._tidy(now)

    async def finish(self) -> None:
        """Wait until nothing is being sent any more."""
        await asyncio.gather(*self._lanes.values())

    async def try_now(self, known: Webhook, message_id: str, payload: bytes) -> tuple[Attempt, timedelta | None]:
        """One POST, and the pause that the receiver wishes for."""
        now = self._clock.now()
        begun = time.perf_counter()
        wished = None
        status: int | None = None
        try:
            headers = signed_headers(message_id, now, payload, keys_of(self.seal, known, now=now))
            async with self._http.stream(
                "POST",
                known.url,
                content=payload,
                headers={**headers, "content-type": "application/json", "user-agent": "Goniec-Webhooks/1"},
            ) as answer:
                status = answer.status_code
                wished = wished_pause(answer.headers.get("retry-after"), now=now)
                detail = (await bounded_answer(answer, limit=LONGEST_DETAIL)).decode(errors="replace")
        except (HostRefused, HostUnreachable) as refused:
            detail = refused.sentence
        except CannotUnseal as error:
            detail = str(error)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            detail = f"{type(error).__name__}: {error}".rstrip(": ")
        outcome = "none" if status is None else f"{status // 100}xx"
        self._metrics.webhook_posts.labels(outcome).inc()
        took = round((time.perf_counter() - begun) * 1000)
        return Attempt(now, took, status, detail.replace("\x00", "")[:LONGEST_DETAIL]), wished

    async def _send_all(self, webhook_id: UUID) -> None:
        """Everything that is due for it, the oldest first, until it fails or is not wanted any more."""
        try:
            while True:
                async with self._database.reading() as session:
                    known = await get_webhook(session, webhook_id)
                    delivery = await deliveries.due_delivery(session, webhook_id, now=self._clock.now())
                if delivery is None or known.state != "active":
                    return
                if not await self._send(known, delivery):
                    return
        except SQLAlchemyError as error:
            log.warning("webhook_lane_ends", webhook=str(webhook_id), reason=type(error).__name__)
        finally:
            self.wake()

    async def _send(self, known: Webhook, delivery: Delivery) -> bool:
        attempt, wished = await self.try_now(known, str(delivery.event_id), delivery.payload)
        attempts = delivery.attempts + 1
        next_at = next_attempt(attempts, now=attempt.at, wished=wished)
        failing_since = None if attempt.succeeded else known.failing_since or attempt.at
        reason = _reason_to_give_up(attempt, failing_since)
        async with self._database.transaction() as session:
            await deliveries.note_attempt(session, delivery.id, attempt, attempts=attempts, next_at=next_at)
            if failing_since != known.failing_since:
                await note_health(session, known.id, failing_since)
            if reason is not None:
                await disable_webhooks(session, [known.id], reason, now=attempt.at)
        self._note_rest(known.id, attempt)
        if reason is not None:
            log.warning("webhook_disabled", webhook=str(known.id), reason=reason)
        return attempt.succeeded

    def _may_be_sent_to(self, waiting: Waiting, now: datetime) -> bool:
        """Not while it is being sent to; nor while it rests, unless somebody has switched it on again."""
        lane = self._lanes.get(waiting.webhook_id)
        rests = waiting.failing_since is not None and self._resting.get(waiting.webhook_id, now) > now
        return not rests and (lane is None or lane.done())

    def _note_rest(self, webhook_id: UUID, attempt: Attempt) -> None:
        """Whoever fails is left alone for a while, whatever else waits for it."""
        if attempt.succeeded:
            self._failures.pop(webhook_id, None)
            self._resting.pop(webhook_id, None)
            return
        failures = self._failures[webhook_id] = self._failures.get(webhook_id, 0) + 1
        self._resting[webhook_id] = attempt.at + rest_of(failures)

    async def _any(self) -> bool:
        async with self._database.reading() as session:
            self._has_webhooks = bool(await active_webhooks(session))
        return self._has_webhooks

    async def _tidy(self, now: datetime) -> None:
        if self._tidy_due is not None and now < self._tidy_due:
            return
        async with self._database.transaction() as session:
            more = await deliveries.forget_deliveries(session, before=now - deliveries.KEPT_FOR)
        self._tidy_due = None if more else now + TIDY_EVERY

    async def _stop_lanes(self) -> None:
        for lane in self._lanes.values():
            lane.cancel()
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        self._lanes.clear()


async def _rest(rang: asyncio.Event, seconds: float) -> None:
    """Until it rings, or rang since we last looked; at most so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await rang.wait()
    rang.clear()


def _reason_to_give_up(attempt: Attempt, failing_since: datetime | None) -> str | None:
    if attempt.status == _GONE:
        return "The receiver answered 410 Gone."
    if failing_since is not None and attempt.at - failing_since >= GIVEN_UP_AFTER:
        return f"Nothing has reached it since {failing_since.isoformat(timespec='seconds')}."
    return None
