"""What every channel promises: the message was accepted, or one of three things is known about why not."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol, TypeVar, runtime_checkable
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Mail:
    """A reminder by e-mail, before it becomes bytes. `message_id` has no angle brackets."""

    message_id: str
    mail_account_id: UUID
    to: str
    to_name: str
    bcc: tuple[str, ...]
    subject: str
    text: str
    html: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Sms:
    """A reminder by SMS. `reference` is the same for every attempt of one reminder."""

    reference: str
    number: str
    text: str
    encoding: str
    segments: int
    sender: str | None = None  # in place of the gateway's own (features R75)


@dataclass(frozen=True, slots=True)
class Notice:
    """A reminder that an operator sees where they work."""

    reference: str
    employee_id: UUID
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Whoever carries the message on has taken it. `delivered` only when it already reached its recipient."""

    gateway_id: str | None = None
    detail: str = ""
    segments: int | None = None
    delivered: bool = False


class NotAccepted(Exception):
    """The message was not taken, for certain. `whole_channel`: the reason is us or the gateway, not this recipient."""

    def __init__(self, reason: str, detail: str = "", *, whole_channel: bool = False) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail[:500]
        self.whole_channel = whole_channel


class NotNow(NotAccepted):
    """Trying again later can help; `after` when whoever refused said when."""

    def __init__(
        self, reason: str, detail: str = "", *, whole_channel: bool = False, after: timedelta | None = None
    ) -> None:
        super().__init__(reason, detail, whole_channel=whole_channel)
        self.after = after


class NotEver(NotAccepted):
    """Trying again cannot help, unless `whole_channel`: then somebody has to put something right first."""


SENDER_REFUSED = "sender_refused"
"""Reason of a refusal that is due to the sender an SMS bears."""


class OutcomeUnknown(Exception):
    """The message may or may not have been taken (RFC 1047): the answer was lost."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail[:500]


SenderState = Literal["approved", "pending", "refused", "unlisted"]
"""What a gateway says of a sender name; `unlisted`: nobody asked it for that name."""


@runtime_checkable
class KnowsSenders(Protocol):
    """A gateway that can be asked about the names it lets SMS bear (features R74)."""

    async def sender_state(self, name: str) -> SenderState:
        """Raises NotNow, NotEver or OutcomeUnknown when it cannot be learned."""
        ...


M_contra = TypeVar("M_contra", Mail, Sms, Notice, contravariant=True)


class Channel(Protocol[M_contra]):
    """One way out. `may_repeat`: sending a message again after its outcome was lost does no harm, because the other side
    knows it by its Message-ID or reference."""

    kind: str
    may_repeat: bool

    async def send(self, message: M_contra) -> Accepted:
        """Returns only when it is accepted. Raises NotNow, NotEver or OutcomeUnknown, and nothing else."""
        ...

    async def close(self) -> None: ...
