"""`/v1/webhooks`: administrators say which URLs are told what, and see what became of it (Standard Webhooks 1.0)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from kit.egress import Egress, HostUnreachable
from kit.etags import check_if_match, etag_of, show_version
from kit.event_log import BEGINNING, LoggedEvent, chosen_types
from kit.events import TYPE_PREFIX
from kit.ids import new_id
from kit.paging import Page, PageWanted, page_of
from kit.parts import AppParts
from kit.tokens import ADMIN, Caller, requires
from kit.webhooks import book, deliveries
from kit.webhooks.schemas import (
    DeliveryShape,
    DeliveryWithLog,
    WebhookBody,
    WebhookChange,
    WebhookShape,
    WebhookWithSecret,
)
from kit.webhooks.sending import WebhookSender

TEST_TYPE = "webhook.test.v1"
Administrator = Annotated[Caller, Depends(requires(ADMIN))]


@dataclass(frozen=True, slots=True)
class WebhookDesk:
    """What the doors of a service need besides its parts: the types that it says, and who tells them."""

    said: Sequence[str]
    sender: WebhookSender


async def _given_desk(request: Request) -> WebhookDesk:
    desk: WebhookDesk = request.app.state.webhook_desk
    return desk


Desk = Annotated[WebhookDesk, Depends(_given_desk)]

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.get("")
async def list_webhooks(the: AppParts, _: Administrator, paging: PageWanted) -> Page[WebhookShape]:
    async with the.database.reading() as session:
        webhooks = await book.list_webhooks(session, paging)
    return page_of(webhooks, paging, key=lambda webhook: (webhook.id,), shape=WebhookShape.of)


@router.post("", status_code=201)
async def add_webhook(
    the: AppParts, desk: Desk, caller: Administrator, body: WebhookBody, response: Response
) -> WebhookWithSecret:
    """From now on the URL is told; its secret is shown only in this answer."""
    chosen_types(body.types, desk.said)
    await _check_host(desk.sender.egress, body.url)
    async with the.database.transaction() as session:
        webhook, secret = await book.add_webhook(
            session, desk.sender.seal, body.url, body.types, body.description, by=caller.subject, now=the.clock.now()
        )
    desk.sender.wake()
    response.headers["location"] = f"/v1/webhooks/{webhook.id}"
    response.headers["etag"] = etag_of(webhook.version)
    return WebhookWithSecret.showing(webhook, secret)


@router.get("/{webhook_id}")
async def show_webhook(
    the: AppParts, _: Administrator, webhook_id: UUID, request: Request, response: Response
) -> WebhookShape:
    async with the.database.reading() as session:
        webhook = await book.get_webhook(session, webhook_id)
    show_version(request, response, webhook.version)
    return WebhookShape.of(webhook)


@router.patch("/{webhook_id}")
async def patch_webhook(
    the: AppParts,
    desk: Desk,
    _: Administrator,
    webhook_id: UUID,
    body: WebhookChange,
    request: Request,
    response: Response,
) -> WebhookShape:
    """Other types, another URL; pause it, or switch it on again: it goes on where it stopped, up to seven days back."""
    chosen_types(body.types or [], desk.said)
    if body.url is not None:
        await _check_host(desk.sender.egress, body.url)
    async with the.database.transaction() as session:
        known = await book.get_webhook(session, webhook_id)
        check_if_match(request, etag_of(known.version))
        webhook = await book.change_webhook(session, webhook_id, body.changes(), now=the.clock.now())
    desk.sender.wake()
    response.headers["etag"] = etag_of(webhook.version)
    return WebhookShape.of(webhook)


@router.delete("/{webhook_id}", status_code=204)
async def remove_webhook(the: AppParts, _: Administrator, webhook_id: UUID, request: Request) -> None:
    """It is told nothing more, and its log is gone."""
    async with the.database.transaction() as session:
        known = await book.get_webhook(session, webhook_id)
        check_if_match(request, etag_of(known.version))
        await book.delete_webhook(session, webhook_id)


@router.post("/{webhook_id}/secret")
async def exchange_secret(
    the: AppParts, desk: Desk, _: Administrator, webhook_id: UUID, response: Response
) -> WebhookWithSecret:
    """A new secret, shown only now. For a day messages are signed with the former one too."""
    async with the.database.transaction() as session:
        known = await book.get_webhook(session, webhook_id)
        webhook, secret = await book.exchange_secret(session, desk.sender.seal, known, now=the.clock.now())
    response.headers["etag"] = etag_of(webhook.version)
    return WebhookWithSecret.showing(webhook, secret)


@router.post("/{webhook_id}/test")
async def try_webhook(the: AppParts, desk: Desk, _: Administrator, webhook_id: UUID) -> DeliveryWithLog:
    """Send an event `webhook.test` at once and tell what came of it. It is not tried again."""
    now = the.clock.now()
    async with the.database.reading() as session:
        known = await book.get_webhook(session, webhook_id)
    event = _test_event(webhook_id, source=the.database.source, at=now.isoformat().replace("+00:00", "Z"))
    attempt, _wished = await desk.sender.try_now(known, str(event.event_id), event.payload)
    row = deliveries.delivery_row(webhook_id, event, now=now, state="failed")
    async with the.database.transaction() as session:
        await deliveries.add_deliveries(session, [row])
        await deliveries.note_attempt(session, row["id"], attempt, attempts=1, next_at=None)
        delivery = await deliveries.get_delivery(session, webhook_id, row["id"])
    return DeliveryWithLog.telling(delivery, [attempt])


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    the: AppParts,
    _: Administrator,
    webhook_id: UUID,
    paging: PageWanted,
    state: deliveries.State | None = None,
    event_type: Annotated[str | None, Query(alias="type", max_length=100, description="task.created.v1")] = None,
) -> Page[DeliveryShape]:
    """What was sent, what waits and what failed, newest first; what has ended is kept for 30 days."""
    async with the.database.reading() as session:
        await book.get_webhook(session, webhook_id)
        found = await deliveries.list_deliveries(session, webhook_id, paging, state=state, event_type=event_type)
    return page_of(found, paging, key=lambda delivery: (delivery.id,), shape=DeliveryShape.of)


@router.get("/{webhook_id}/deliveries/{delivery_id}")
async def show_delivery(the: AppParts, _: Administrator, webhook_id: UUID, delivery_id: UUID) -> DeliveryWithLog:
    """The message itself, and every attempt to deliver it."""
    async with the.database.reading() as session:
        delivery = await deliveries.get_delivery(session, webhook_id, delivery_id)
        return DeliveryWithLog.telling(delivery, await deliveries.attempts_of(session, delivery_id))


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver", status_code=202)
async def redeliver(the: AppParts, desk: Desk, _: Administrator, webhook_id: UUID, delivery_id: UUID) -> DeliveryShape:
    """Send it once more, from the first attempt on, under the id it had."""
    async with the.database.transaction() as session:
        known = await deliveries.get_delivery(session, webhook_id, delivery_id)
        delivery = await deliveries.deliver_again(session, known, now=the.clock.now())
    desk.sender.wake()
    return DeliveryShape.of(delivery)


async def _check_host(egress: Egress, url: str) -> None:
    """HostRefused when it is closed to us. A host that is not there yet may come."""
    parts = urlsplit(url)
    try:
        await egress.addresses_of(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except HostUnreachable:
        return


def _test_event(webhook_id: UUID, *, source: str, at: str) -> LoggedEvent:
    event_id = new_id()
    envelope = {
        "specversion": "1.0", "id": event_id, "source": source, "type": TYPE_PREFIX + TEST_TYPE,
        "subject": webhook_id.hex, "time": at, "datacontenttype": "application/json", "correlationid": str(event_id),
        "data": {"webhook_id": webhook_id},
    }  # fmt: skip
    return LoggedEvent(BEGINNING, event_id, TEST_TYPE, orjson.dumps(envelope))
