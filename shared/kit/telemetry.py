"""OpenTelemetry by FastAPI itself, off unless `GONIEC_OTEL` says so; the standard OTEL_* variables say where to."""

import importlib.util

from fastapi.telemetry import TelemetryConfig
from starlette.types import Scope

from kit.settings import BadSettings, ServiceSettings

_EXPORTER = "opentelemetry.exporter"
_QUIET = ("/health/", "/metrics")


def telemetry_config(settings: ServiceSettings) -> TelemetryConfig:
    """What FastAPI is told. Its log records are never on: they hold exception messages, which may hold addresses."""
    if settings.otel and not _has_exporter():
        raise BadSettings("GONIEC_OTEL needs the package opentelemetry-exporter-otlp-proto-http.")
    return TelemetryConfig(
        tracing=settings.otel,
        metrics=settings.otel,
        logs=False,
        operation_spans=False,
        auto_configure=settings.otel,
        exclude=_is_quiet,
    )


def _has_exporter() -> bool:
    return importlib.util.find_spec("opentelemetry") is not None and importlib.util.find_spec(_EXPORTER) is not None


def _is_quiet(scope: Scope) -> bool:
    return str(scope["path"]).startswith(_QUIET)
