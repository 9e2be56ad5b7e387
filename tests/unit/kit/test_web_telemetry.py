"""OpenTelemetry is off until somebody asks for it."""

import importlib.util

import pytest

from kit.settings import BadSettings, ServiceSettings
from kit.telemetry import telemetry_config


def test_off_by_default() -> None:
    config = telemetry_config(ServiceSettings())
    assert not any(config[part] for part in ("tracing", "metrics", "logs", "auto_configure"))  # type: ignore[literal-required]


def test_on_when_asked_and_never_with_exception_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    config = telemetry_config(ServiceSettings(otel=True))
    assert config["tracing"]
    assert config["auto_configure"]
    assert not config["logs"]
    exclude = config["exclude"]
    assert exclude is not None
    assert exclude({"path": "/health/ready"})
    assert not exclude({"path": "/v1/tasks"})


def test_without_an_exporter_the_start_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(BadSettings, match="opentelemetry-exporter-otlp-proto-http"):
        telemetry_config(ServiceSettings(otel=True))
