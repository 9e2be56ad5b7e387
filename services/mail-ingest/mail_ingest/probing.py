"""Tries a mail account step by step and says in plain sentences how far it came: `POST /v1/mail-accounts/test`.

Nothing is stored, flagged, fetched or sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kit.egress import MAIL_PORTS, Egress, HostRefused, HostUnreachable
from kit.smtp import OAuth2Token, PasswordAuth, SmtpAccess, SmtpFailed, SmtpSender
from mail_ingest.access_tokens import AccessTokens
from mail_ingest.sources.hints import LINKS_INSTEAD_OF_INVITATIONS, sign_in_hint
from mail_ingest.sources.imap_connection import ImapConnection, PartlyFetched
from mail_ingest.sources.imap_errors import LoginRefused, MailServerError, TlsFailed
from mail_ingest.sources.imap_servers import PasswordLogin, TokenLogin
from mail_ingest.sources.sign_in import credentials, imap_server

IMAP_STEPS = ("dns", "connection", "tls", "login", "capabilities")
SMTP_STEPS = ("dns", "token", "login")
LARGEST_MAIL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """`ok` is None for a step that was not reached."""

    step: str
    ok: bool | None
    detail: str = ""


@dataclass(slots=True)
class Trial:
    """The steps so far; the first that fails ends it."""

    steps: list[Step] = field(default_factory=list)

    def passed(self, step: str, detail: str) -> None:
        self.steps.append(Step(step, ok=True, detail=detail))

    def failed(self, step: str, detail: str) -> None:
        self.steps.append(Step(step, ok=False, detail=detail))

    def rest(self, planned: Sequence[str]) -> list[Step]:
        """All steps, those that were not reached included."""
        reached = {one.step for one in self.steps}
        return [*self.steps, *(Step(step, ok=None) for step in planned if step not in reached)]


class Prober:
    def __init__(
        self, egress: Egress, tokens: AccessTokens, smtp: SmtpSender, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._egress = egress
        self._tokens = tokens
        self._smtp = smtp
        self._tls = tls

    async def try_imap(self, server: dict[str, Any], *, account_id: UUID | None = None) -> list[Step]:
        """DNS → connection → TLS → login → capabilities → each folder → whether invitations come with their calendar."""
        trial = Trial()
        folders = [f"folder {folder['name']}" for folder in server["folders"]]
        planned = (*IMAP_STEPS, *folders, "invitations")
        if await self._resolves(trial, server):
            connection = await self._connects(trial, server)
            if connection is not None:
                try:
                    await self._signs_in(trial, connection, server, account_id)
                finally:
                    await connection.close()
        return trial.rest(planned)

    async def try_smtp(self, server: dict[str, Any], *, account_id: UUID | None = None) -> list[Step]:
        """DNS → token, with OAuth 2 → connection, TLS and login."""
        trial = Trial()
        auth = server["auth"]
        planned = SMTP_STEPS if auth is not None and auth["kind"] == "oauth2" else ("dns", "login")
        if await self._resolves(trial, server):
            await self._hands_over(trial, server, account_id)
        return trial.rest(planned)

    # ---- steps

    async def _resolves(self, trial: Trial, server: dict[str, Any]) -> bool:
        try:
            addresses = await self._egress.addresses_of(server["host"], server["port"], ports=MAIL_PORTS)
        except (HostRefused, HostUnreachable) as error:
            trial.failed("dns", error.sentence)
            return False
        trial.passed("dns", f"{server['host']} is {', '.join(addresses[:3])}.")
        return True

    async def _connects(self, trial: Trial, server: dict[str, Any]) -> ImapConnection | None:
        place = f"{server['host']}:{server['port']}"
        try:
            connection = await ImapConnection.connect(
                imap_server(server), egress=self._egress, largest_mail=LARGEST_MAIL, tls=self._tls
            )
        except TlsFailed as error:
            trial.passed("connection", f"{place} answers.")
            trial.failed("tls", error.sentence)
            return None
        except MailServerError as error:
            trial.failed("connection", error.sentence)
            return None
        trial.passed("connection", f"{place} answers as an IMAP server.")
        clear = server["security"] == "none"
        trial.passed(
            "tls", "No TLS, as asked for." if clear else "The connection is encrypted and the certificate is good."
        )
        return connection

    async def _signs_in(
        self, trial: Trial, connection: ImapConnection, server: dict[str, Any], account_id: UUID | None
    ) -> None:
        auth = server["auth"]
        login: PasswordLogin | TokenLogin
        try:
            login = await credentials(auth, self._tokens, account_id=account_id)
            await connection.login(login)
        except MailServerError as error:
            hint = ""
            if isinstance(error, LoginRefused):
                hint = sign_in_hint(server["host"], with_password=auth["kind"] == "password")
            trial.failed("login", f"{error.sentence} {hint}".strip())
            return
        trial.passed("login", f"Signed in as {auth['username']}.")
        idle = "IDLE" in connection.capabilities
        says = (
            "New mail is announced at once (IDLE)."
            if idle
            else "The server has no IDLE; new mail is noticed by polling."
        )
        trial.passed("capabilities", says)
        for folder in server["folders"]:
            await self._opens(trial, connection, folder["name"])
        await self._looks_for_invitations(trial, connection, server)

    async def _opens(self, trial: Trial, connection: ImapConnection, folder: str) -> None:
        try:
            state = await connection.examine(folder)
        except MailServerError as error:
            trial.failed(f"folder {folder}", error.sentence)
            return
        trial.passed(f"folder {folder}", f"It holds {state.mails} mails.")

    async def _looks_for_invitations(self, trial: Trial, connection: ImapConnection, server: dict[str, Any]) -> None:
        inbox = next((folder["name"] for folder in server["folders"] if folder["role"] == "inbox"), None)
        if inbox is None or any(step.ok is False for step in trial.steps):
            return
        try:
            await connection.examine(inbox)
            found = await connection.first_calendar_part()
        except (MailServerError, PartlyFetched) as error:
            trial.failed("invitations", str(error))
            return
        if found is False:
            trial.failed("invitations", LINKS_INSTEAD_OF_INVITATIONS)
        elif found:
            trial.passed("invitations", "An invitation among the newest mails has its calendar part.")
        else:
            trial.passed("invitations", "There is no invitation among the newest mails, so this could not be checked.")

    async def _hands_over(self, trial: Trial, server: dict[str, Any], account_id: UUID | None) -> None:
        auth = server["auth"]
        sign_in: PasswordAuth | OAuth2Token | None = None
        if auth is not None:
            try:
                login = await credentials(auth, self._tokens, account_id=account_id)
            except MailServerError as error:
                trial.failed("token", error.sentence)
                return
            if isinstance(login, TokenLogin):
                trial.passed("token", "An access token was granted.")
                sign_in = OAuth2Token(login.username, login.access_token)
            else:
                sign_in = PasswordAuth(login.username, login.password)
        access = SmtpAccess(server["host"], server["port"], server["security"], sign_in)
        try:
            await self._smtp.check(access)
        except SmtpFailed as error:
            hint = sign_in_hint(server["host"], with_password=isinstance(sign_in, PasswordAuth))
            trial.failed("login", f"{error} {hint}".strip())
            return
        trial.passed("login", "The server takes mail from us." if auth is None else f"Signed in as {auth['username']}.")
