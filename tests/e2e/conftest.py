"""Whole installations for the stories: four services and a real nats-server, on a database of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from goniec.api import Api
from goniec.installation import Installation
from goniec.places import Places
from kit.testing.ports import free_port_base

PASSWORD = "only-for-tests"


@pytest.fixture(params=["sqlite", "postgresql"])
def installed_database(request: pytest.FixtureRequest) -> str | None:
    """None for SQLite in the data folder; the URL of an empty PostgreSQL database otherwise."""
    return str(request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else None


@pytest.fixture
async def installation(tmp_path: Path, installed_database: str | None) -> AsyncIterator[Installation]:
    told = {"GONIEC_DATABASE_URL": installed_database} if installed_database else {}
    places = Places(data=tmp_path / "data", port_base=free_port_base(), admin_password=PASSWORD, environment=told)
    async with Installation(places) as running:
        await running.ready()
        yield running


@pytest.fixture
async def api(installation: Installation) -> AsyncIterator[Api]:
    async with Api(installation.places, password=PASSWORD) as api:
        yield api
