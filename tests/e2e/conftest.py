"""Whole installations for the stories: four services and a real nats-server, on a database of either kind."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from goniec.api import Api
from goniec.installation import Installation
from goniec.places import Places

PASSWORD = "only-for-tests"


@pytest.fixture
def port_base() -> int:
    """A base whose ports (services, broker, mail server) are free now."""
    for base in range(31_000, 60_000, 50):
        if all(_is_free(base + offset) for offset in (*range(1, 7), 25, 43)):
            return base
    raise RuntimeError("no free block of ports")


@pytest.fixture(params=["sqlite", "postgresql"])
def installed_database(request: pytest.FixtureRequest) -> str | None:
    """None for SQLite in the data folder; the URL of an empty PostgreSQL database otherwise."""
    return str(request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else None


@pytest.fixture
async def installation(tmp_path: Path, port_base: int, installed_database: str | None) -> AsyncIterator[Installation]:
    told = {"GONIEC_DATABASE_URL": installed_database} if installed_database else {}
    places = Places(data=tmp_path / "data", port_base=port_base, admin_password=PASSWORD, environment=told)
    async with Installation(places) as running:
        await running.ready()
        yield running


@pytest.fixture
async def api(installation: Installation) -> AsyncIterator[Api]:
    async with Api(installation.places, password=PASSWORD) as api:
        yield api


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
