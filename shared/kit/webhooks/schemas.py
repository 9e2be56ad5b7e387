"""Webhooks over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field

from kit.schemas import Body, Moment, Shape
from kit.webhooks.book import State, Webhook
from kit.webhooks.deliveries import Attempt, Delivery
from kit.webhooks.deliveries import State as DeliveryState


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_usable = parts.port != 0
    except ValueError:
        raise ValueError("must be a URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_usable:
        raise ValueError("must be a URL that begins with https://")
    if parts.username is not None or parts.fragment or not url.isascii() or any(letter <= " " for letter in url):
        raise ValueError("must be a URL without credentials, fragment, blanks and letters beyond ASCII")
    return url


Url = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]
Types = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=50)]
Description = Annotated[str, Field(max_length=500)]


class WebhookBody(Body):
    """`types` are `*`, beginnings such as `task.*`, or whole types such as `task.created`."""

    url: Url
    types: Types = Field(default=["*"])
    description: Description = ""


class WebhookChange(Body):
    """What is not named stays. `active` also switches on again what was disabled; it goes on where it stopped."""

    url: Url | None = None
    types: Types | None = None
    description: Description | None = None
    state: Literal["active", "paused"] | None = None

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self if value is not None}


class WebhookShape(Shape):
    """`state` is `disabled` when we gave the URL up, and `reason` says why; nothing has reached it since `failing_since`."""

    id: UUID
    version: int
    url: str
    types: list[str]
    description: str
    state: State
    reason: str | None
    failing_since: Moment | None
    created_by: str
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls.model_validate(webhook)


class WebhookWithSecret(WebhookShape):
    """`secret` (`whsec_…`) checks signatures; it is shown only now."""

    secret: str

    @classmethod
    def showing(cls, webhook: Webhook, secret: str) -> Self:
        return cls(**WebhookShape.of(webhook).model_dump(), secret=secret)


class DeliveryShape(Shape):
    """`attempts` counts since the message was last asked for; `due_at` is the next one, null when it has ended."""

    id: UUID
    event_id: UUID
    type: str
    state: DeliveryState
    attempts: int
    due_at: Moment | None
    created_at: Moment
    ended_at: Moment | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        shape = cls.model_validate(delivery)
        return shape if delivery.state == "waiting" else shape.model_copy(update={"due_at": None})


class AttemptShape(Shape):
    """`status` is null when there was no answer; `detail` is the beginning of the answer, or what went wrong."""

    at: Moment
    took_ms: int
    status: int | None
    detail: str


class DeliveryWithLog(DeliveryShape):
    """`content` is the envelope as it is sent; `log` holds every attempt, oldest first."""

    content: Any
    log: list[AttemptShape]

    @classmethod
    def telling(cls, delivery: Delivery, attempts: Sequence[Attempt]) -> Self:
        return cls(
            **DeliveryShape.of(delivery).model_dump(),
            content=delivery.content(),
            log=[AttemptShape.model_validate(attempt) for attempt in attempts],
        )
