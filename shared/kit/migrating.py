"""Schema versions: each service keeps `<package>/migrations/versions/*.py`, everything else about Alembic is here."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from kit.tables import kit_metadata

_OWN = re.compile(r"""^revision(?:\s*:[^=]+)?\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_BEFORE = re.compile(r"""^down_revision(?:\s*:[^=]+)?\s*=\s*(?:["']([^"']+)["']|None)""", re.MULTILINE)
_ENVIRONMENT = Path(__file__).with_name("alembic")


def upgrade(connection: Connection, package: str) -> None:
    """Run the missing versions of `package` in the transaction of `connection`.

    Most starts find nothing to do; only the others load Alembic, which costs a quarter of a second and 10 MB.
    """
    newest = _newest(versions_of(package))
    if newest and newest == _current(connection):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _plain(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _plain(versions_of(package)))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _newest(versions: Path) -> set[str]:
    """The revisions nobody builds on, as far as the files say so in plain text; empty when one does not."""
    revisions: set[str] = set()
    built_on: set[str] = set()
    for path in versions.glob("[!_]*.py"):
        content = path.read_text(encoding="utf-8")
        own, before = _OWN.search(content), _BEFORE.search(content)
        if own is None or before is None:
            return set()
        revisions.add(own[1])
        if before[1] is not None:
            built_on.add(before[1])
    return revisions - built_on


def versions_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"There is no package {package}, so it has no migrations.")
    return Path(spec.submodule_search_locations[0]) / "migrations" / "versions"


def create_kit_tables(op: Any) -> None:
    """For a service's first version: the outbox, the inbox and what else the kit needs."""
    kit_metadata.create_all(op.get_bind(), checkfirst=False)


def create_missing_kit_tables(op: Any) -> None:
    """For a version made because the kit has got new tables; where the first version is younger, they are there already."""
    kit_metadata.create_all(op.get_bind(), checkfirst=True)


def drop_kit_tables(op: Any) -> None:
    kit_metadata.drop_all(op.get_bind(), checkfirst=True)


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")
