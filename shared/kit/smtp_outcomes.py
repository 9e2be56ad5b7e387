"""What can become of a mail that is handed to a mail server, by who is to blame and whether trying again can help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["connect", "auth", "sender", "recipient", "data"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said; `code` is None when it said nothing."""

    code: int | None
    text: str

    @property
    def is_permanent(self) -> bool:
        return self.code is not None and 500 <= self.code < 600


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the mail for at least one recipient; `refused` are those it did not take it for."""

    code: int
    text: str
    refused: Mapping[str, Reply] = field(default_factory=dict)


class SmtpFailed(Exception):
    """The mail was not taken. `stage` says how far it came, `per_recipient` what was said about each recipient."""

    def __init__(self, stage: Stage, reply: Reply, *, per_recipient: Mapping[str, Reply] | None = None) -> None:
        super().__init__(f"{stage}: {reply.code or ''} {reply.text}".replace(":  ", ": "))
        self.stage: Stage = stage
        self.code = reply.code
        self.text = reply.text
        self.per_recipient: Mapping[str, Reply] = per_recipient or {}

    @property
    def is_ours(self) -> bool:
        """The fault is with the account or its server, so every mail of this account meets it (reliability B5)."""
        return self.stage in {"connect", "auth", "sender"}


class SmtpTemporary(SmtpFailed):
    """Not now: 4xx, no connection, no answer. Trying again later can help."""


class SmtpPermanent(SmtpFailed):
    """Never like this: 5xx, a certificate that is wrong, no encryption where it is demanded."""


class SmtpUnknown(SmtpFailed):
    """The whole mail was handed over and the answer never came: it may have been taken (RFC 1047)."""


def failure(stage: Stage, reply: Reply, *, per_recipient: Mapping[str, Reply] | None = None) -> SmtpFailed:
    kind = SmtpPermanent if reply.is_permanent else SmtpTemporary
    return kind(stage, reply, per_recipient=per_recipient)
