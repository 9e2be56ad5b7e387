"""How the mail account of the automation is sent through: asked at mail-ingest, kept for a minute, never stored."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import httpx
from pydantic import AwareDatetime, BaseModel, ValidationError

from kit.service_client import SiblingRefused, SiblingUnavailable
from kit.smtp import OAuth2Token, PasswordAuth, SmtpAccess
from reminder_dispatcher.channels.role import NotNow

KEPT_SECONDS = 60.0
_UNUSED_SECONDS = 10.0
"""The last seconds of a token are not used."""


class Sibling(Protocol):
    """What is needed of `kit.service_client.ServiceClient`."""

    async def call(self, service: str, method: str, path: str) -> httpx.Response: ...


@dataclass(frozen=True, slots=True)
class SendingAccount:
    address: str
    name: str
    access: SmtpAccess
    kept_seconds: float = KEPT_SECONDS


class _Auth(BaseModel):
    kind: str
    username: str
    password: str | None = None
    access_token: str | None = None
    expires_at: AwareDatetime | None = None

    def for_smtp(self) -> PasswordAuth | OAuth2Token:
        if self.access_token:
            return OAuth2Token(self.username, self.access_token)
        return PasswordAuth(self.username, self.password or "")


class _Answer(BaseModel):
    """What mail-ingest tells: the access and the address mails come from."""

    host: str
    port: int
    security: Any
    auth: _Auth | None = None
    address: str
    name: str = ""


class MailAccounts:
    """One question to mail-ingest at a time for each account; a refusal is not remembered."""

    def __init__(self, siblings: Sibling) -> None:
        self._siblings = siblings
        self._known: dict[UUID, tuple[SendingAccount, float]] = {}
        self._asking: dict[UUID, asyncio.Lock] = {}

    async def get(self, mail_account_id: UUID) -> SendingAccount:
        """Raises NotNow for the whole channel when the account cannot be sent through."""
        async with self._asking.setdefault(mail_account_id, asyncio.Lock()):
            known = self._known.get(mail_account_id)
            if known is not None and time.monotonic() < known[1]:
                return known[0]
            account = await self._ask(mail_account_id)
            self._known[mail_account_id] = (account, time.monotonic() + account.kept_seconds)
            return account

    def forget(self, mail_account_id: UUID) -> None:
        """Ask again next time: the server refused what we knew."""
        self._known.pop(mail_account_id, None)

    async def _ask(self, mail_account_id: UUID) -> SendingAccount:
        try:
            answer = await self._siblings.call("mail-ingest", "GET", f"/v1/mail-accounts/{mail_account_id}/smtp-access")
            told = _Answer.model_validate_json(answer.content)
        except SiblingRefused as error:
            raise NotNow("mail_account_refused", error.sentence, whole_channel=True) from None
        except SiblingUnavailable as error:
            raise NotNow("mail_account_unavailable", error.sentence, whole_channel=True) from None
        except ValidationError:
            raise NotNow("mail_account_unreadable", "mail-ingest gave no SMTP access.", whole_channel=True) from None
        access = SmtpAccess(told.host, told.port, told.security, told.auth.for_smtp() if told.auth else None)
        return SendingAccount(told.address, told.name, access, _kept_seconds(told.auth))


def _kept_seconds(auth: _Auth | None) -> float:
    if auth is None or auth.expires_at is None:
        return KEPT_SECONDS
    return min(KEPT_SECONDS, auth.expires_at.timestamp() - time.time() - _UNUSED_SECONDS)
