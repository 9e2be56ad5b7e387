"""Where an installation lives, and what its parts are told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from goniec.places import NATS_USERS, SERVICES, Places, Secrets, broker_environment, service_environment


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GONIEC_DATA", "GONIEC_PORT_BASE", "GONIEC_HOST", "GONIEC_ADMIN_PASSWORD", "GONIEC_TASKS_API_URL"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_run_on_a_laptop() -> None:
    places = Places.from_environment()
    assert places.data == Path("var").resolve()
    assert [places.port(service) for service in SERVICES] == [8001, 8002, 8003, 8004]
    assert (places.url("tasks-api"), places.nats_url) == ("http://127.0.0.1:8001", "nats://127.0.0.1:8005")
    assert places.admin_password is None


def test_environment_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GONIEC_DATA", str(tmp_path))
    monkeypatch.setenv("GONIEC_PORT_BASE", "9000")
    monkeypatch.setenv("GONIEC_ADMIN_PASSWORD", "")
    monkeypatch.setenv("GONIEC_TASKS_API_URL", "https://tasks.zegar.example/")
    places = Places.from_environment()
    assert (places.data, places.port("mail-ingest"), places.admin_password) == (tmp_path, 9002, None)
    assert places.url("tasks-api") == "https://tasks.zegar.example"
    assert places.url("mail-ingest") == "http://127.0.0.1:9002"


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "new"
    assert not Secrets.are_kept(data)
    made = Secrets.of(data)
    assert Secrets.are_kept(data)
    assert Secrets.of(data) == made
    assert made.nats.keys() == set(NATS_USERS)
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600


def test_each_service_knows_its_own_password_only(tmp_path: Path) -> None:
    places = Places(data=tmp_path, port_base=9000, admin_password="secret", environment={"GONIEC_LOCALE": "en"})
    kept = Secrets.of(tmp_path)
    told = service_environment("case-threader", places, kept)
    assert (told["GONIEC_PORT"], told["GONIEC_NATS_USER"], told["GONIEC_LOCALE"]) == ("9003", "case-threader", "en")
    assert told["GONIEC_NATS_PASSWORD"] == kept.nats["case-threader"]
    others = set(kept.nats.values()) - {kept.nats["case-threader"]}
    assert others.isdisjoint(told.values())


def test_the_broker_reads_any_password_and_any_folder_as_text(tmp_path: Path) -> None:
    kept = Secrets("c", "l", dict.fromkeys(NATS_USERS, '-12e5"\\'))
    told = broker_environment(Places(data=tmp_path / "My mail", port_base=9000), kept)
    assert told["GONIEC_NATS_PASSWORD_TASKS_API"] == r'"-12e5\"\\"'
    assert told["GONIEC_NATS_STORE"] == f'"{tmp_path}/My mail/nats"'
    assert told["GONIEC_NATS_PORT"] == "9005"
