"""OAuth 2 access tokens for mail servers: fetched when needed, kept for a while, and said plainly when they are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest
from ladder import Ingest, until
from sample_mails import a_mail
from scripted_imap import ScriptedImap

from contracts.mail import MailReceived

AUTH = {
    "kind": "oauth2",
    "username": "biuro@firma.example",
    "flow": "refresh_token",
    "token_url": "https://login.example/token",
    "client_id": "goniec",
    "client_secret": "cs-1",
    "refresh_token": "rt-1",
    "scope": "https://outlook.office.com/SMTP.Send offline_access",
}
SMTP = {"host": "127.0.0.1", "port": 587, "security": "starttls", "auth": AUTH}


class TokenEndpoint:
    """Grants numbered tokens, or answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: tuple[int, dict[str, Any]] | None = None
        self.more: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        if self.answer is not None:
            return httpx.Response(self.answer[0], content=orjson.dumps(self.answer[1]))
        granted = {"access_token": f"token-{len(self.asked)}", "expires_in": 3600, "token_type": "Bearer"}
        return httpx.Response(200, content=orjson.dumps({**granted, **self.more}))


@pytest.fixture
def endpoint(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> TokenEndpoint:
    endpoint = TokenEndpoint()
    http = httpx.AsyncClient(transport=httpx.MockTransport(endpoint))
    monkeypatch.setattr(ingest.parts.tokens, "_http", http)
    return endpoint


async def test_a_token_is_granted_once_and_kept_until_shortly_before_its_end(
    ingest: Ingest, endpoint: TokenEndpoint
) -> None:
    account = await ingest.add_account(smtp=SMTP)
    path = f"/v1/mail-accounts/{account}/smtp-access"
    access = await ingest.get(path)
    assert access["auth"] == {
        "kind": "oauth2",
        "username": "biuro@firma.example",
        "access_token": "token-1",
        "expires_at": "2026-11-20T13:00:00Z",
    }
    assert endpoint.asked[0] == {
        "grant_type": "refresh_token",
        "client_id": "goniec",
        "client_secret": "cs-1",
        "refresh_token": "rt-1",
        "scope": AUTH["scope"],
    }
    ingest.clock.advance(timedelta(minutes=54))
    assert (await ingest.get(path))["auth"]["access_token"] == "token-1"
    ingest.clock.advance(timedelta(minutes=2))
    assert (await ingest.get(path))["auth"]["access_token"] == "token-2"


async def test_a_new_refresh_token_replaces_the_sealed_one(ingest: Ingest, endpoint: TokenEndpoint) -> None:
    endpoint.more = {"refresh_token": "rt-2"}
    account = await ingest.add_account(smtp=SMTP)
    path = f"/v1/mail-accounts/{account}/smtp-access"
    await ingest.get(path)
    ingest.clock.advance(timedelta(hours=2))
    await ingest.get(path)
    assert [asked["refresh_token"] for asked in endpoint.asked] == ["rt-1", "rt-2"]


async def test_client_credentials_act_for_the_application(ingest: Ingest, endpoint: TokenEndpoint) -> None:
    auth = {**AUTH, "flow": "client_credentials", "refresh_token": None}
    account = await ingest.add_account(smtp={**SMTP, "auth": auth})
    await ingest.get(f"/v1/mail-accounts/{account}/smtp-access")
    assert endpoint.asked[0]["grant_type"] == "client_credentials"
    assert "refresh_token" not in endpoint.asked[0]


@pytest.mark.parametrize(
    ("status", "answer", "expected", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "AADSTS7000222: expired"}, 409, "token_refused"),
        (401, {"error": "invalid_client"}, 409, "token_refused"),
        (503, {}, 503, "token_not_granted"),
        (429, {"error": "slow_down"}, 503, "token_not_granted"),
        (200, {"error": "no token in here"}, 409, "token_refused"),
    ],
)
async def test_a_refusal_is_said(
    ingest: Ingest, endpoint: TokenEndpoint, status: int, answer: dict[str, str], expected: int, code: str
) -> None:
    endpoint.answer = (status, answer)
    account = await ingest.add_account(smtp=SMTP)
    refused = await ingest.client.get(f"/v1/mail-accounts/{account}/smtp-access")
    assert (refused.status_code, refused.json()["code"]) == (expected, code)
    assert answer.get("error_description", "") in refused.json()["detail"]
    assert "cs-1" not in refused.text


async def test_a_mailbox_is_read_with_a_token(ingest: Ingest, endpoint: TokenEndpoint) -> None:
    async with ScriptedImap() as server:
        server.deliver(a_mail(subject="Z tokenem"))
        server.token = "token-2"  # the first one is refused, as after somebody withdrew consent
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": AUTH, "start": "all"}
        await ingest.add_account(imap=imap)
        while not await ingest.announced(MailReceived):
            if ingest.pauses.asleep:
                await ingest.pauses.end()
            await until(lambda: _something(ingest))
        (heard,) = await ingest.announced(MailReceived)
        assert heard.mail_subject == "Z tokenem"
        assert server.logins_tried == 2


async def test_a_token_endpoint_on_the_inside_is_not_asked(ingest: Ingest) -> None:
    """reliability D6: a URL that a user names is no way into the network."""
    for number, url in enumerate(("http://169.254.169.254/latest", "https://10.0.0.1/token", "http://token.example/x")):
        account = await ingest.add_account(
            f"m{number}@firma.example", smtp={**SMTP, "auth": {**AUTH, "token_url": url}}
        )
        refused = await ingest.client.get(f"/v1/mail-accounts/{account}/smtp-access")
        assert refused.status_code in {409, 503}, url


async def _something(ingest: Ingest) -> bool:
    return bool(ingest.pauses.asleep or await ingest.announced(MailReceived))
