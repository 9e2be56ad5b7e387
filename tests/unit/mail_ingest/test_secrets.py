"""Secrets of mail accounts: kept apart from what is shown, and never sent to another server (reliability D11)."""

from __future__ import annotations

from typing import Any

import pytest

from mail_ingest.errors import SecretMissing
from mail_ingest.servers import put_together, shown, taken_apart

PASSWORD = {"kind": "password", "username": "biuro", "password": "tajne"}
SERVER: dict[str, Any] = {"host": "imap.example", "port": 993, "security": "tls", "auth": PASSWORD}
OAUTH = {
    "kind": "oauth2",
    "username": "biuro",
    "flow": "client_credentials",
    "token_url": "https://login.example/token",
    "client_id": "goniec",
    "client_secret": "tajne",
}


def test_a_server_is_taken_apart_and_put_together_again() -> None:
    for server in (SERVER, {**SERVER, "auth": OAUTH}, {**SERVER, "auth": None}):
        open_part, secrets = taken_apart(server, (None, {}), kind="smtp")
        assert "tajne" not in repr(open_part)
        assert put_together(open_part, secrets) == server
    assert shown(open_part, has_secret=False) == open_part


@pytest.mark.parametrize(
    ("auth", "missing"),
    [
        ({"kind": "password", "username": "biuro"}, "#/imap/auth/password"),
        ({**OAUTH, "client_secret": None}, "#/imap/auth/client_secret"),
        ({**OAUTH, "flow": "refresh_token"}, "#/imap/auth/refresh_token"),
    ],
)
def test_what_signing_in_needs(auth: dict[str, Any], missing: str) -> None:
    with pytest.raises(SecretMissing) as refused:
        taken_apart({**SERVER, "auth": auth}, (None, {}), kind="imap")
    assert refused.value.extra["errors"][0]["pointer"] == missing


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({}, True),
        ({"security": "starttls"}, True),
        ({"host": "evil.example"}, False),
        ({"port": 143}, False),
        ({"security": "none"}, False),
        ({"auth": {"kind": "password", "username": "inny"}}, False),
    ],
)
def test_a_kept_secret_goes_where_it_went_before(change: dict[str, Any], is_kept: bool) -> None:
    former = taken_apart(SERVER, (None, {}), kind="imap")
    wanted = {**SERVER, "auth": {"kind": "password", "username": "biuro"}, **change}
    if is_kept:
        assert taken_apart(wanted, former, kind="imap")[1] == {"password": "tajne"}
    else:
        with pytest.raises(SecretMissing):
            taken_apart(wanted, former, kind="imap")
