"""Who calls: access tokens (JWT, RFC 9068 in spirit) verified through the issuer's public keys (JWKS, RFC 7517).

The algorithms are pinned by settings and bound to the type of the key, so a token can neither choose `none` nor use a
public key as an HMAC secret (reliability D2). A verified token is remembered until it expires: the second call with it
costs a dictionary look-up.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from uuid import UUID

import httpx
import jwt
from fastapi import Depends, Request
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlowPassword, OAuthFlows
from fastapi.security.base import SecurityBase

from kit.clock import Clock
from kit.errors import Forbidden, Unauthorized, Unavailable

LEEWAY_SECONDS = 30
"""How far the clocks of issuer and verifier may differ."""
REFRESH_PAUSE_SECONDS = 30
"""The keys are fetched at most this often because of a key id nobody knows."""
KEYS_MAX_AGE_SECONDS = 3600
REMEMBERED_TOKENS = 10_000
MAX_TOKEN_LENGTH = 16_384

ADMIN = "admin"


class NotSignedIn(Unauthorized):
    code = "not_signed_in"


class InvalidToken(Unauthorized):
    code = "invalid_token"


class MissingScope(Forbidden):
    code = "missing_scope"

    def __init__(self, needed: Sequence[str], *, joined_by: str = "and") -> None:
        super().__init__(f"This needs the scope {f' {joined_by} '.join(needed)}.", scope=" ".join(needed))


class KeysUnavailable(Unavailable):
    code = "token_keys_unavailable"

    def __init__(self) -> None:
        super().__init__("The keys that tokens are checked with cannot be fetched just now.", retry_after=2)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls and what they may do. `user_id` is set for people, `employee_id` when the user is an employee."""

    subject: str
    scopes: frozenset[str]
    user_id: UUID | None = None
    employee_id: UUID | None = None
    name: str | None = None

    def has(self, scope: str) -> bool:
        return scope in self.scopes or ADMIN in self.scopes


class KeySource(Protocol):
    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The public key with this id, or None. Without an id: the only key there is."""
        ...


class StaticKeys:
    """Keys that never change: for tests, and for a service that verifies what it signed itself."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._keys = _public_keys(document)

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        return _choose(self._keys, key_id)


class FetchedKeys:
    """The keys an issuer publishes, fetched when first needed, hourly, and when a token names a new key id.

    `url` is that of the JWK set or of an OpenID Connect discovery document that names it.
    """

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = -float("inf")
        self._tried_at = -float("inf")
        self._lock = asyncio.Lock()

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        if time.monotonic() - self._fetched_at > KEYS_MAX_AGE_SECONDS or _choose(self._keys, key_id) is None:
            await self._refresh(key_id)
        if not self._keys:
            raise KeysUnavailable
        return _choose(self._keys, key_id)

    async def _refresh(self, key_id: str | None) -> None:
        async with self._lock:
            now = time.monotonic()
            young = now - self._fetched_at <= KEYS_MAX_AGE_SECONDS
            if young and _choose(self._keys, key_id) is not None:
                return  # another request fetched it while this one waited
            pause = REFRESH_PAUSE_SECONDS if self._keys else 1
            if now - self._tried_at < pause:
                return
            self._tried_at = now
            try:
                document = await self._document(self._url)
                if isinstance(document, dict) and isinstance(document.get("jwks_uri"), str):
                    document = await self._document(document["jwks_uri"])  # it was an OpenID Connect discovery
                self._keys = _public_keys(document)
                self._fetched_at = now
            except (httpx.HTTPError, ValueError):
                return  # the keys known so far go on serving; without any, the caller is told

    async def _document(self, url: str) -> Any:
        answer = await self._http.get(url, headers={"accept": "application/json"})
        answer.raise_for_status()
        return answer.json()


def _public_keys(document: Any) -> dict[str | None, jwt.PyJWK]:
    """The usable public keys of a JWK set by key id. Symmetric and encryption keys are left out."""
    keys: dict[str | None, jwt.PyJWK] = {}
    entries = document.get("keys") if isinstance(document, Mapping) else None
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("kty") == "oct" or entry.get("use", "sig") != "sig":
            continue
        key_id = entry.get("kid")
        try:
            keys[key_id if isinstance(key_id, str) else None] = jwt.PyJWK(entry)
        except jwt.PyJWTError:
            continue
    return keys


def _choose(keys: Mapping[str | None, jwt.PyJWK], key_id: str | None) -> jwt.PyJWK | None:
    if key_id is None and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(key_id)


class TokenVerifier:
    """Turns a token into a Caller, or refuses it."""

    def __init__(
        self,
        keys: KeySource,
        *,
        clock: Clock,
        issuer: str,
        audience: str,
        algorithms: Sequence[str] = ("EdDSA",),
        scope_claim: str = "scope",
    ) -> None:
        forbidden = [name for name in algorithms if name == "none" or name.startswith("HS")]
        if forbidden or not algorithms:
            raise ValueError(
                f"Tokens must be signed with a public-key algorithm, not {', '.join(forbidden) or 'none'}."
            )
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._algorithms = list(algorithms)
        self._scope_claim = scope_claim
        self._remembered: dict[str, tuple[Caller, float]] = {}

    async def verify(self, token: str) -> Caller:
        """The caller behind `token`. InvalidToken when it is not good, KeysUnavailable when that cannot be told."""
        now = self._clock.now().timestamp()
        known = self._remembered.get(token)
        if known is not None:
            if now < known[1]:
                return known[0]
            del self._remembered[token]
        claims = await self._claims(token, now)
        caller = _caller_of(claims, self._scope_claim)
        if len(self._remembered) >= REMEMBERED_TOKENS:
            self._remembered.clear()
        self._remembered[token] = (caller, claims["exp"])
        return caller

    async def _claims(self, token: str, now: float) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_LENGTH:
            raise InvalidToken("The token is too long.")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in self._algorithms:
                raise InvalidToken("The token is not signed in an accepted way.")
            key = await self._keys.key(header.get("kid"))
            if key is None or key.algorithm_name != header["alg"]:
                raise InvalidToken("The token is signed with an unknown key.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=self._algorithms,
                audience=self._audience,
                issuer=self._issuer,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise InvalidToken("The token is not valid.") from None
        _check_times(claims, now)
        return claims


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    """The clock is ours, so that tests and replays can move it; RFC 7519 sections 4.1.4 and 4.1.5."""
    expires, not_before = claims["exp"], claims.get("nbf", 0)
    if not all(isinstance(value, int | float) for value in (expires, not_before)):
        raise InvalidToken("The token is not valid.")
    if expires <= now - LEEWAY_SECONDS:
        raise InvalidToken("The token has expired.")
    if not_before > now + LEEWAY_SECONDS:
        raise InvalidToken("The token is not valid yet.")


def _caller_of(claims: Mapping[str, Any], scope_claim: str) -> Caller:
    granted = claims.get(scope_claim, "")
    words = granted.split() if isinstance(granted, str) else granted if isinstance(granted, list) else []
    name = claims.get("name")
    return Caller(
        subject=str(claims["sub"]),
        scopes=frozenset(word for word in words if isinstance(word, str)),
        user_id=_uuid_or_none(claims.get("user_id")),
        employee_id=_uuid_or_none(claims.get("employee_id")),
        name=name if isinstance(name, str) else None,
    )


def _uuid_or_none(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750 section 2.1)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class requires(SecurityBase):  # noqa: N801 - reads as a word at its place of use: Depends(requires("cases:write"))
    """Dependency: the caller, who must have every one of `scopes`; 401 without a valid token, 403 without a scope."""

    def __init__(self, *scopes: str) -> None:
        self.model = OAuth2(flows=_FLOWS)
        self.scheme_name = "goniec"
        self.scopes = scopes

    async def __call__(self, request: Request) -> Caller:
        return await authorized(request, *self.scopes)


class requires_any(requires):  # noqa: N801 - as above
    """Dependency: the caller, who must have at least one of `scopes`."""

    async def __call__(self, request: Request) -> Caller:
        caller = await caller_of(request)
        if not any(caller.has(scope) for scope in self.scopes):
            raise MissingScope(self.scopes, joined_by="or")
        return caller


async def authorized(request: Request, *scopes: str) -> Caller:
    """The caller, who must have every one of `scopes`. What `requires` does, for endpoints that are called very often:
    a FastAPI dependency costs some fifty microseconds."""
    caller = await caller_of(request)
    if not all(caller.has(scope) for scope in scopes):
        raise MissingScope(scopes)
    return caller


async def caller_of(request: Request) -> Caller:
    """The caller of this request, verified once per request."""
    token = bearer_token(request.headers)
    if token is None:
        raise NotSignedIn("This needs an access token in the Authorization header.")
    verifier: TokenVerifier = request.app.state.parts.verifier
    caller = await verifier.verify(token)
    request.scope["goniec.caller"] = caller
    return caller


TOKEN_URL = "/v1/auth/token"  # noqa: S105 - an address, not a secret
_FLOWS = OAuthFlows(
    password=OAuthFlowPassword(tokenUrl=TOKEN_URL, scopes={}),
    clientCredentials=OAuthFlowClientCredentials(tokenUrl=TOKEN_URL, scopes={}),
)

SignedIn = Annotated[Caller, Depends(requires())]
"""Any caller with a valid token."""
