"""A service as a process: starts, answers, finishes what it has begun, ends with status 0."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.component.forked_processes import Process, end_of, start_program

from kit.testing.waiting import until
from kit.testing.web import signed_token

SERVICE = """
import asyncio
from pathlib import Path
from fastapi import APIRouter
from starlette.responses import StreamingResponse
from kit.application import Parts, build_app, make_parts
from kit.serving import run_service
from kit.settings import ServiceSettings
from kit.testing.web import verifier_for_tests

class Settings(ServiceSettings):
    service = "parrot"
    package = "parrot"
    port_offset = 1

router = APIRouter(prefix="/v1")

@router.get("/slow")
async def slow() -> str:
    Path(__file__).with_name("begun").touch()
    await asyncio.sleep(0.5)
    return "finished"

stopping = asyncio.Event()

@router.get("/endless")
async def endless() -> StreamingResponse:
    async def words():
        yield "begun "
        await stopping.wait()
        yield "ended"
    return StreamingResponse(words())

@router.post("/fast")
async def fast() -> str:
    return "fast"

def make_app(settings):
    parts = make_parts(settings, make=Parts)
    parts.verifier = verifier_for_tests(parts.clock)
    app = build_app(parts, name="parrot", title="Parrot", package="kit.testing.parrot", routers=[router])
    app.state.when_stopping = (stopping.set,)
    return app

run_service(Settings, make_app)
"""


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Running:
    """A service in a process of its own."""

    process: Process
    log_file: Path

    def signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def end(self, *, within: float = 20.0) -> int:
        return await end_of(self.process, within=within)

    @property
    def log(self) -> bytes:
        return self.log_file.read_bytes()


@asynccontextmanager
async def a_process(tmp_path: Path, **environment: str) -> AsyncIterator[Running]:
    program, log = tmp_path / "service.py", tmp_path / "log"
    program.write_text(SERVICE)
    process = start_program(program, _told(tmp_path, **environment), log)
    try:
        yield Running(process, log)
    finally:
        if process.exitcode is None:
            process.kill()
        await end_of(process)


def _told(tmp_path: Path, **environment: str) -> dict[str, str]:
    return {**os.environ, "GONIEC_DATA": str(tmp_path / "var"), "GONIEC_NATS_URL": "nats://127.0.0.1:1", **environment}


async def answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                if (await client.get("/health/live")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_what_was_begun_is_finished(tmp_path: Path, number: signal.Signals) -> None:
    port = a_free_port()
    async with (
        a_process(tmp_path, GONIEC_PORT=str(port)) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await answering(client)
        slow = asyncio.create_task(client.get("/v1/slow"))
        await until(lambda: (tmp_path / "begun").exists())
        process.signal(number)
        assert (await slow).json() == "finished"
        assert await process.end() == 0
        assert b'"event":"stopping"' in process.log
        assert b"Traceback" not in process.log


async def test_answer_without_an_end_ends_when_the_service_stops(tmp_path: Path) -> None:
    port = a_free_port()
    async with (
        a_process(tmp_path, GONIEC_PORT=str(port)) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await answering(client)
        async with client.stream("GET", "/v1/endless") as answer:
            words = answer.aiter_text()
            assert await anext(words) == "begun "
            process.signal(signal.SIGTERM)
            assert await anext(words) == "ended"
        assert await process.end(within=9) == 0  # sooner than a stop takes that waits for nobody any more
        assert b"Traceback" not in process.log


async def test_http_starts_without_the_broker_and_says_so(tmp_path: Path) -> None:
    port = a_free_port()
    async with (
        a_process(tmp_path, GONIEC_PORT=str(port)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await answering(client)
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["bus"] == "The broker is not connected."
        assert ready.json()["checks"]["database"] == "ok"
        assert "server" not in ready.headers
        token = {"authorization": f"Bearer {signed_token()}"}
        assert (await client.get("/v1/dead-letters", headers=token)).json() == {"items": [], "next": None}


async def test_requests_that_are_no_http_cost_only_their_connection(tmp_path: Path) -> None:
    port = a_free_port()
    async with (
        a_process(tmp_path, GONIEC_PORT=str(port)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await answering(client)
        for rubbish in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"x" * 200_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(rubbish)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 5)
            writer.close()
        endless = b"POST /v1/fast HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + b"fffff\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(endless)
        await asyncio.wait_for(reader.read(100), 5)
        writer.close()
        assert (await client.post("/v1/fast")).json() == "fast"


async def test_bad_settings_end_the_process_with_a_sentence(tmp_path: Path) -> None:
    """Started as people start it."""
    program = tmp_path / "service.py"
    program.write_text(SERVICE)
    told = _told(tmp_path, GONIEC_PORT_BASE="many")
    process = await asyncio.create_subprocess_exec(sys.executable, program, env=told, stderr=asyncio.subprocess.PIPE)
    _, log = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert log.startswith(b"GONIEC_PORT_BASE: ")
    assert b"Traceback" not in log


async def test_a_start_that_fails_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "parrot.sqlite3").write_bytes(b"This is no database. " * 100)
    async with a_process(tmp_path, GONIEC_PORT=str(a_free_port())) as process:
        assert await process.end() > 0
