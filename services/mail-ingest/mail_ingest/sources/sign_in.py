"""Signing in at a mail server with what an account says, and not more often than the server will bear (reliability A8)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from kit.clock import Clock
from mail_ingest.access_tokens import AccessTokens
from mail_ingest.errors import TokenNotGranted, TokenRefused
from mail_ingest.sources.health import AUTH_FAILED, MailboxReport
from mail_ingest.sources.imap_connection import ImapConnection
from mail_ingest.sources.imap_errors import LoginRefused, ServerBusy
from mail_ingest.sources.imap_servers import ImapServer, PasswordLogin, TokenLogin
from mail_ingest.sources.pauses import next_login_at


class LoginNotYet(LoginRefused):
    """The server refused logins lately; the next one is due in `seconds`. None was tried."""

    code = "login_not_yet"

    def __init__(self, seconds: float) -> None:
        super().__init__("The server refused our logins; the next one is tried later.")
        self.seconds = seconds


class LoginGate:
    """Shared by the folders of one account: one login at a time, counted when it is refused."""

    def __init__(
        self, account_id: UUID, report: MailboxReport, tokens: AccessTokens, *, clock: Clock, per_hour: int
    ) -> None:
        self._account_id = account_id
        self._report = report
        self._tokens = tokens
        self._clock = clock
        self._per_hour = per_hour
        self._one_at_a_time = asyncio.Lock()

    async def login(self, connection: ImapConnection, auth: dict[str, Any], *, folder: str) -> None:
        """Raises LoginNotYet, LoginRefused (counted and reported), ServerBusy."""
        async with self._one_at_a_time:
            await self.check()
            try:
                await connection.login(await credentials(auth, self._tokens, account_id=self._account_id))
            except LoginRefused as error:
                if auth["kind"] == "oauth2":
                    self._tokens.forget()
                await self._report.failure(
                    folder, AUTH_FAILED, code=error.code, sentence=error.sentence, refused_login=True
                )
                raise

    async def check(self) -> None:
        """Raises LoginNotYet before the time."""
        at = next_login_at(await self._report.refused_logins(), per_hour=self._per_hour)
        if at is not None and (wait := (at - self._clock.now()).total_seconds()) > 0:
            raise LoginNotYet(wait)


async def credentials(
    auth: dict[str, Any], tokens: AccessTokens, *, account_id: UUID | None
) -> PasswordLogin | TokenLogin:
    """Raises LoginRefused when the token endpoint refuses us, ServerBusy when it grants nothing just now."""
    if auth["kind"] == "password":
        return PasswordLogin(auth["username"], auth["password"])
    try:
        granted = await tokens.token_for(auth, account_id=account_id)
    except TokenRefused as error:
        raise LoginRefused(error.sentence) from error
    except TokenNotGranted as error:
        raise ServerBusy(error.sentence) from error
    return TokenLogin(auth["username"], granted.token)


def imap_server(server: dict[str, Any]) -> ImapServer:
    return ImapServer(server["host"], server["port"], server["security"])
