"""Secrets of mail accounts: sealed, bound to their account, and never sent to another server (reliability D11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kit.settings import BadSettings
from mail_ingest.errors import SecretMissing
from mail_ingest.sealing import CannotUnseal, Seal, seal_of
from mail_ingest.servers import put_together, shown, taken_apart

OWNER, OTHER = UUID(int=1), UUID(int=2)
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


def test_what_is_sealed_opens_for_its_owner_only() -> None:
    seal = Seal(["a" * 43])
    sealed = seal.seal({"imap": {"password": "tajne"}}, owner=OWNER)
    assert b"tajne" not in sealed
    assert seal.unseal(sealed, owner=OWNER) == {"imap": {"password": "tajne"}}
    with pytest.raises(CannotUnseal, match="another mail account"):
        seal.unseal(sealed, owner=OTHER)
    with pytest.raises(CannotUnseal, match="another key"):
        Seal(["b" * 43]).unseal(sealed, owner=OWNER)


def test_a_key_is_exchanged_without_a_pause() -> None:
    sealed = Seal(["a" * 43]).seal({"x": 1}, owner=OWNER)
    both = Seal(["b" * 43, "a" * 43])
    assert both.unseal(sealed, owner=OWNER) == {"x": 1}
    assert Seal(["b" * 43]).unseal(both.reseal(sealed), owner=OWNER) == {"x": 1}


@pytest.mark.parametrize("key", ["a" * 43, "a" * 43 + "=", "any other long enough sentence will do"])
def test_keys_in_many_spellings(key: str) -> None:
    seal = Seal([key])
    assert seal.unseal(seal.seal({}, owner=OWNER), owner=OWNER) == {}


def test_a_key_that_is_easily_guessed_is_refused() -> None:
    with pytest.raises(BadSettings, match="easily guessed"):
        Seal(["haslo"])


def test_the_kept_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "mail_ingest.key"
    sealed = seal_of(None, file).seal({"x": 1}, owner=OWNER)
    assert file.stat().st_mode & 0o077 == 0
    assert seal_of(None, file).unseal(sealed, owner=OWNER) == {"x": 1}
    assert [path.name for path in file.parent.iterdir()] == ["mail_ingest.key"]


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
