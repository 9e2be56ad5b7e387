"""A POST that is repeated has one effect and one answer, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from sqlalchemy import select

from kit import idempotency
from kit.application import AppParts, build_app
from kit.body_limits import body_limit
from kit.database import Database
from kit.errors import Conflict
from kit.idempotency import forget_old_keys
from kit.schemas import Body
from kit.settings import ServiceSettings
from kit.tables import idempotency_key
from kit.testing import FixedClock, InMemoryBus
from kit.testing.fixtures import OpenDatabase
from kit.testing.parrot import echo
from kit.testing.web import anonymous_client_of, client_of, parts_for_tests, signed_token
from kit.tokens import SignedIn

PARROT = "kit.testing.parrot"
KEY = {"idempotency-key": "k1"}

router = APIRouter(prefix="/v1")


class Word(Body):
    n: int
    behave: str = "well"


class Behaviour:
    """How the endpoint behaves, set by a test."""

    def __init__(self) -> None:
        self.calls = 0
        self.gate: asyncio.Event | None = None
        self.fails = 0


@router.post("/words", status_code=201)
async def say_word(word: Word, response: Response, request: Request, the: AppParts, _: SignedIn) -> dict[str, int]:
    behaviour: Behaviour = request.app.state.behaviour
    behaviour.calls += 1
    if behaviour.gate is not None:
        await behaviour.gate.wait()
    async with the.database.transaction() as session:
        await (await session.connection()).execute(echo.insert().values(n=word.n, text=""))
        if behaviour.fails:
            behaviour.fails -= 1
            raise RuntimeError("It broke before the commit.")
        if word.behave == "badly":
            raise Conflict("No.")
    response.headers["location"] = f"/v1/words/{word.n}"
    return {"n": word.n, "call": behaviour.calls}


@router.post("/uploads")
@body_limit(50_000_000)
async def upload(request: Request, _: SignedIn) -> int:
    request.app.state.behaviour.calls += 1
    return sum([len(piece) async for piece in request.stream()])


@router.post("/unread")
async def leave_unread(request: Request, _: SignedIn) -> str:
    request.app.state.behaviour.calls += 1
    return "I do not care what you sent."


@router.post("/novels")
async def tell(request: Request, _: SignedIn) -> str:
    request.app.state.behaviour.calls += 1
    return "x" * 2_000_000


@pytest.fixture
async def database(open_database: OpenDatabase) -> Database:
    return await open_database(PARROT)


@pytest.fixture
async def app(database: Database, clock: FixedClock, bus: InMemoryBus) -> FastAPI:
    parts = parts_for_tests(ServiceSettings(), database, clock, bus=bus)
    app = build_app(parts, name="parrot", title="Parrot", package=PARROT, routers=[router])
    app.state.behaviour = Behaviour()
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def spoken(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(select(echo.c.n).order_by(echo.c.id)))


async def test_the_same_request_again_has_the_same_answer_and_no_second_effect(
    client: httpx.AsyncClient, database: Database
) -> None:
    first = await client.post("/v1/words", json={"n": 1}, headers=KEY)
    second = await client.post("/v1/words", json={"n": 1}, headers=KEY)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json() == {"n": 1, "call": 1}
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert await spoken(database) == [1]


async def test_without_the_header_every_request_counts(client: httpx.AsyncClient, database: Database) -> None:
    for _ in range(2):
        await client.post("/v1/words", json={"n": 1})
    assert await spoken(database) == [1, 1]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/words", {"n": 2}), ("/v1/words?x=1", {"n": 1}), ("/v1/unread", {"n": 1})],
)
async def test_a_key_belongs_to_one_request(
    client: httpx.AsyncClient, database: Database, path: str, body: dict[str, Any]
) -> None:
    await client.post("/v1/words", json={"n": 1}, headers=KEY)
    other = await client.post(path, json=body, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await spoken(database) == [1]


async def test_a_key_belongs_to_one_caller(client: httpx.AsyncClient, database: Database) -> None:
    await client.post("/v1/words", json={"n": 1}, headers=KEY)
    other = {**KEY, "authorization": f"Bearer {signed_token(subject='another')}"}
    assert (await client.post("/v1/words", json={"n": 2}, headers=other)).status_code == 201
    assert await spoken(database) == [1, 2]


async def test_long_names_of_callers(client: httpx.AsyncClient, database: Database) -> None:
    headers = {**KEY, "authorization": f"Bearer {signed_token(subject='x' * 1000)}"}
    for _ in range(2):
        assert (await client.post("/v1/words", json={"n": 1}, headers=headers)).status_code == 201
    assert await spoken(database) == [1]


async def test_a_repeat_while_the_first_is_answered(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    app.state.behaviour.gate = asyncio.Event()
    first = asyncio.create_task(client.post("/v1/words", json={"n": 1}, headers=KEY))
    while not app.state.behaviour.calls:
        await asyncio.sleep(0.001)
    second = await client.post("/v1/words", json={"n": 1}, headers=KEY)
    assert (second.status_code, second.json()["code"]) == (409, "idempotency_in_progress")
    assert second.headers["retry-after"] == "1"
    app.state.behaviour.gate.set()
    assert (await first).status_code == 201
    assert (await client.post("/v1/words", json={"n": 1}, headers=KEY)).json() == {"n": 1, "call": 1}
    assert await spoken(database) == [1]


async def test_twenty_at_once_are_one(client: httpx.AsyncClient, database: Database) -> None:
    answers = await asyncio.gather(*(client.post("/v1/words", json={"n": 1}, headers=KEY) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await spoken(database) == [1]


async def test_a_request_that_broke_can_be_repeated(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    app.state.behaviour.fails = 1
    assert (await client.post("/v1/words", json={"n": 1}, headers=KEY)).status_code == 500
    assert (await client.post("/v1/words", json={"n": 1}, headers=KEY)).status_code == 201
    assert await spoken(database) == [1]


async def test_a_request_that_was_not_understood_leaves_the_key_free(
    client: httpx.AsyncClient, database: Database
) -> None:
    assert (await client.post("/v1/words", json={"m": 1}, headers=KEY)).status_code == 422
    assert (await client.post("/v1/words", json={"n": 1}, headers=KEY)).status_code == 201
    assert await spoken(database) == [1]


async def test_a_refusal_is_an_answer(app: FastAPI, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await client.post("/v1/words", json={"n": 1, "behave": "badly"}, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert app.state.behaviour.calls == 1


async def test_a_request_whose_process_died_is_taken_over(
    client: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        row = {"caller": "tester", "key": "k1", "fingerprint": "of another process", "created_at": clock.now()}
        await (await session.connection()).execute(idempotency_key.insert().values(row))
    if database.dialect == "postgresql":  # it may be a living replica, for a while
        assert (await client.post("/v1/words", json={"n": 1}, headers=KEY)).status_code == 409
        clock.advance(timedelta(minutes=3))
    for _ in range(2):
        assert (await client.post("/v1/words", json={"n": 1}, headers=KEY)).status_code == 201
    assert await spoken(database) == [1]


async def test_large_bodies_stream_by(app: FastAPI, client: httpx.AsyncClient) -> None:
    body = b"x" * 10_000_000
    for _ in range(2):
        answer = await client.post("/v1/uploads", content=body, headers=KEY)
        assert (answer.status_code, answer.json()) == (200, 10_000_000)
    changed = await client.post("/v1/uploads", content=body[:-1] + b"y", headers=KEY)
    assert changed.json()["code"] == "idempotency_key_reused"
    assert app.state.behaviour.calls == 1


async def test_a_body_the_endpoint_leaves_unread_counts_too(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/unread", content=b"a" * 100_000, headers=KEY)).status_code == 200
    assert (await client.post("/v1/unread", content=b"a" * 100_000, headers=KEY)).status_code == 200
    assert (await client.post("/v1/unread", content=b"b" * 100_000, headers=KEY)).status_code == 422
    assert app.state.behaviour.calls == 1


async def test_an_answer_too_large_to_keep(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert len((await client.post("/v1/novels", headers=KEY)).content) > 2_000_000
    again = await client.post("/v1/novels", headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_answer_not_kept")
    assert app.state.behaviour.calls == 1


async def test_without_a_token_nothing_is_kept(app: FastAPI, client: httpx.AsyncClient, database: Database) -> None:
    async with anonymous_client_of(app) as stranger:
        assert (await stranger.post("/v1/words", json={"n": 1}, headers=KEY)).status_code == 401
    async with database.reading() as session:
        assert (await session.execute(select(idempotency_key))).all() == []


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "żółw", "a\tb"])
async def test_keys_that_are_none(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/v1/words", json={"n": 1}, headers={"idempotency-key": key.encode()})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_idempotency_key")


async def test_other_methods_are_idempotent_by_themselves(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/dead-letters", headers={"idempotency-key": ""})
    assert answer.status_code == 200


async def test_answers_are_kept_for_a_day_and_not_for_ever(
    client: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    await client.post("/v1/words", json={"n": 1}, headers=KEY)
    await forget_old_keys(database, now=clock.advance(timedelta(hours=25)))
    await client.post("/v1/words", json={"n": 1}, headers=KEY)
    assert await spoken(database) == [1]
    await forget_old_keys(database, now=clock.advance(idempotency.KEPT_FOR))
    await client.post("/v1/words", json={"n": 1}, headers=KEY)
    assert await spoken(database) == [1, 1]
