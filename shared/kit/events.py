"""Facts that services tell each other: the base class, the register of all of them, and how one travels (CloudEvents 1.0)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kit.correlation import LONGEST_CORRELATION_ID

TYPE_PREFIX = "goniec."
_SUBJECT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\.v[1-9][0-9]*")
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_=@+~:-]{1,100}")
_KEYLESS = "_"


class Event(BaseModel):
    """A fact that happened, with everything a listener needs to act.

    A subclass that names its `subject` is registered under it. Fields may be added with a default; any other change is
    a new version (`….v2`) beside the old one, therefore unknown fields are ignored on reading.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    subject: ClassVar[str]

    def key(self) -> str:
        """What the fact is about. Events of one key keep their order; the key ends the NATS subject."""
        return _KEYLESS

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "subject" in cls.__dict__:
            _register(cls)


E = TypeVar("E", bound=Event)
D = TypeVar("D")

_registry: dict[str, type[Event]] = {}


def _register(event: type[Event]) -> None:
    if not _SUBJECT.fullmatch(event.subject):
        raise TypeError(
            f"{event.__qualname__}.subject is {event.subject!r}; expected something like 'mail.received.v1'."
        )
    known = _registry.get(event.subject)
    if known is not None and _place(known) != _place(event):
        raise TypeError(f"{event.subject} is spoken by {_place(known)} already, {_place(event)} cannot speak it too.")
    _registry[event.subject] = event


def _place(event: type[Event]) -> str:
    return f"{event.__module__}.{event.__qualname__}"


def registered() -> Mapping[str, type[Event]]:
    """Every event class by its subject (`mail.received.v1`), as far as its module has been imported."""
    return MappingProxyType(_registry)


def key_token(key: str) -> str:
    """The key as one token of a NATS subject: itself when it is short and plain, else a hash of it.

    Keys come from mails (a calendar UID may hold anything): nothing in them may end the token (`.`, spaces, controls) or
    become a wildcard (`*`, `>`). reliability D14.
    """
    if _PLAIN_TOKEN.fullmatch(key):
        return key
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() if key else _KEYLESS


def wire_subject(event: Event) -> str:
    """Where the event is published: `task.created.v1.<key>`."""
    return f"{event.subject}.{key_token(event.key())}"


def wire_filter(event: type[Event]) -> str:
    """The NATS filter that hears every event of this class."""
    return f"{event.subject}.*"


def subject_of_wire(wire: str) -> str:
    """`task.created.v1.<key>` → `task.created.v1`."""
    return wire.rpartition(".")[0]


class Envelope(BaseModel, Generic[D]):
    """CloudEvents 1.0 in structured JSON mode, with the correlation id as extension attribute.

    `subject` is the key token of the event; `source` names the speaking service (`/mail-ingest`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: str = Field(default="", max_length=LONGEST_CORRELATION_ID)
    data: D


@dataclass(frozen=True, slots=True)
class Heard(Generic[E]):
    """An event as it reached a handler, with what the envelope knows about it."""

    id: UUID
    event: E
    at: datetime
    correlation_id: str
    source: str
    deliveries: int = 1


class Unreadable(ValueError):
    """A message that is not an event we know; the sentence says what is wrong, without its content."""


def envelope_bytes(event: Event, *, event_id: UUID, source: str, at: datetime, correlation_id: str) -> bytes:
    """The event as it travels. Written by hand around pydantic's own JSON: this runs for every event announced."""
    head = orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": TYPE_PREFIX + event.subject,
            "subject": key_token(event.key()),
            "time": at,
            "datacontenttype": "application/json",
            "correlationid": correlation_id,
        },
        option=orjson.OPT_UTC_Z,
    )
    return b'%b,"data":%b}' % (head[:-1], event.__pydantic_serializer__.to_json(event))


def read_event(wire: str, payload: bytes, *, deliveries: int = 1) -> Heard[Event]:
    """What was published under `wire`, or Unreadable."""
    subject = subject_of_wire(wire)
    event_type = _registry.get(subject)
    if event_type is None:
        raise Unreadable(f"No event is registered for {subject}.")
    try:
        envelope = _envelope_of(event_type).model_validate_json(payload)
    except ValidationError as error:
        raise Unreadable(f"This is no {subject}: {_in_one_line(error)}") from error
    return Heard(
        id=envelope.id,
        event=envelope.data,
        at=envelope.time,
        correlation_id=envelope.correlationid,
        source=envelope.source,
        deliveries=deliveries,
    )


_envelopes: dict[type[Event], type[Envelope[Any]]] = {}


def _envelope_of(event_type: type[Event]) -> type[Envelope[Any]]:
    envelope = _envelopes.get(event_type)
    if envelope is None:
        envelope = _envelopes[event_type] = Envelope[event_type]  # type: ignore[valid-type]
    return envelope


def _in_one_line(error: ValidationError) -> str:
    """Places and kinds only: the content of a mail has no place in a reason that is logged."""
    faults = [f"{'.'.join(map(str, fault['loc']))} ({fault['type']})" for fault in error.errors(include_input=False)]
    return ", ".join(faults[:5])
