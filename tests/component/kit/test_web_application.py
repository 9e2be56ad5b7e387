"""What every app does alike, seen from outside: problems, limits, tokens, health, documents."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from sqlalchemy import BigInteger, String, literal, select, text
from sqlalchemy.exc import OperationalError

from kit.application import AppParts, Parts, build_app, parts
from kit.body_limits import body_limit
from kit.errors import Conflict, NotFound, TooMany
from kit.etags import check_if_match, etag_of, show_version
from kit.events import Event
from kit.schemas import Body
from kit.settings import ServiceSettings
from kit.subscription import Subscription
from kit.testing import FixedClock, InMemoryBus
from kit.testing.fixtures import OpenDatabase
from kit.testing.parrot import Echoed, Parroted, keep, kept
from kit.testing.templates import Templates
from kit.testing.web import anonymous_client_of, client_of, parts_for_tests, signed_token
from kit.tokens import Caller, SignedIn, requires, requires_any

NOBODY = UUID("00000000-0000-4000-8000-000000000000")

PARROT = "kit.testing.parrot"
router = APIRouter(prefix="/v1")


class CageNotFound(NotFound):
    code = "cage_not_found"

    def __init__(self, cage: UUID) -> None:
        super().__init__(f"There is no cage {cage}.")


class Bird(Body):
    name: str
    weight: int = 0


class BirdShape(Bird):
    id: int


@router.get("/birds/{name}")
async def get_bird(name: str, request: Request, response: Response, _: SignedIn) -> Bird:
    show_version(request, response, 7)
    return Bird(name=name)


@router.patch("/birds/{name}")
async def change_bird(name: str, request: Request, _: SignedIn) -> Bird:
    check_if_match(request, etag_of(7))
    return Bird(name=name)


@router.post("/birds", status_code=201)
async def buy_bird(bird: Bird, caller: Annotated[Caller, Depends(requires("birds:write"))]) -> BirdShape:
    return BirdShape(id=1, name=bird.name + caller.subject, weight=bird.weight)


@router.get("/either")
async def either(caller: Annotated[Caller, Depends(requires_any("birds:read", "birds:write"))]) -> str:
    return caller.subject


@router.get("/cages/{cage}")
async def get_cage(cage: UUID, limit: int = 5) -> int:
    if limit == 7:
        raise CageNotFound(cage)
    return limit


@router.post("/feathers")
@body_limit(2_000_000)
async def send_feathers(request: Request) -> int:
    return len(await request.body())


@router.post("/stream")
@body_limit(None)
async def stream(request: Request) -> int:
    return sum([len(piece) async for piece in request.stream()])


@router.get("/fall/{how}")
async def fall(how: str, app_parts: AppParts) -> str:
    if how == "over":
        raise RuntimeError("hunter2")
    if how == "busy":
        raise TooMany("Slowly.", retry_after=3)
    if how == "conflict":
        raise Conflict("Already there.", existing_ids=[1, 2], status=200)
    if how == "database":
        raise ConnectionRefusedError
    if how == "locked":
        raise OperationalError("SELECT 1", {}, Exception("database is locked"))
    if how == "number":
        async with app_parts.database.reading() as session:
            await session.execute(select(literal(2**70, BigInteger)))
    if how == "letter":
        async with app_parts.database.reading() as session:
            await session.execute(select(literal("\ud800", String)))
    if how == "table":
        async with app_parts.database.reading() as session:
            await session.execute(text("SELECT * FROM no_such_table"))
    return how


@router.get("/slow")
async def slow(request: Request) -> str:
    await parts(request).gate.wait()
    return "done"


class BirdParts(Parts):
    gate: asyncio.Event


@pytest.fixture
async def app(open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus) -> FastAPI:
    return await an_app(open_database, clock, bus)


async def an_app(
    open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus, *, settings: Any = None, **options: Any
) -> FastAPI:
    database = await open_database(PARROT)
    the_parts = parts_for_tests(ServiceSettings(**(settings or {})), database, clock, bus=bus, make=BirdParts)
    the_parts.gate = asyncio.Event()
    options.setdefault("subscription", Subscription("parrot", (Parroted,), keep))
    return build_app(
        the_parts, name="parrot", title="Parrot", package=PARROT, routers=[router], says=(Echoed,), **options
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is asked here does not depend on the database."""
    return sqlite_url


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, once the answer has the form every problem has."""
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["type"] == f"urn:goniec:problem:{said['code']}"
    assert said["detail"]
    assert said["title"]
    assert said["correlation_id"] == answer.headers["x-correlation-id"]
    assert "Traceback" not in answer.text
    return answer.status_code, said["code"]


# Problems.


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/v1/nothing", None, (404, "no_such_path")),
        ("GET", "/v1/birds/polly/", None, (404, "no_such_path")),
        ("DELETE", "/v1/birds/polly", None, (405, "method_not_allowed")),
        ("GET", "/v1/cages/not-a-uuid", None, (422, "invalid")),
        ("GET", f"/v1/cages/{NOBODY}?limit=many", None, (422, "invalid")),
        ("GET", f"/v1/cages/{NOBODY}?limit=7", None, (404, "cage_not_found")),
        ("GET", f"/v1/cages/{NOBODY}?limit=1&q=%00", None, (422, "unstorable_text")),
        ("GET", "/v1/birds/a%00b", None, (422, "unstorable_text")),
        ("POST", "/v1/birds", b"", (422, "invalid")),
        ("POST", "/v1/birds", b"{", (400, "malformed_json")),
        ("POST", "/v1/birds", b'{"name": "\xff"}', (400, "unreadable_request")),
        ("POST", "/v1/birds", b"[" * 100_000, (400, "unreadable_request")),
        ("POST", "/v1/birds", b'{"name": ' + b"9" * 10_000 + b"}", (400, "unreadable_request")),
        ("POST", "/v1/birds", b"[]", (422, "invalid")),
        ("POST", "/v1/birds", b'"x"', (422, "invalid")),
        ("POST", "/v1/birds", b'{"name": "a", "colour": "green"}', (422, "invalid")),
        ("POST", "/v1/birds", b'{"name": "a\\u0000"}', (422, "invalid")),
        ("POST", "/v1/birds", b'{"name": "a\\ud800"}', (422, "invalid")),
        ("POST", "/v1/birds", b'{"name": "a", "weight": NaN}', (422, "invalid")),
        ("POST", "/v1/birds", b'{"name": "a", "weight": 1e400}', (422, "invalid")),
        ("POST", "/v1/birds", b'{"name": "a", "weight": 99999999999999999999}', (422, "invalid")),
        ("GET", "/v1/fall/over", None, (500, "internal_error")),
        ("GET", "/v1/fall/busy", None, (429, "too_many_requests")),
        ("GET", "/v1/fall/conflict", None, (409, "conflict")),
        ("GET", "/v1/fall/database", None, (503, "unavailable")),
        ("GET", "/v1/fall/locked", None, (503, "unavailable")),
        ("GET", "/v1/fall/table", None, (500, "internal_error")),
    ],
)
async def test_every_error_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, body: bytes | None, expected: tuple[int, str]
) -> None:
    headers = {"content-type": "application/json"} if body is not None else {}
    assert problem(await client.request(method, path, content=body, headers=headers)) == expected


@pytest.mark.parametrize("how", ["number", "letter"])
@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
async def test_values_no_column_can_hold(
    request: pytest.FixtureRequest,
    database_templates: Templates,
    clock: FixedClock,
    bus: InMemoryBus,
    how: str,
    database_kind: str,
) -> None:
    url = request.getfixturevalue(f"{database_kind}_url")
    app = await an_app(lambda package: database_templates.open(url, package, clock), clock, bus)
    async with client_of(app) as client:
        assert problem(await client.get(f"/v1/fall/{how}")) == (422, "invalid")


async def test_an_unexpected_error_keeps_its_words_to_itself(client: httpx.AsyncClient) -> None:
    assert "hunter2" not in (await client.get("/v1/fall/over")).text


async def test_an_unknown_field_is_pointed_at(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/birds", json={"name": "a", "a/b~c": "hunter2"})
    assert answer.json()["errors"] == [{"pointer": "#/a~1b~0c", "detail": "Extra inputs are not permitted"}]
    assert "hunter2" not in answer.text


async def test_members_of_an_error_are_members_of_the_problem(client: httpx.AsyncClient) -> None:
    said = (await client.get("/v1/fall/conflict")).json()
    assert (said["existing_ids"], said["status"]) == ([1, 2], 409)
    assert (await client.get("/v1/fall/busy")).headers["retry-after"] == "3"


# Tokens.


async def test_without_a_token(app: FastAPI) -> None:
    async with anonymous_client_of(app) as client:
        answer = await client.get("/v1/birds/polly")
        assert problem(answer) == (401, "not_signed_in")
        assert answer.headers["www-authenticate"] == 'Bearer realm="goniec"'


@pytest.mark.parametrize("header", ["Bearer x", "Bearer ", "Basic YTpi", "bearer", "\xff", "Bearer a b"])
async def test_with_a_bad_token(app: FastAPI, header: str) -> None:
    async with anonymous_client_of(app) as client:
        answer = await client.get("/v1/birds/polly", headers={"authorization": header.encode("latin-1")})  # type: ignore[dict-item]
        assert problem(answer)[0] == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_missing_scope(app: FastAPI) -> None:
    async with client_of(app, "birds:read") as client:
        answer = await client.post("/v1/birds", json={"name": "polly"})
        assert problem(answer) == (403, "missing_scope")
        assert answer.json()["scope"] == "birds:write"
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(("scope", "status"), [("birds:read", 200), ("birds:write", 200), ("cats:read", 403)])
async def test_one_scope_of_several(app: FastAPI, scope: str, status: int) -> None:
    async with anonymous_client_of(app) as client:
        headers = {"authorization": f"bearer {signed_token(scope)}"}
        assert (await client.get("/v1/either", headers=headers)).status_code == status


async def test_a_scope_opens_the_door(app: FastAPI) -> None:
    async with client_of(app, "birds:write") as client:
        answer = await client.post("/v1/birds", json={"name": "polly "})
        assert (answer.status_code, answer.json()["name"]) == (201, "polly tester")


# Versions.


async def test_a_version_is_shown_and_minded(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/birds/polly")
    assert answer.headers["etag"] == '"7"'
    again = await client.get("/v1/birds/polly", headers={"if-none-match": '"7"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"7"')
    assert (await client.patch("/v1/birds/polly", headers={"if-match": '"7"'})).status_code == 200
    stale = await client.patch("/v1/birds/polly", headers={"if-match": '"6"'})
    assert problem(stale) == (412, "precondition_failed")


# Limits.


async def test_a_body_over_the_limit(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/birds", content=b"x" * 1_100_000)
    assert problem(answer) == (413, "too_large")


async def test_a_streamed_body_over_the_limit_is_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 100_000
            yield b"x" * 100_000

    assert problem(await client.post("/v1/feathers", content=endless())) == (413, "too_large")
    assert read < 20_000_000


async def test_an_endpoint_has_its_own_limit(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/feathers", content=b"x" * 1_900_000)).json() == 1_900_000
    assert problem(await client.post("/v1/feathers", content=b"x" * 2_000_001)) == (413, "too_large")
    assert (await client.post("/v1/stream", content=b"x" * 5_000_000)).json() == 5_000_000


async def test_a_body_that_stops_coming_is_given_up(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.body_limits.IDLE_SECONDS", 0.05)

    async def stalling() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    assert problem(await client.post("/v1/birds", content=stalling())) == (408, "request_timeout")


async def test_too_many_requests_at_a_time(open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus) -> None:
    app = await an_app(open_database, clock, bus, settings={"max_in_flight": 2})
    async with client_of(app) as client:
        waiting = [asyncio.create_task(client.get("/v1/slow")) for _ in range(2)]
        await asyncio.sleep(0.01)
        refused = await client.get("/v1/slow")
        assert problem(refused) == (429, "too_many_requests")
        assert refused.headers["retry-after"] == "1"
        assert (await client.get("/health/live")).status_code == 200
        app.state.parts.gate.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]
        assert (await client.get("/v1/slow")).status_code == 200


# Correlation, headers, CORS.


async def test_the_correlation_id_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/nothing", headers={"x-correlation-id": "from-outside:1"})
    assert answer.headers["x-correlation-id"] == "from-outside:1"
    assert answer.json()["correlation_id"] == "from-outside:1"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "a\tb", '"', "żółw"])
async def test_a_correlation_id_that_could_do_harm_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/v1/birds/polly", headers={"x-correlation-id": sent.encode()})  # type: ignore[dict-item]
    UUID(answer.headers["x-correlation-id"])


async def test_answers_are_not_sniffed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/birds/polly")).headers["x-content-type-options"] == "nosniff"


async def test_other_origins_are_not_let_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/birds/polly", headers={"origin": "https://evil.test"})
    assert "access-control-allow-origin" not in answer.headers


async def test_origins_that_were_named_are(open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus) -> None:
    app = await an_app(open_database, clock, bus, settings={"cors_origins": ["https://crm.test"]})
    async with client_of(app) as client:
        asked = {"origin": "https://crm.test", "access-control-request-method": "PATCH"}
        assert (await client.options("/v1/birds/polly", headers=asked)).headers["access-control-allow-methods"]
        answer = await client.get("/v1/birds/polly", headers={"origin": "https://crm.test"})
        assert answer.headers["access-control-allow-origin"] == "https://crm.test"
        other = await client.get("/v1/birds/polly", headers={"origin": "https://evil.test"})
        assert "access-control-allow-origin" not in other.headers


# Health, metrics, documents.


async def test_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "bus": "ok", "background": "ok"}}


async def test_not_ready_names_what_fails(client: httpx.AsyncClient, bus: InMemoryBus) -> None:
    bus.disconnect()
    answer = await client.get("/health/ready")
    assert problem(answer) == (503, "not_ready")
    assert answer.json()["checks"]["bus"] == "The broker is not connected."
    assert answer.json()["checks"]["database"] == "ok"
    assert (await client.get("/health/live")).status_code == 200
    bus.reconnect()
    assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("failure", [OSError("10.0.0.1 refused"), TimeoutError(), ValueError("hunter2")])
async def test_own_checks(open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus, failure: Exception) -> None:
    async def workers() -> str | None:
        raise failure

    app = await an_app(open_database, clock, bus, checks={"workers": workers})
    async with client_of(app) as client:
        answer = await client.get("/health/ready")
        assert problem(answer) == (503, "not_ready")
        assert answer.json()["checks"]["workers"] != "ok"
        assert "hunter2" not in answer.text
        assert "10.0.0.1" not in answer.text


async def test_a_check_that_hangs_fails(
    open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.health.CHECK_SECONDS", 0.05)

    async def hanging() -> str | None:
        await asyncio.sleep(60)
        return None

    app = await an_app(open_database, clock, bus, checks={"imap": hanging})
    async with client_of(app) as client:
        assert (await client.get("/health/ready")).json()["checks"]["imap"] == "It did not answer in time."


async def test_background_work_that_dies_is_tried_again_and_seen(
    open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus
) -> None:
    lives = 0
    revived = asyncio.Event()

    async def watch_mailboxes() -> None:
        nonlocal lives
        lives += 1
        if lives == 1:
            raise ValueError("hunter2")
        revived.set()
        await asyncio.sleep(3600)

    app = await an_app(open_database, clock, bus, background=[watch_mailboxes])
    async with client_of(app) as client:
        await asyncio.wait_for(revived.wait(), 5)
        answer = await client.get("/health/ready")
        assert answer.json()["checks"]["background"] == "watch_mailboxes stopped with ValueError and is tried again."


async def test_background_work_ends_with_the_app(
    open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus
) -> None:
    ended: list[str] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        yield
        ended.append("lifespan")

    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("work")

    app = await an_app(open_database, clock, bus, background=[work], lifespan=lifespan)
    async with client_of(app):
        await begun.wait()
    assert ended == ["work", "lifespan"]


async def test_metrics_count_routes_not_paths(client: httpx.AsyncClient) -> None:
    await client.get("/v1/birds/anna@firma.test")
    await client.get("/v1/nothing/at/all")
    metrics = (await client.get("/metrics")).text
    assert 'goniec_http_requests_total{method="GET",route="/v1/birds/{name}",status="200"} 1.0' in metrics
    assert 'route="none",status="404"' in metrics
    assert "anna" not in metrics


async def test_openapi_documents_problems_and_scopes(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/v1/birds"]["post"]
    assert operation["security"] == [{"goniec": ["birds:write"]}, {"bearer": []}]
    assert "422" not in operation["responses"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["Idempotency-Key"]
    schema = operation["responses"]["4XX"]["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Problem"}
    flows = document["components"]["securitySchemes"]["goniec"]["flows"]
    assert set(flows) == {"password", "clientCredentials"}
    assert flows["password"]["tokenUrl"] == "http://127.0.0.1:8001/v1/auth/token"
    assert "security" not in document["paths"]["/v1/cages/{cage}"]["get"]
    names = set(document["components"]["schemas"])
    assert {"Problem", "FieldProblem"} <= names
    assert not {"HTTPValidationError", "ValidationError"} & names
    _references_resolve(document)


async def test_asyncapi_documents_what_is_said_and_heard(client: httpx.AsyncClient) -> None:
    document = (await client.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    assert {name: operation["action"] for name, operation in document["operations"].items()} == {
        "send.mail.echoed.v1": "send",
        "receive.mail.parroted.v1": "receive",
    }
    assert document["channels"]["mail.echoed.v1"]["address"] == "mail.echoed.v1.{key}"
    assert document["components"]["messages"]["mail.echoed.v1"]["summary"] == "The parrot has repeated it."
    _references_resolve(document)


def _references_resolve(document: dict[str, Any]) -> None:
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                target: Any = document
                for step in node["$ref"].removeprefix("#/").split("/"):
                    target = target[step.replace("~1", "/").replace("~0", "~")]
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


# Events.


async def test_events_are_heard_and_said_while_the_app_lives(
    app: FastAPI, client: httpx.AsyncClient, bus: InMemoryBus
) -> None:
    database = app.state.parts.database
    async with database.transaction() as session:
        from kit.outbox import announce

        announce(session, Parroted(n=1))
    async with asyncio.timeout(5):
        while not bus.events(Echoed):
            await asyncio.sleep(0.01)
    assert await kept(database) == [1]
    metrics = (await client.get("/metrics")).text
    assert "goniec_events_consumed_total 1.0" in metrics


async def test_what_was_announced_last_goes_out_before_the_end(app: FastAPI, bus: InMemoryBus) -> None:
    from kit.outbox import announce

    async with client_of(app), app.state.parts.database.transaction() as session:
        announce(session, Echoed(n=5))
    assert [event.n for event in bus.events(Echoed)] == [5]


async def test_http_does_not_wait_for_the_broker(app: FastAPI, bus: InMemoryBus) -> None:
    bus.disconnect()
    async with client_of(app) as client:
        assert (await client.get("/v1/birds/polly")).status_code == 200


class Unsaid(Event):
    """Nobody says this."""

    subject: ClassVar[str] = "mail.unsaid.v1"


async def test_administrators_see_dead_letters_and_try_them_again(
    open_database: OpenDatabase, clock: FixedClock, bus: InMemoryBus
) -> None:
    from kit.errors import Refuse
    from kit.outbox import announce

    is_broken = True

    async def handle(session: Any, events: Any, now: Any) -> None:
        if is_broken:
            raise Refuse("It is broken.")
        await keep(session, events, now)

    app = await an_app(open_database, clock, bus, subscription=Subscription("parrot", (Parroted,), handle))
    async with client_of(app) as client:
        async with app.state.parts.database.transaction() as session:
            for n in range(3):
                announce(session, Parroted(n=n))
        async with asyncio.timeout(5):
            while len((page := (await client.get("/v1/dead-letters")).json())["items"]) < 3:
                await asyncio.sleep(0.01)
        assert {letter["reason"] for letter in page["items"]} == {"It is broken."}
        assert [letter["content"]["data"]["n"] for letter in page["items"]] == [2, 1, 0]
        first = (await client.get("/v1/dead-letters?limit=2")).json()
        rest = (await client.get("/v1/dead-letters", params={"limit": 2, "cursor": first["next"]})).json()
        assert [letter["id"] for letter in first["items"] + rest["items"]] == [letter["id"] for letter in page["items"]]
        assert rest["next"] is None

        oldest = page["items"][-1]["id"]
        still = await client.post(f"/v1/dead-letters/{oldest}/retry")
        assert problem(still) == (409, "dead_letter_still_fails")
        is_broken = False
        done = await client.post(f"/v1/dead-letters/{oldest}/retry")
        assert done.json()["resolved_at"]
        assert await kept(app.state.parts.database) == [0]
        assert len((await client.get("/v1/dead-letters")).json()["items"]) == 2
        assert len((await client.get("/v1/dead-letters?resolved=true")).json()["items"]) == 3
        assert (await client.get(f"/v1/dead-letters/{oldest}")).json()["resolved_at"] is not None
        assert problem(await client.get(f"/v1/dead-letters/{uuid4()}")) == (404, "dead_letter_not_found")
        assert problem(await client.post(f"/v1/dead-letters/{uuid4()}/retry")) == (404, "dead_letter_not_found")
        assert problem(await client.get("/v1/dead-letters?cursor=x")) == (422, "bad_cursor")


async def test_everything_can_be_said_once_more(app: FastAPI, client: httpx.AsyncClient, bus: InMemoryBus) -> None:
    from kit.outbox import announce

    async with app.state.parts.database.transaction() as session:
        announce(session, Echoed(n=1))
    async with asyncio.timeout(5):
        while not bus.events(Echoed):
            await asyncio.sleep(0.01)
    answer = await client.post("/v1/replay", json={"since": "2026-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()) == (202, {"events": 1})
    assert problem(await client.post("/v1/replay", json={"since": "2026-01-01T00:00:00"})) == (422, "invalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/dead-letters"), ("POST", f"/v1/dead-letters/{NOBODY}/retry"), ("POST", "/v1/replay")],
)
async def test_administration_is_for_administrators(app: FastAPI, method: str, path: str) -> None:
    async with client_of(app, "birds:write") as client:
        body = {"since": "2026-01-01T00:00:00Z"} if path.endswith("replay") else None
        assert problem(await client.request(method, path, json=body)) == (403, "missing_scope")


async def test_nothing_but_the_public_answers_without_a_token(app: FastAPI) -> None:
    async with anonymous_client_of(app) as client:
        document = json.loads((await client.get("/openapi.json")).text)
        for path, operations in document["paths"].items():
            if path.startswith("/v1/birds"):
                for method in operations:
                    answer = await client.request(method, path.replace("{name}", "x"), json={"name": "x"})
                    assert answer.status_code == 401, (method, path)
