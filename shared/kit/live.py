"""What an app tells live: its stream of events and its webhooks, both out of the log of what it has said."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from kit.background import Background
from kit.bell import Bell
from kit.egress import Egress
from kit.events import Event
from kit.live_events import Earshot, live_router
from kit.outbox import Relay
from kit.parts import Parts
from kit.sealing import Seal, seal_of
from kit.webhooks.endpoints import WebhookDesk
from kit.webhooks.endpoints import router as webhook_router
from kit.webhooks.sending import WebhookSender


@dataclass(frozen=True, slots=True)
class Live:
    """`bell` rings when the log has grown; closing it ends every stream."""

    bell: Bell
    routers: tuple[APIRouter, ...] = ()
    background: tuple[Background, ...] = ()
    webhook_desk: WebhookDesk | None = None


def live_half(parts: Parts, relay: Relay, says: Sequence[type[Event]], earshot: Earshot | None) -> Live:
    """The live half of a service that says these events; nothing without somebody who may know them."""
    bell = Bell()
    if earshot is None:
        return Live(bell)
    said = [event.subject for event in says]
    settings = parts.settings

    def seal() -> Seal:
        key = settings.secret_key.get_secret_value() if settings.secret_key else None
        return seal_of(key, settings.secret_key_file)

    sender = WebhookSender(
        parts.database,
        parts.clock,
        said=said,
        seal=seal,
        egress=Egress(settings.allowed_private_hosts),
        metrics=parts.metrics,
    )
    relay.on_published(bell.ring)
    relay.on_published(sender.published)
    return Live(bell, (live_router(said, earshot, bell), webhook_router), (sender.run,), WebhookDesk(said, sender))
