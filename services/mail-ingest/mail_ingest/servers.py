"""The `imap` and `smtp` of a mail account, taken apart: what may be shown, and what is sealed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mail_ingest.errors import SecretMissing

SECRETS = ("password", "client_secret", "refresh_token")

Server = dict[str, Any]
Secrets = dict[str, Any]


def taken_apart(
    server: Mapping[str, Any], former: tuple[Server | None, Secrets], *, kind: str
) -> tuple[Server, Secrets]:
    """What may be shown, and the secrets. A secret that is left out is taken from `former`, if it was for the same user
    at the same server: else somebody could have it sent to a server of his own.

    Raises SecretMissing.
    """
    shown: Server = {**server, "auth": None}
    auth = server.get("auth")
    if auth is None:
        return shown, {}
    secrets: Secrets = {name: auth[name] for name in SECRETS if auth.get(name)}
    shown["auth"] = {name: value for name, value in auth.items() if name not in SECRETS}
    former_shown, former_secrets = former
    if former_shown is not None and _same_sign_in(former_shown, shown):
        secrets = {**former_secrets, **secrets}
    for name in _needed(auth):
        if not secrets.get(name):
            raise SecretMissing(f"#/{kind}/auth/{name}", name.replace("_", " "))
    return shown, secrets


def mailbox_of(server: Mapping[str, Any]) -> dict[str, str]:
    """Which mailbox a server with a sign-in is: other ports, ways to sign in and passwords lead to the same one."""
    auth = server.get("auth") or {}
    return {"host": str(server["host"]).casefold().rstrip("."), "username": str(auth.get("username") or "").casefold()}


def put_together(server: Mapping[str, Any], secrets: Secrets) -> Server:
    """The server with its secrets, to sign in with."""
    auth = server.get("auth")
    return {**server, "auth": {**auth, **secrets} if auth is not None else None}


def shown(server: Mapping[str, Any] | None, *, has_secret: bool) -> Server | None:
    """The server as a client sees it."""
    if server is None:
        return None
    auth = server.get("auth")
    return {**server, "auth": {**auth, "has_secret": has_secret} if auth is not None else None}


def _needed(auth: Mapping[str, Any]) -> tuple[str, ...]:
    if auth["kind"] == "password":
        return ("password",)
    return ("client_secret",) if auth["flow"] == "client_credentials" else ("refresh_token",)


def _same_sign_in(former: Server, new: Server) -> bool:
    if former.get("auth") is None or new["auth"] is None:
        return False
    if any(former[name] != new[name] for name in ("host", "port")) or _weaker(former["security"], new["security"]):
        return False
    compared = ("kind", "username", "flow", "token_url", "client_id")
    return all(former["auth"].get(name) == new["auth"].get(name) for name in compared)


def _weaker(former: str, new: str) -> bool:
    return new == "none" and former != "none"
