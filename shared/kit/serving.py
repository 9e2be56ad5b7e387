"""From an app to a process: `serve` answers until SIGTERM or SIGINT, finishes what it has begun, and ends with status 0."""

import ctypes
import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import uvicorn
from fastapi import FastAPI

from kit.logs import configure_logging
from kit.settings import BadSettings, ServiceSettings, read_settings

STOP_WITHIN_SECONDS = 10
KEEP_ALIVE_SECONDS = 30
_TURN_SECONDS = 0.0005
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

S = TypeVar("S", bound=ServiceSettings)


def run_service(read: Callable[[], S], make_app: Callable[[S], FastAPI]) -> None:
    """`__main__` of a service: settings → logs → app → serve. Bad settings end the process with status 2 and a sentence."""
    try:
        settings = read_settings(read)
        configure_logging(settings.log_level, service=settings.service)
        app = make_app(settings)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    serve(app, settings.host, settings.listen_port)


def serve(app: FastAPI, host: str, port: int) -> None:
    """Answer HTTP on uvloop and httptools until told to stop. A failed start ends the process with status 3."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
    )
    _stay_small()
    _Server(config).run()


def _stay_small() -> None:
    """Memory that is used once for a large mail goes back to the system, and garbage is looked for where it can be."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc: few arenas for our threads, large blocks always of their own
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 * 1024 * 1024)
    # What is there now stays: the collector need not look at modules, routes and models again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    # A database in its own thread waits for the interpreter with every row while the loop is busy: shorter turns.
    sys.setswitchinterval(_TURN_SECONDS)


class _Server(uvicorn.Server):
    """uvicorn ends by raising the signal once more, so a clean stop would look like a crash; this one just ends.

    `app.state.when_stopping` holds what is told first: answers that go on for as long as somebody listens end then.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        for tell in getattr(self._app_state, "when_stopping", ()):
            tell()
        super().handle_exit(sig, frame)

    @property
    def _app_state(self) -> object:
        return getattr(self.config.app, "state", None)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
