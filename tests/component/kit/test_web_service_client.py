"""Calls between services: signed, tied together, and honest about what went wrong."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from kit import service_client
from kit.correlation import correlation
from kit.service_client import ServiceClient, SiblingRefused, SiblingUnavailable
from kit.settings import ServiceSettings


class Siblings:
    """The other services, as far as this one can see them."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.sign_ins: list[str] = []
        self.token_status = 200
        self.expires_in: float = 300
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, json={"ok": True})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/auth/token":
            self.sign_ins.append(request.content.decode())
            granted = {"access_token": f"token-{len(self.sign_ins)}", "expires_in": self.expires_in}
            return httpx.Response(
                self.token_status, json=granted if self.token_status == 200 else {"code": "bad_client"}
            )
        self.requests.append(request)
        return self.answer(request)


@pytest.fixture
def siblings() -> Siblings:
    return Siblings()


@pytest.fixture
def client(siblings: Siblings, monkeypatch: pytest.MonkeyPatch) -> ServiceClient:
    monkeypatch.setattr(service_client, "_AGAIN_AFTER_SECONDS", 0)
    settings = ServiceSettings(client_id="case-threader", client_secret=SecretStr("s"), mail_ingest_url="http://mail/")
    return ServiceClient(httpx.AsyncClient(transport=httpx.MockTransport(siblings)), settings)


async def test_a_call_is_signed_and_tied_to_what_caused_it(siblings: Siblings, client: ServiceClient) -> None:
    with correlation("abc"):
        answer = await client.call("mail-ingest", "POST", "/v1/things", params={"a": "b"}, json={"c": 1})
    assert answer.json() == {"ok": True}
    (request,) = siblings.requests
    assert str(request.url) == "http://mail/v1/things?a=b"
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["x-correlation-id"] == "abc"
    assert siblings.sign_ins == ["grant_type=client_credentials&client_id=case-threader&client_secret=s"]


async def test_one_sign_in_lasts(siblings: Siblings, client: ServiceClient) -> None:
    for _ in range(3):
        await client.call("tasks-api", "GET", "/v1/things")
    assert len(siblings.sign_ins) == 1


async def test_a_token_is_renewed_before_it_ends(siblings: Siblings, client: ServiceClient) -> None:
    siblings.expires_in = 0
    for _ in range(2):
        await client.call("tasks-api", "GET", "/v1/things")
    assert [request.headers["authorization"] for request in siblings.requests] == ["Bearer token-1", "Bearer token-2"]


async def test_a_refused_token_is_renewed_once(siblings: Siblings, client: ServiceClient) -> None:
    siblings.answer = lambda request: httpx.Response(
        401 if request.headers["authorization"] == "Bearer token-1" else 200, json={"code": "invalid_token"}
    )
    assert (await client.call("tasks-api", "GET", "/v1/things")).status_code == 200
    siblings.answer = lambda _: httpx.Response(401, json={"code": "invalid_token"})
    with pytest.raises(SiblingRefused) as caught:
        await client.call("tasks-api", "GET", "/v1/things")
    assert (caught.value.answer_status, caught.value.answer_code) == (401, "invalid_token")


async def test_a_refusal_names_status_and_code(siblings: Siblings, client: ServiceClient) -> None:
    siblings.answer = lambda _: httpx.Response(404, json={"code": "account_not_found"})
    with pytest.raises(SiblingRefused) as caught:
        await client.call("tasks-api", "GET", "/v1/accounts/1")
    assert (caught.value.answer_status, caught.value.answer_code) == (404, "account_not_found")
    siblings.answer = lambda _: httpx.Response(500, content=b"<html>")
    with pytest.raises(SiblingRefused) as caught:
        await client.call("tasks-api", "GET", "/v1/accounts/1")
    assert (caught.value.answer_status, caught.value.answer_code) == (500, "unknown")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_sibling_that_cannot_just_now(siblings: Siblings, client: ServiceClient, status: int) -> None:
    siblings.answer = lambda _: httpx.Response(status)
    with pytest.raises(SiblingUnavailable):
        await client.call("tasks-api", "GET", "/v1/things")


async def test_a_connection_that_cannot_be_made_is_tried_again(siblings: Siblings, client: ServiceClient) -> None:
    def refuse_twice(request: httpx.Request) -> httpx.Response:
        if len(siblings.requests) < 3:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json={})

    siblings.answer = refuse_twice
    await client.call("tasks-api", "POST", "/v1/things")
    assert len(siblings.requests) == 3


async def test_what_was_sent_is_not_sent_again(siblings: Siblings, client: ServiceClient) -> None:
    def break_off(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("broken", request=request)

    siblings.answer = break_off
    with pytest.raises(SiblingUnavailable):
        await client.call("tasks-api", "POST", "/v1/things")
    assert len(siblings.requests) == 1


async def test_a_wrong_secret_is_not_tried_in_a_loop(siblings: Siblings, client: ServiceClient) -> None:
    siblings.token_status = 401
    with pytest.raises(SiblingRefused) as caught:
        await client.call("tasks-api", "GET", "/v1/things")
    assert caught.value.answer_code == "bad_client"
    assert (len(siblings.sign_ins), siblings.requests) == (1, [])


async def test_nobody_to_sign_in_at(siblings: Siblings, client: ServiceClient) -> None:
    siblings.token_status = 503
    with pytest.raises(SiblingUnavailable):
        await client.call("tasks-api", "GET", "/v1/things")
