"""Schema versions: each service keeps `<package>/migrations/versions/*.py`, everything else about Alembic is here."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from kit.tables import kit_metadata

_ENVIRONMENT = Path(__file__).with_name("alembic")


def upgrade(connection: Connection, package: str) -> None:
    """Run the missing versions of `package` in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", _plain(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _plain(versions_of(package)))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def versions_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"There is no package {package}, so it has no migrations.")
    return Path(spec.submodule_search_locations[0]) / "migrations" / "versions"


def create_kit_tables(op: Any) -> None:
    """For a service's first version: the outbox, the inbox and what else the kit needs."""
    kit_metadata.create_all(op.get_bind(), checkfirst=False)


def drop_kit_tables(op: Any) -> None:
    kit_metadata.drop_all(op.get_bind(), checkfirst=False)


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")
