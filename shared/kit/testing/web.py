"""For tests of what answers HTTP: tokens signed with a key that is no secret, and a client that talks to the app itself."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from kit.application import Parts
from kit.bus import Bus
from kit.clock import Clock
from kit.database import Database
from kit.leases import LocalLeases
from kit.metrics import Metrics
from kit.service_client import ServiceClient
from kit.settings import ServiceSettings
from kit.testing.in_memory_bus import InMemoryBus
from kit.tokens import StaticKeys, TokenVerifier

KEY_ID = "test"
ISSUER = AUDIENCE = "goniec"
PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(b"goniec test key, known to anyone")
_FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)

P = TypeVar("P", bound=Parts)


def public_keys() -> dict[str, Any]:
    """The JWK set (RFC 7517) of the test key."""
    key = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(PRIVATE_KEY.public_key()))
    return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]}


def signed_token(
    *scopes: str,
    subject: str = "tester",
    user_id: UUID | None = None,
    employee_id: UUID | None = None,
    name: str | None = None,
    expires_at: datetime = _FAR_FUTURE,
    **claims: Any,
) -> str:
    """A token that services under test accept; without scopes it may do everything. `claims` replace or add; None leaves out."""
    content: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "scope": " ".join(scopes or ("admin",)),
        "exp": int(expires_at.timestamp()),
    }
    own = {"user_id": user_id and str(user_id), "employee_id": employee_id and str(employee_id), "name": name}
    content.update({claim: value for claim, value in own.items() if value is not None})
    said = {claim: value for claim, value in {**content, **claims}.items() if value is not None}
    return jwt.encode(said, PRIVATE_KEY, algorithm="EdDSA", headers={"kid": KEY_ID})


def verifier_for_tests(clock: Clock) -> TokenVerifier:
    """Accepts what `signed_token` makes."""
    return TokenVerifier(StaticKeys(public_keys()), clock=clock, issuer=ISSUER, audience=AUDIENCE)


def parts_for_tests(
    settings: ServiceSettings,
    database: Database,
    clock: Clock,
    *,
    bus: Bus | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    make: Callable[..., P] = Parts,  # type: ignore[assignment]
    **own: Any,
) -> P:
    """Parts with an in-memory bus and static keys. `transport` answers calls to other services; `make` and `own` are for
    services with parts of their own."""
    http = httpx.AsyncClient(transport=transport or httpx.MockTransport(_nobody_there))
    return make(
        settings=settings,
        clock=clock,
        database=database,
        bus=bus or InMemoryBus(clock),
        verifier=verifier_for_tests(clock),
        http=http,
        service_client=ServiceClient(http, settings),
        leases=LocalLeases(),
        metrics=Metrics(),
        **own,
    )


def _nobody_there(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Nobody listens in this test.", request=request)


@asynccontextmanager
async def client_of(app: FastAPI, *scopes: str, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A started app and a client signed in with `scopes` (everything by default); stopped on leaving."""
    async with app.router.lifespan_context(app), anonymous_client_of(app) as client:
        client.headers["authorization"] = f"Bearer {token or signed_token(*scopes)}"
        yield client


@asynccontextmanager
async def anonymous_client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token; the app is neither started nor stopped."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://goniec.test") as client:
        yield client
