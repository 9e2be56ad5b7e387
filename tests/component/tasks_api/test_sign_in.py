"""Sign-in, users, scopes, and that nothing answers without a token."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr
from tasks_office import ADMIN_PASSWORD, CLIENT_SECRET, Office, app_of, parts_under_test

from contracts.directory import EmployeeChanged, UserChanged
from kit.settings import BadSettings
from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.web import anonymous_client_of, client_of
from tasks_api.settings import Settings
from tasks_api.signing_keys import signing_keys


@pytest.fixture
def office(laptop: Office) -> Office:
    return laptop


OPEN_PATHS = {"/v1/auth/token", "/.well-known/jwks.json", "/v1/feeds/{secret}.ics"}
"""The last one is a key in itself."""


async def sign_in(office: Office, *, expect: int = 200, **form: str) -> Any:
    async with anonymous_client_of(office.app) as client:
        answer = await client.post("/v1/auth/token", data=form)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def sign_in_as(office: Office, username: str, password: str, *, expect: int = 200, **form: str) -> Any:
    form = {"grant_type": "password", "username": username, "password": password, **form}
    return await sign_in(office, expect=expect, **form)


async def test_every_route_but_sign_in_needs_a_token(office: Office) -> None:
    routes = [one for one in iter_route_contexts(office.app.routes) if isinstance(one.original_route, APIRoute)]
    assert len(routes) > 40
    async with anonymous_client_of(office.app) as client:
        for route in routes:
            path = str(route.path_format)
            if path in OPEN_PATHS:
                continue
            filled = path.replace("{", "").replace("}", "")
            for method in route.methods or ():
                answer = await client.request(method, filled)
                assert answer.status_code == 401, (method, path, answer.status_code)
                assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_every_route_but_sign_in_needs_a_scope_or_is_about_oneself(office: Office) -> None:
    paths = office.app.openapi()["paths"]
    scopeless = {
        path
        for path, operations in paths.items()
        for operation in operations.values()
        if not any(names for security in operation.get("security", ()) for names in security.values())
    }
    told_by_kind = "/v1/events"  # each kind of event has scopes of its own: kit.live_events
    assert scopeless == {*OPEN_PATHS, "/v1/me", told_by_kind}


async def test_the_first_administrator_signs_in_with_the_given_password(office: Office) -> None:
    granted = await sign_in_as(office, "admin", ADMIN_PASSWORD)
    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 900
    async with anonymous_client_of(office.app) as client:
        answer = await client.get("/v1/me", headers={"authorization": f"Bearer {granted['access_token']}"})
    assert answer.json()["user"]["username"] == "admin"
    assert answer.json()["scopes"] == [
        "accounts:all",
        "activities:all",
        "admin",
        "calendar:all",
        "contacts:all",
        "tasks:all",
    ]


async def test_a_token_can_be_verified_with_the_published_keys(office: Office) -> None:
    granted = await sign_in_as(office, "admin", ADMIN_PASSWORD)
    (published,) = (await office.get("/.well-known/jwks.json"))["keys"]
    assert "d" not in published
    now = office.clock.now()
    claims = jwt.decode(granted["access_token"], jwt.PyJWK(published), algorithms=["EdDSA"], audience="goniec",
                        options={"verify_exp": False, "verify_iat": False})  # fmt: skip
    assert claims["exp"] - claims["iat"] == 900
    assert claims["iat"] == int(now.timestamp())
    assert jwt.get_unverified_header(granted["access_token"])["kid"] == published["kid"]


async def test_a_token_ends(office: Office) -> None:
    granted = await sign_in_as(office, "admin", ADMIN_PASSWORD)
    office.clock.advance(timedelta(minutes=16))
    async with anonymous_client_of(office.app) as client:
        answer = await client.get("/v1/me", headers={"authorization": f"Bearer {granted['access_token']}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password", "username": "admin", "password": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "password", "username": "nobody", "password": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "password", "username": "admin"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "mail-ingest", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "stranger", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, 400, "invalid_request"),
    ],
)
async def test_what_is_refused_at_the_token_door(office: Office, form: dict[str, str], status: int, error: str) -> None:
    refused = await sign_in(office, expect=status, **form)
    assert refused["error"] == refused["code"] == error


async def test_services_sign_in_with_no_more_than_they_need(office: Office) -> None:
    form = {"grant_type": "client_credentials", "client_id": "case-threader", "client_secret": CLIENT_SECRET}
    granted = await sign_in(office, **form)
    assert "directory:write" in granted["scope"].split()
    assert "tasks:write" not in granted["scope"].split()
    narrowed = await sign_in(office, **form, scope="directory:read admin")
    assert narrowed["scope"] == "directory:read"
    await sign_in(office, expect=400, **form, scope="admin")
    basic = base64.b64encode(f"mail-ingest:{CLIENT_SECRET}".encode()).decode()
    async with anonymous_client_of(office.app) as client:
        answer = await client.post(
            "/v1/auth/token", data={"grant_type": "client_credentials"}, headers={"authorization": f"Basic {basic}"}
        )
    assert answer.status_code == 200


async def test_wrong_passwords_make_their_sender_wait_and_nobody_else(office: Office) -> None:
    await office.post("/v1/users", {"username": "ewa", "password": "haslo-ewy-1"}, expect=201)
    for _ in range(5):
        await sign_in_as(office, "ewa", "zgaduje", expect=400)
    waiting = await sign_in_as(office, "ewa", "haslo-ewy-1", expect=429)
    assert waiting["retry_after"] == 2
    await sign_in_as(office, "admin", ADMIN_PASSWORD)
    office.clock.advance(timedelta(seconds=3))
    await sign_in_as(office, "ewa", "haslo-ewy-1")
    await sign_in_as(office, "ewa", "zgaduje", expect=400)
    await sign_in_as(office, "ewa", "haslo-ewy-1")


async def test_a_user_gets_the_scopes_and_the_sight_they_were_given(office: Office) -> None:
    body = {"username": "Ewa", "password": "haslo-ewy-1", "scopes": ["tasks:read"], "visibility": "all"}
    made = await office.post("/v1/users", body, expect=201)
    assert "password" not in str(made)
    assert (await sign_in_as(office, "EWA", "haslo-ewy-1"))[
        "scope"
    ] == "accounts:all activities:all calendar:all contacts:all tasks:all tasks:read"
    await office.patch(f"/v1/users/{made['id']}", {"visibility": "own", "password": "haslo-ewy-2"})
    await sign_in_as(office, "ewa", "haslo-ewy-1", expect=400)
    assert (await sign_in_as(office, "ewa", "haslo-ewy-2"))["scope"] == "accounts:all contacts:all tasks:read"
    await office.patch(f"/v1/users/{made['id']}", {"active": False})
    await sign_in_as(office, "ewa", "haslo-ewy-2", expect=400)


async def test_a_foreign_scope_is_not_enough(office: Office) -> None:
    async with anonymous_client_of(office.app) as client:
        from kit.testing.web import signed_token

        client.headers["authorization"] = f"Bearer {signed_token('tasks:read')}"
        assert (await client.get("/v1/tasks")).status_code == 200
        refused = await client.post("/v1/tasks", json={"title": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
        assert (await client.get("/v1/users")).status_code == 403


async def test_users_are_looked_after(office: Office) -> None:
    assert (await office.post("/v1/users", {"username": "a b", "password": "12345678"}, expect=422))[
        "code"
    ] == "invalid"
    await office.post("/v1/users", {"username": "ewa", "password": "krotkie"}, expect=422)
    bad = {"username": "ewa", "password": "haslo-ewy-1", "scopes": ["everything"]}
    assert (await office.post("/v1/users", bad, expect=422))["code"] == "unknown_scopes"
    employee = await office.employee("Ewa", "ewa@nasza.example")
    ewa = await office.post(
        "/v1/users", {"username": "ewa", "password": "haslo-ewy-1", "employee_id": employee}, expect=201
    )
    taken = {"username": "EWA", "password": "haslo-ewy-1"}
    assert (await office.post("/v1/users", taken, expect=409))["code"] == "username_taken"
    again = {"username": "ewa2", "password": "haslo-ewy-1", "employee_id": employee}
    assert (await office.post("/v1/users", again, expect=409))["code"] == "employee_has_user"
    await office.patch(f"/v1/users/{ewa['id']}", {"reminders_enabled": False, "locale": "en"})
    told = (await office.announced(EmployeeChanged))[-1]
    assert (told.reminders_enabled, told.locale, str(told.user_id)) == (False, "en", ewa["id"])
    assert (await office.client.delete(f"/v1/users/{ewa['id']}")).status_code == 204
    assert (await office.announced(EmployeeChanged))[-1].user_id is None
    assert [one["username"] for one in (await office.get("/v1/users"))["items"]] == ["admin"]


async def test_who_a_login_is_is_told_without_its_rights(office: Office) -> None:
    """features R32: others keep who stands behind a user's id."""
    ewa = await office.post("/v1/users", {"username": "ewa", "password": "haslo-ewy-1", "name": "Ewa"}, expect=201)
    shown = await office.get(f"/v1/users/{ewa['id']}/name")
    assert shown == {"id": ewa["id"], "version": 1, "name": "Ewa", "employee_id": None, "active": True}
    await office.patch(f"/v1/users/{ewa['id']}", {"reminders_enabled": False})
    await office.patch(f"/v1/users/{ewa['id']}", {"active": False})
    await office.client.delete(f"/v1/users/{ewa['id']}")
    told = [one for one in await office.announced(UserChanged) if str(one.user_id) == ewa["id"]]
    assert [(one.name, one.active, one.deleted) for one in told] == [
        ("Ewa", True, False),
        ("Ewa", False, False),
        ("Ewa", False, True),
    ]
    assert [one.version for one in told] == [1, 3, 4]


async def test_the_last_administrator_stays(office: Office) -> None:
    (admin,) = (await office.get("/v1/users"))["items"]
    path = f"/v1/users/{admin['id']}"
    assert (await office.patch(path, {"active": False}, expect=409))["code"] == "last_administrator"
    assert (await office.patch(path, {"scopes": ["tasks:read"]}, expect=409))["code"] == "last_administrator"
    assert (await office.client.delete(path)).status_code == 409
    await office.post("/v1/users", {"username": "zast", "password": "haslo-zastepcy", "scopes": ["admin"]}, expect=201)
    assert (await office.client.delete(path)).status_code == 204


async def test_people_change_their_own_password(office: Office) -> None:
    await office.post("/v1/users", {"username": "ewa", "password": "haslo-ewy-1"}, expect=201)
    token = (await sign_in_as(office, "ewa", "haslo-ewy-1"))["access_token"]
    mine = {"authorization": f"Bearer {token}"}
    wrong = {"current_password": "zgaduje", "password": "haslo-ewy-2"}
    await office.patch("/v1/me", wrong, expect=400, headers=mine)
    await office.patch("/v1/me", {"current_password": "haslo-ewy-1", "password": "haslo-ewy-2"}, headers=mine)
    await sign_in_as(office, "ewa", "haslo-ewy-2")
    await office.patch("/v1/me", {"scopes": ["admin"]}, expect=422, headers=mine)


async def test_the_given_administrators_password_holds_after_a_restart(
    open_database: OpenDatabase, clock: FixedClock, settings: Settings
) -> None:
    database = await open_database("tasks_api")
    parts = parts_under_test(settings, database, clock)
    async with client_of(app_of(parts)):
        pass
    database = await open_database("tasks_api")
    changed = settings.model_copy(update={"admin_password": SecretStr("another-password")})
    parts = parts_under_test(changed, database, clock)
    app = app_of(parts)
    async with client_of(app) as client:
        office = Office(app, parts, client, clock, database)
        await sign_in_as(office, "admin", "another-password")
        await sign_in_as(office, "admin", ADMIN_PASSWORD, expect=400)


async def test_without_a_given_password_one_is_made_and_shown_once(
    open_database: OpenDatabase, clock: FixedClock, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    untold = settings.model_copy(update={"admin_password": None})
    database = await open_database("tasks_api")
    parts = parts_under_test(untold, database, clock)
    app = app_of(parts)
    async with client_of(app) as client:
        shown = capsys.readouterr().out
        password = shown.partition("password: ")[2].split()[0]
        await sign_in_as(Office(app, parts, client, clock, database), "admin", password)
    database = await open_database("tasks_api")
    async with client_of(app_of(parts_under_test(untold, database, clock))):
        assert "password" not in capsys.readouterr().out


def test_the_signing_key_is_made_once_and_may_be_rotated(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first = signing_keys(settings)
    assert signing_keys(settings).key_id == first.key_id
    kept = tmp_path / "signing-key.pem"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.rename(tmp_path / "signing-key.2026.pem")
    rotated = signing_keys(settings)
    assert rotated.key_id != first.key_id
    assert {key["kid"] for key in rotated.jwks()["keys"]} == {first.key_id, rotated.key_id}


def test_a_signing_key_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    def pem(key: Any) -> SecretStr:
        return SecretStr(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    good = Ed25519PrivateKey.generate()
    assert signing_keys(Settings(data=tmp_path, signing_key=pem(good))).jwks()["keys"][0]["crv"] == "Ed25519"
    with pytest.raises(BadSettings, match="not an Ed25519 key"):
        signing_keys(Settings(data=tmp_path, signing_key=pem(generate_private_key(SECP256R1()))))
    with pytest.raises(BadSettings, match="no private key"):
        signing_keys(Settings(data=tmp_path, signing_key=SecretStr("nonsense")))
