"""The AsyncAPI 3 document of a service, made from the registered events it says and hears."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from kit.events import Envelope, Event, wire_filter

_TEMPLATE = "#/components/schemas/{model}"


def asyncapi_document(
    *, title: str, version: str, broker_url: str, says: Sequence[type[Event]], hears: Sequence[type[Event]]
) -> dict[str, Any]:
    """What the service promises others on the bus: it sends `says` and receives `hears`."""
    events = _in_order({*says, *hears})
    operations: dict[str, Any] = {}
    for action, spoken in (("send", says), ("receive", hears)):
        for event in _in_order(spoken):
            operations[f"{action}.{event.subject}"] = _operation(action, event)
    broker = urlsplit(broker_url)
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:goniec:{title.lower().replace(' ', '-')}",
        "info": {
            "title": title,
            "version": version,
            "description": "Facts, as CloudEvents 1.0 in structured JSON, on the NATS JetStream stream GONIEC.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"broker": {"host": broker.netloc.rpartition("@")[2], "protocol": "nats"}},
        "channels": {event.subject: _channel(event) for event in events},
        "operations": operations,
        "components": {
            "messages": {event.subject: _message(event) for event in events},
            "schemas": _schemas(events),
        },
    }


def _in_order(events: Iterable[type[Event]]) -> list[type[Event]]:
    return sorted(events, key=lambda event: event.subject)


def _channel(event: type[Event]) -> dict[str, Any]:
    return {
        "address": wire_filter(event).replace("*", "{key}"),
        "messages": {"event": {"$ref": f"#/components/messages/{event.subject}"}},
        "parameters": {"key": {"description": "What the fact is about; facts of one key keep their order."}},
    }


def _operation(action: str, event: type[Event]) -> dict[str, Any]:
    channel = f"#/channels/{event.subject}"
    return {"action": action, "channel": {"$ref": channel}, "messages": [{"$ref": f"{channel}/messages/event"}]}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.__name__,
        "summary": (event.__doc__ or event.__name__).strip().splitlines()[0],
        "payload": {
            "allOf": [
                {"$ref": _TEMPLATE.format(model="CloudEvent")},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": f"goniec.{event.subject}"},
                        "data": {"$ref": _TEMPLATE.format(model=event.__name__)},
                    },
                },
            ]
        },
    }


def _schemas(events: Sequence[type[Event]]) -> dict[str, Any]:
    models: list[tuple[type[BaseModel], Any]] = [(event, "serialization") for event in events]
    _, together = models_json_schema(models, ref_template=_TEMPLATE)
    schemas: dict[str, Any] = dict(together.get("$defs", {}))
    envelope = Envelope[dict[str, Any]].model_json_schema(mode="serialization", ref_template=_TEMPLATE)
    envelope["title"] = "CloudEvent"
    schemas["CloudEvent"] = envelope
    return schemas
