"""Sign-in: a person's password or a service's secret for a short-lived token (RFC 6749 sections 4.3 and 4.4)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kit.database import Database
from tasks_api.access_tokens import TokenIssuer
from tasks_api.errors.people import BadClient, BadGrant, BadScope
from tasks_api.models.people import User
from tasks_api.passwords import LONGEST, Passwords
from tasks_api.repository import people
from tasks_api.scopes import SERVICE_SCOPES, narrowed, scopes_of_user
from tasks_api.throttling import count_wrong_password, forget_wrong_password, refuse_if_blocked, throttle_key


@dataclass(frozen=True)
class Granted:
    token: str
    expires_in: int
    scope: str


class SignIn:
    """Grants tokens.

    It opens its own transactions: a password is compared between them, so that nobody else waits for the 50 ms that takes.
    """

    def __init__(
        self,
        database: Database,
        issuer: TokenIssuer,
        passwords: Passwords,
        *,
        client_secrets: Mapping[str, str],
        free_tries: int,
    ) -> None:
        self._database = database
        self._issuer = issuer
        self._passwords = passwords
        self._client_secrets = client_secrets
        self._free_tries = free_tries

    async def by_password(
        self, username: str, password: str, *, address: str, scope: str | None, now: datetime
    ) -> Granted:
        """A token for a person. BadGrant when the pair is wrong, TooManyWrongPasswords when it was so too often."""
        username = username.strip().lower()
        key = throttle_key(username, address)
        async with self._database.reading() as session:
            await refuse_if_blocked(session, key, now=now)
            user = await people.find_user_named(session, username)
        known_hash = user.password_hash if user is not None and user.active else None
        fits = len(password) <= LONGEST and await self._passwords.matches(password, known_hash)
        if user is None or not fits:
            async with self._database.transaction() as session:
                await count_wrong_password(session, key, free=self._free_tries, now=now)
            raise BadGrant
        await self._welcome(user, password, key)
        granted = narrowed(scopes_of_user(user.scopes, user.visibility), scope)
        if not granted:
            raise BadScope
        token = self._issuer.token(
            f"user:{user.id}", granted, now=now, name=user.name, user_id=user.id, employee_id=user.employee_id
        )
        return self._granted(token, granted)

    def by_client_secret(self, client_id: str, client_secret: str, *, scope: str | None, now: datetime) -> Granted:
        """A token for one of our own services. BadClient when its secret is wrong or it has none."""
        known = self._client_secrets.get(client_id, "")
        fits = hmac.compare_digest(known.encode(), client_secret.encode("utf-8", "surrogatepass"))
        if not known or not fits:
            raise BadClient
        granted = narrowed(SERVICE_SCOPES[client_id], scope)
        if not granted:
            raise BadScope
        return self._granted(self._issuer.token(f"service:{client_id}", granted, now=now, name=client_id), granted)

    async def _welcome(self, user: User, password: str, key: str) -> None:
        """Forget the wrong tries before this one; renew a hash made with yesterday's parameters."""
        renewed = await self._passwords.hash(password) if self._passwords.is_outdated(user.password_hash) else None
        async with self._database.reading() as session:
            had_trouble = await people.find_wrong_password(session, key) is not None
        if not had_trouble and renewed is None:
            return
        async with self._database.transaction() as session:
            await forget_wrong_password(session, key)
            if renewed is not None:
                stored = await people.get_user(session, user.id)
                stored.password_hash = renewed
                session.add(stored)

    def _granted(self, token: str, scopes: frozenset[str]) -> Granted:
        return Granted(token, int(self._issuer.lifetime.total_seconds()), " ".join(sorted(scopes)))
