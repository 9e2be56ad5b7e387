"""E-mail addresses as every service compares them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Address(BaseModel):
    """A mailbox: `email` is canonical (lower-case, no angle brackets), `name` is for people and may be empty."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str = ""


def canonical_email(email: str) -> str:
    """The spelling under which an address is stored and compared: trimmed, without `mailto:`, lower-case.

    The local part is case-sensitive by RFC 5321 section 2.4, but nobody relies on it; comparing it exactly loses mail.
    """
    trimmed = email.strip().strip("<>").strip()
    if trimmed[:7].lower() == "mailto:":
        trimmed = trimmed[7:].strip()
    return trimmed.lower()


def canonical_message_id(message_id: str) -> str:
    """A Message-ID without angle brackets and blanks; the case of the domain is folded, that of the local part too.

    RFC 5322 section 3.6.4 makes ids case-sensitive; mail programs that rewrite the case exist, collisions do not.
    """
    return "".join(message_id.split()).strip("<>").lower()


def domain_of(email: str) -> str:
    """The part after the last @; empty when there is none."""
    return canonical_email(email).rpartition("@")[2] if "@" in email else ""
