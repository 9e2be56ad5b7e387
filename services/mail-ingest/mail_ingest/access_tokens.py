"""Short-lived OAuth 2 access tokens for mail servers (XOAUTH2), fetched when needed and kept until shortly before their end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson

from kit.clock import Clock
from kit.database import Database
from kit.egress import HostRefused, bounded_answer
from kit.errors import Unavailable
from kit.sealing import CannotUnseal, Seal
from mail_ingest import repository
from mail_ingest.errors import TokenNotGranted, TokenRefused
from mail_ingest.incoming import digest

RENEW_BEFORE = timedelta(minutes=5)
DEFAULT_LIFE = timedelta(minutes=30)
_TEMPORARY = {"temporarily_unavailable", "server_error", "slow_down"}


@dataclass(frozen=True, slots=True)
class AccessToken:
    token: str = field(repr=False)
    expires_at: datetime


class AccessTokens:
    """`http` is the client for hosts that users name (`kit.egress`)."""

    def __init__(self, http: httpx.AsyncClient, *, database: Database, seal: Seal, clock: Clock) -> None:
        self._http = http
        self._database = database
        self._seal = seal
        self._clock = clock
        self._kept: dict[str, AccessToken] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def token_for(self, auth: Mapping[str, Any], *, account_id: UUID | None = None) -> AccessToken:
        """A token that is good for five minutes at least. Raises TokenRefused, TokenNotGranted.

        A new refresh token that comes with it replaces the sealed one of `account_id`: some issuers take each only once.
        """
        name = digest(orjson.dumps(auth, option=orjson.OPT_SORT_KEYS))
        async with self._asking.setdefault(name, asyncio.Lock()):
            kept = self._kept.get(name)
            if kept is not None and kept.expires_at - self._clock.now() > RENEW_BEFORE:
                return kept
            answer = await self._ask(auth)
            token = self._read(answer)
            self._kept = {key: one for key, one in self._kept.items() if one.expires_at > self._clock.now()}
            self._kept[name] = token
        renewed = answer.get("refresh_token")
        if account_id is not None and renewed and renewed != auth.get("refresh_token"):
            self._kept[digest(orjson.dumps({**auth, "refresh_token": renewed}, option=orjson.OPT_SORT_KEYS))] = token
            await self._keep_refresh_token(account_id, former=auth.get("refresh_token"), renewed=renewed)
        return token

    def forget(self) -> None:
        """A server did not take a token: fetch others next time."""
        self._kept.clear()

    async def _ask(self, auth: Mapping[str, Any]) -> dict[str, Any]:
        form = {"grant_type": auth["flow"], "client_id": auth["client_id"]}
        if auth["flow"] == "refresh_token":
            form["refresh_token"] = auth["refresh_token"]
        for name in ("scope", "client_secret"):
            if auth.get(name):
                form[name] = auth[name]
        try:
            async with self._http.stream(
                "POST", auth["token_url"], data=form, headers={"accept": "application/json"}
            ) as got:
                content = await bounded_answer(got)
                status = got.status_code
        except HostRefused as error:
            raise TokenRefused(error.sentence) from error
        except (httpx.HTTPError, Unavailable) as error:
            raise TokenNotGranted(f"The token endpoint does not answer: {type(error).__name__}.") from error
        answer = _as_object(content)
        if status == 200 and isinstance(answer.get("access_token"), str):
            return answer
        reason = str(answer.get("error_description") or answer.get("error") or f"status {status}")[:300]
        if status >= 500 or status == 429 or answer.get("error") in _TEMPORARY:
            raise TokenNotGranted(f"The token endpoint grants nothing just now: {reason}")
        raise TokenRefused(f"The token endpoint refused us: {reason}")

    def _read(self, answer: Mapping[str, Any]) -> AccessToken:
        try:
            life = timedelta(seconds=min(float(answer.get("expires_in") or DEFAULT_LIFE.total_seconds()), 86_400))
        except (TypeError, ValueError):
            life = DEFAULT_LIFE
        return AccessToken(answer["access_token"], self._clock.now() + life)

    async def _keep_refresh_token(self, account_id: UUID, *, former: str | None, renewed: str) -> None:
        async with self._database.transaction() as session:
            account = await repository.find_account(session, account_id)
            if account is None or account.sealed is None:
                return
            try:
                secrets = self._seal.unseal(account.sealed, owner=account.id)
            except CannotUnseal:
                return
            for kind in secrets.values():
                if kind.get("refresh_token") == former:
                    kind["refresh_token"] = renewed
            account.sealed = self._seal.seal(secrets, owner=account.id)
            session.add(account)


def _as_object(content: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
