"""How the mail of an account is handed over: asked at mail-ingest when needed, kept for a minute, never stored."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError

from kit.service_client import ServiceClient, SiblingRefused, SiblingUnavailable
from kit.smtp import OAuth2Token, PasswordAuth, SmtpAccess

KEPT_SECONDS = 60.0


class NoAccess(Exception):
    """The account cannot be sent through just now; the sentence says why."""


class _Auth(BaseModel):
    kind: str
    username: str = ""
    password: str | None = None
    access_token: str | None = None


class _Told(BaseModel):
    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    auth: _Auth | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    access: SmtpAccess
    until: float


class SmtpAccesses:
    """One question at a time for each account; a refusal is not remembered."""

    def __init__(self, siblings: ServiceClient) -> None:
        self._siblings = siblings
        self._kept: dict[UUID, _Kept] = {}
        self._asking: dict[UUID, asyncio.Lock] = {}

    async def get(self, mail_account_id: UUID) -> SmtpAccess:
        """Raises NoAccess."""
        async with self._asking.setdefault(mail_account_id, asyncio.Lock()):
            kept = self._kept.get(mail_account_id)
            if kept is None or time.monotonic() >= kept.until:
                access = await self._ask(mail_account_id)
                kept = self._kept[mail_account_id] = _Kept(access, time.monotonic() + KEPT_SECONDS)
            return kept.access

    def forget(self, mail_account_id: UUID) -> None:
        """Ask again next time: the server refused what we knew."""
        self._kept.pop(mail_account_id, None)

    async def _ask(self, mail_account_id: UUID) -> SmtpAccess:
        try:
            answer = await self._siblings.call("mail-ingest", "GET", f"/v1/mail-accounts/{mail_account_id}/smtp-access")
            told = _Told.model_validate_json(answer.content)
        except (SiblingRefused, SiblingUnavailable) as error:
            raise NoAccess(error.sentence) from None
        except ValidationError:
            raise NoAccess("mail-ingest gave no SMTP access for the account.") from None
        return SmtpAccess(told.host, told.port, told.security, _signed_in(told.auth))


def _signed_in(auth: _Auth | None) -> PasswordAuth | OAuth2Token | None:
    if auth is None:
        return None
    if auth.access_token is not None:
        return OAuth2Token(auth.username, auth.access_token)
    return PasswordAuth(auth.username, auth.password or "")
