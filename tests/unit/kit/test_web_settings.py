"""Settings: from the environment or from files, and a sentence when they cannot be used."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from kit.settings import BadSettings, ServiceSettings, read_settings


class OfAService(ServiceSettings):
    service = "case-threader"
    package = "case_threader"
    port_offset = 3

    sms_url: SecretStr = Field(default=SecretStr("console:"))


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> OfAService:
    for name, value in environment.items():
        monkeypatch.setenv(f"GONIEC_{name}", value)
    return read_settings(OfAService)


def test_defaults_run_on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(monkeypatch)
    assert told.listen_port == 8003
    assert told.tasks_api_url == "http://127.0.0.1:8001"
    assert told.jwks_url == "http://127.0.0.1:8001/.well-known/jwks.json"
    assert told.nats_url == "nats://127.0.0.1:8005"
    assert told.database_address() == "sqlite+aiosqlite:///var/case_threader.sqlite3"


def test_neighbours_follow_the_port_base(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(monkeypatch, PORT_BASE="9100")
    assert told.listen_port == 9103
    assert told.url_of("reminder-dispatcher") == "http://127.0.0.1:9104"
    assert told.nats_url == "nats://127.0.0.1:9105"


def test_what_is_told_goes_before_what_is_derived(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(
        monkeypatch,
        PORT="80",
        TASKS_API_URL="http://tasks/",
        JWKS_URL="https://login.test/keys",
        DATABASE_URL="postgresql://db",
    )
    assert told.listen_port == 80
    assert told.tasks_api_url == "http://tasks"
    assert told.jwks_url == "https://login.test/keys"
    assert told.database_address() == "postgresql://db"


@pytest.mark.parametrize(("written", "read"), [("a, b", ["a", "b"]), ("a b", ["a", "b"]), ("", [])])
def test_lists_are_words(monkeypatch: pytest.MonkeyPatch, written: str, read: list[str]) -> None:
    assert settings(monkeypatch, CORS_ORIGINS=written).cors_origins == read


def test_a_secret_can_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    told = settings(monkeypatch, CLIENT_SECRET_FILE=str(tmp_path / "secret"))
    assert told.client_secret is not None
    assert told.client_secret.get_secret_value() == "from a file"
    assert "from a file" not in repr(told)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT_BASE": "many"}, "GONIEC_PORT_BASE: "),
        ({"PORT_BASE": "70000"}, "GONIEC_PORT_BASE: "),
        ({"LOG_LEVEL": "loud"}, "GONIEC_LOG_LEVEL: "),
        ({"CLIENT_SECRET_FILE": "/nowhere/secret"}, "GONIEC_CLIENT_SECRET_FILE names a file that cannot be read: "),
    ],
)
def test_bad_settings_are_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadSettings) as caught:
        settings(monkeypatch, **environment)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_setting_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    with pytest.raises(BadSettings, match="both set"):
        settings(monkeypatch, CLIENT_SECRET="y", CLIENT_SECRET_FILE=str(tmp_path / "secret"))


def test_values_are_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as caught:
        settings(monkeypatch, MAX_BODY_BYTES="hunter2")
    assert "hunter2" not in str(caught.value)
