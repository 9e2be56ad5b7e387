"""Tokens: what is accepted, and every forgery that is not (reliability D2)."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit import tokens
from kit.testing import FixedClock
from kit.testing.web import (
    AUDIENCE,
    ISSUER,
    KEY_ID,
    PRIVATE_KEY,
    public_keys,
    signed_token,
)
from kit.testing.web import (
    verifier_for_tests as a_verifier,
)
from kit.tokens import Caller, FetchedKeys, InvalidToken, KeysUnavailable, StaticKeys, TokenVerifier

OTHER_KEY = Ed25519PrivateKey.generate()


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def claims(**changed: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "mallory", "scope": "admin", "exp": 4_000_000_000, **changed}


def by_hand(header: dict[str, Any], content: dict[str, Any], secret: bytes | None = None) -> str:
    signed = f"{part(header)}.{part(content)}"
    mac = b"" if secret is None else hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_a_good_token_names_the_caller(clock: FixedClock) -> None:
    user, employee = uuid4(), uuid4()
    token = signed_token("cases:read", "cases:write", subject="anna", user_id=user, employee_id=employee, name="Anna")
    caller = await a_verifier(clock).verify(token)
    assert caller == Caller("anna", frozenset({"cases:read", "cases:write"}), user, employee, "Anna")
    assert caller.has("cases:read")
    assert not caller.has("mail:read")


def test_an_administrator_may_do_everything() -> None:
    assert Caller("root", frozenset({"admin"})).has("mail:send")


PEM = PRIVATE_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
RAW = PRIVATE_KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
GOOD = signed_token()

FORGERIES = {
    "no algorithm": by_hand({"alg": "none", "kid": KEY_ID}, claims()),
    "no algorithm, shouted": by_hand({"alg": "NONE", "kid": KEY_ID}, claims()),
    "public key as HMAC secret, PEM": by_hand({"alg": "HS256", "kid": KEY_ID}, claims(), PEM),
    "public key as HMAC secret, raw": by_hand({"alg": "HS256", "kid": KEY_ID}, claims(), RAW),
    "algorithm of the header does not fit": by_hand({"alg": "EdDSA", "kid": KEY_ID}, claims(), RAW),
    "another key": jwt.encode(claims(), OTHER_KEY, algorithm="EdDSA", headers={"kid": KEY_ID}),
    "key brought along": jwt.encode(
        claims(),
        OTHER_KEY,
        algorithm="EdDSA",
        headers={"jwk": json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(OTHER_KEY.public_key()))},
    ),
    "key to be fetched from the attacker": jwt.encode(
        claims(), OTHER_KEY, algorithm="EdDSA", headers={"jku": "https://evil.test/keys"}
    ),
    "unknown key": jwt.encode(claims(), OTHER_KEY, algorithm="EdDSA", headers={"kid": "mine"}),
    "key id that is a path": jwt.encode(claims(), OTHER_KEY, algorithm="EdDSA", headers={"kid": "../../etc/passwd"}),
    "RS256 where only EdDSA is accepted": jwt.encode(
        claims(), rsa.generate_private_key(65537, 2048), algorithm="RS256", headers={"kid": KEY_ID}
    ),
    "truncated": GOOD[:-5],
    "without signature": GOOD.rpartition(".")[0] + ".",
    "two parts": GOOD.rpartition(".")[0],
    "content of another": ".".join([GOOD.split(".")[0], part(claims()), GOOD.split(".")[2]]),
    "one bit changed": GOOD[:-2] + ("A" if GOOD[-2] != "A" else "B") + GOOD[-1],
    "wrong issuer": signed_token(iss="somebody"),
    "wrong audience": signed_token(aud="another"),
    "no issuer": signed_token(iss=None),
    "no subject": signed_token(sub=None),
    "expired": signed_token(exp=1_600_000_000),
    "not valid yet": signed_token(nbf=4_000_000_000),
    "end that is no number": signed_token(exp="4000000000x"),
    "empty": "",
    "no token": "hello",
    "three dots": "...",
    "endless": "a." * 20_000,
    "nonsense in base64": "%%%.%%%.%%%",
    "lone surrogate": "\ud800.a.b",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
async def test_forgeries_are_refused(clock: FixedClock, forgery: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        await a_verifier(clock).verify(forgery)
    assert forgery == "" or forgery not in str(caught.value)


async def test_a_token_ends_although_it_was_verified_before(clock: FixedClock) -> None:
    verifier = a_verifier(clock)
    token = signed_token(expires_at=clock.now() + timedelta(minutes=10))
    await verifier.verify(token)
    clock.advance(timedelta(minutes=9))
    await verifier.verify(token)
    clock.advance(timedelta(minutes=2))
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_the_clocks_of_issuer_and_verifier_may_differ_a_little(clock: FixedClock) -> None:
    verifier = a_verifier(clock)
    await verifier.verify(signed_token(expires_at=clock.now() - timedelta(seconds=20)))
    with pytest.raises(InvalidToken):
        await verifier.verify(signed_token(expires_at=clock.now() - timedelta(seconds=31)))


async def test_a_verified_token_costs_little_the_second_time(clock: FixedClock) -> None:
    verifier, token = a_verifier(clock), signed_token()
    await verifier.verify(token)
    began = time.perf_counter()
    for _ in range(1000):
        await verifier.verify(token)
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("algorithms", [["none"], ["HS256"], ["EdDSA", "HS512"], []])
def test_only_public_key_algorithms_can_be_accepted(clock: FixedClock, algorithms: list[str]) -> None:
    with pytest.raises(ValueError, match="public-key"):
        TokenVerifier(StaticKeys(public_keys()), clock=clock, issuer="a", audience="b", algorithms=algorithms)


@pytest.mark.parametrize(
    ("granted", "scopes"),
    [("a b", {"a", "b"}), (["a", "b"], {"a", "b"}), ("", set()), ([1, "a"], {"a"}), (7, set()), ({"a": 1}, set())],
)
async def test_scopes_of_an_external_issuer(clock: FixedClock, granted: Any, scopes: set[str]) -> None:
    verifier = TokenVerifier(
        StaticKeys(public_keys()), clock=clock, issuer=ISSUER, audience=AUDIENCE, scope_claim="scp"
    )
    caller = await verifier.verify(signed_token(scp=granted))
    assert caller.scopes == scopes


def test_symmetric_and_broken_keys_are_left_out() -> None:
    document = {
        "keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
            {"kty": "EC"},
            "nonsense",
            {"kty": "OKP", "use": "enc", "kid": "b"},
            {**public_keys()["keys"][0], "kid": "c"},
        ]
    }
    assert list(StaticKeys(document)._keys) == ["c"]


@pytest.mark.parametrize("document", [[], {"keys": "none"}, {}, None, {"keys": [{"kid": []}]}])
def test_documents_that_are_no_key_set(document: Any) -> None:
    assert StaticKeys(document)._keys == {}


class Issuer:
    """Publishes keys and counts who asks."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = public_keys()
        self.asked = 0
        self.status = 200

    def fetched_keys(self) -> FetchedKeys:
        def answer(_: httpx.Request) -> httpx.Response:
            self.asked += 1
            return httpx.Response(self.status, json=self.document)

        return FetchedKeys(httpx.AsyncClient(transport=httpx.MockTransport(answer)), "https://issuer.test/keys")


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: now[0])
    return now


async def test_keys_are_fetched_once() -> None:
    issuer = Issuer()
    keys = issuer.fetched_keys()
    assert await keys.key(KEY_ID) is not None
    assert await keys.key(KEY_ID) is not None
    assert issuer.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it(monotonic: list[float]) -> None:
    issuer = Issuer()
    keys = issuer.fetched_keys()
    await keys.key(KEY_ID)
    issuer.document = {"keys": [*issuer.document["keys"], {**issuer.document["keys"][0], "kid": "new"}]}
    monotonic[0] += 31
    assert await keys.key("new") is not None


async def test_unknown_key_ids_do_not_hammer_the_issuer(monotonic: list[float]) -> None:
    issuer = Issuer()
    keys = issuer.fetched_keys()
    for number in range(100):
        monotonic[0] += 0.1
        assert await keys.key(f"invented {number}") is None
    assert issuer.asked == 1


async def test_keys_that_were_withdrawn_are_forgotten_within_the_hour(monotonic: list[float]) -> None:
    issuer = Issuer()
    keys = issuer.fetched_keys()
    await keys.key(KEY_ID)
    issuer.document = {"keys": [{**issuer.document["keys"][0], "kid": "new"}]}
    monotonic[0] += 3601
    assert await keys.key(KEY_ID) is None


async def test_known_keys_serve_on_while_the_issuer_is_away(monotonic: list[float]) -> None:
    issuer = Issuer()
    keys = issuer.fetched_keys()
    await keys.key(KEY_ID)
    issuer.status = 503
    monotonic[0] += 3601
    assert await keys.key(KEY_ID) is not None


async def test_the_keys_of_an_openid_issuer_are_discovered() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": "https://login.test", "jwks_uri": "https://login.test/keys"})
        return httpx.Response(200, json=public_keys())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    assert await FetchedKeys(http, "https://login.test/.well-known/openid-configuration").key(KEY_ID) is not None


async def test_without_any_key_the_service_says_it_cannot_tell(monotonic: list[float]) -> None:
    issuer = Issuer()
    issuer.status = 500
    keys = issuer.fetched_keys()
    with pytest.raises(KeysUnavailable):
        await keys.key(KEY_ID)
    issuer.status = 200
    monotonic[0] += 2
    assert await keys.key(KEY_ID) is not None
