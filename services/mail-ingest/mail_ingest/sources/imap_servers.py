"""Where an IMAP server is and how we sign in there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class ImapServer:
    host: str
    port: int
    security: Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """An OAuth 2 access token (XOAUTH2)."""

    username: str
    access_token: str = field(repr=False)


def printable(text: bytes) -> str:
    """What a server said, short and on one line."""
    return "".join(c if c.isprintable() else " " for c in text[:200].decode("utf-8", "replace")).strip()
