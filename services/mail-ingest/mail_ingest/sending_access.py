"""How the other services send as one of our mail accounts: its SMTP server with what is needed to sign in there."""

from __future__ import annotations

from typing import Any

from kit.sealing import Seal
from mail_ingest.access_tokens import AccessTokens
from mail_ingest.account_keeping import server_of
from mail_ingest.errors import CannotSend
from mail_ingest.models import MailAccount


async def smtp_access(account: MailAccount, *, seal: Seal, tokens: AccessTokens) -> dict[str, Any]:
    """The unsealed password, or an OAuth 2 token with the end of its life. Raises CannotSend, TokenRefused, SecretsLocked."""
    server = server_of(account, "smtp", seal)
    if server is None:
        raise CannotSend(account.id)
    auth = server["auth"]
    if auth is not None and auth["kind"] == "oauth2":
        granted = await tokens.token_for(auth, account_id=account.id)
        auth = {
            "kind": "oauth2",
            "username": auth["username"],
            "access_token": granted.token,
            "expires_at": granted.expires_at.isoformat().replace("+00:00", "Z"),
        }
    return {
        "mail_account_id": account.id,
        "name": account.name,
        "address": account.address,
        "host": server["host"],
        "port": server["port"],
        "security": server["security"],
        "auth": auth,
    }
