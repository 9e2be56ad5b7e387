"""What nobody should send, sent to every door of a running installation: each answer is a problem, none is a fault of ours.

reliability D1, D4, D6, F: the doors are those of the OpenAPI documents, so a new one is tested from its first day.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from goniec.api import Api
from goniec.installation import Installation
from goniec.places import SERVICES, Places
from kit.testing.ports import free_port_base
from tests.e2e.operations import (
    JSON,
    NOWHERE,
    Operation,
    complaint,
    empty_body,
    no_complaints,
    operations_in,
    texts_of,
    window_of,
    with_json,
    wrong_values,
)
from tests.e2e.small_office import UNREADABLE, Ids, an_office, filing_of, mail_of_parts, plain_mail

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

Spread = Callable[[Iterable[Any]], list[Any]]

PASSWORD = "only-for-tests"
OPEN_DOORS = re.compile(
    r"/v1/auth/token|/\.well-known/jwks\.json|/v1/delivery-reports/\{kind\}/\{secret\}|/v1/feeds/\{secret\}\.ics"
)
"""Signing in, public keys, and addresses that are secrets themselves."""
TOO_LONG = 300_000
HURRIED = {"GONIEC_WORKER_SECONDS": "2"}
"""Of CPU, for one mail, where few cases are tried; where many are, it may take the ten seconds of any installation."""
MANY = 1000
SET_ASIDE_SECONDS = 15.0
ORDINARY_SECONDS = 2.0
CURSORS = ("no cursor", "AAAA", "W10", "WzFd", "WyJ4Il0", "bnVsbA", "eyJhIjoxfQ", "WyIyMDI2LTExLTAyIl0", "x" * 3000)
"""Among them: `[]`, `[1]`, `["x"]`, `null`, an object and a date without a time."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> AsyncIterator[Api]:
    """One installation on SQLite for the whole page, and its administrator."""
    hurried = HURRIED if int(pytestconfig.getoption("--cases")) < MANY else {}
    places = Places(
        data=tmp_path_factory.mktemp("bad-input"),
        port_base=free_port_base(),
        admin_password=PASSWORD,
        environment={"GONIEC_WORKER_MEMORY_MB": "256", **hurried},
    )
    async with Installation(places) as running, Api(places, password=PASSWORD) as api:
        await running.ready()
        yield api


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def operations(api: Api) -> list[Operation]:
    async with httpx.AsyncClient() as http:
        documents = {
            service: (await http.get(f"{api.places.url(service)}/openapi.json")).json() for service in SERVICES
        }
    return [operation for service, document in documents.items() for operation in operations_in(service, document)]


@pytest.fixture
def spread(request: pytest.FixtureRequest) -> Spread:
    """Of these cases as many as `--cases` says, other ones in each test."""
    most, chance = int(request.config.getoption("--cases")), random.Random(request.node.name)

    def chosen(cases: Iterable[Any]) -> list[Any]:
        listed = list(cases)
        return listed if len(listed) <= most else chance.sample(listed, most)

    return chosen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(api: Api) -> Ids:
    return await an_office(api)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strangers(api: Api) -> AsyncIterator[tuple[Api, Api]]:
    """Two users who may each do one thing that the other may not."""
    for name, scope in (("archivist", "mail:send"), ("librarian", "directory:read")):
        body = {"username": name, "password": PASSWORD, "scopes": [scope]}
        await api.post("tasks-api", "/v1/users", body)
    async with (
        Api(api.places, username="archivist", password=PASSWORD) as first,
        Api(api.places, username="librarian", password=PASSWORD) as second,
    ):
        yield first, second


# ---- who may


async def test_only_doors_with_their_own_secret_open_without_a_token(operations: list[Operation]) -> None:
    open_doors = {operation.path for operation in operations if operation.scopes is None}
    assert [path for path in open_doors if not OPEN_DOORS.fullmatch(path)] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {
            "Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInNjb3BlIjoiYWRtaW4ifQ."
        },  # signed with `none`
        {"Authorization": "Basic YWRtaW46b25seS1mb3ItdGVzdHM="},
    ],
)
async def test_nothing_happens_without_a_token(api: Api, operations: list[Operation], headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:

        async def check(operation: Operation) -> str | None:
            url = api.places.url(operation.service) + operation.address()
            answer = await http.request(operation.method, url, **empty_body(operation))
            wanted = "invalid_token" if headers.get("Authorization", "").startswith("Bearer") else "not_signed_in"
            return complaint(operation, answer, {401}, code=wanted)

        await no_complaints(check, (one for one in operations if one.scopes is not None))


async def test_a_token_without_the_scope_opens_nothing(operations: list[Operation], strangers: tuple[Api, Api]) -> None:
    async def check(operation: Operation) -> str | None:
        assert operation.scopes is not None
        stranger = strangers[operation.scopes == ["mail:send"]]
        if operation.scopes == ["directory:read"]:
            stranger = strangers[0]
        answer = await stranger.call_anyway(
            operation.service, operation.method, operation.address(), **empty_body(operation)
        )
        return complaint(operation, answer, {403}, code="missing_scope")

    await no_complaints(check, (one for one in operations if one.scopes))


# ---- bodies


async def test_unknown_fields_are_refused_by_name(api: Api, operations: list[Operation], spread: Spread) -> None:
    async def check(operation: Operation) -> str | None:
        answer = await _send(api, operation, {"no_such_field": 1})
        return complaint(operation, answer, {422}, pointer="#/no_such_field")

    await no_complaints(check, spread(with_json(operations)))


async def test_values_of_another_kind_are_refused_where_they_stand(
    api: Api, operations: list[Operation], spread: Spread
) -> None:
    async def check(operation: Operation, field: str, value: Any) -> str | None:
        answer = await _send(api, operation, {field: value})
        return complaint(operation, answer, {422}, pointer=f"#/{field}", about=f"{field}={value}")

    await no_complaints(
        check,
        spread(
            (operation, field, value)
            for operation in with_json(operations)
            for field in operation.fields()
            for value in wrong_values(operation.kinds(field))
        ),
    )


async def test_text_that_no_database_holds_is_refused(api: Api, operations: list[Operation], spread: Spread) -> None:
    async def check(operation: Operation, field: str, value: str) -> str | None:
        answer = await _send(api, operation, {field: value})
        return complaint(operation, answer, {422}, about=f"{field}={value!r}")

    texts = ("a\x00b", "a\ud800b", "\udfff\ud800")
    await no_complaints(
        check, spread((operation, field, text) for operation, field in texts_of(operations) for text in texts)
    )


async def test_texts_have_an_end(api: Api, operations: list[Operation], spread: Spread) -> None:
    async def check(operation: Operation, field: str) -> str | None:
        answer = await _send(api, operation, {field: "x" * TOO_LONG})
        return complaint(operation, answer, {422}, pointer=f"#/{field}", about=field)

    fields = texts_of(operations)
    await no_complaints(check, spread(each for each in fields if (each[0].longest(each[1]) or 0) < TOO_LONG))


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"", {400, 422}),
        (b"{", {400}),
        (b"\xff\xfe\x00", {400, 422}),
        (b'{"a": "\xff"}', {400, 422}),
        (b"{'a': 1}", {400}),
        (b"a=1&b=2", {400}),
        (b"null", {422}),
        (b"[]", {422}),
        (b'"text"', {422}),
        (b"1", {422}),
        (b"NaN", {400, 422}),
        (b"[" * 200_000, {400, 422}),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {400, 422}),
        (b"1" * 10_000, {400, 422}),
        (b" " * 2_000_000, {413}),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else "",
)
async def test_what_is_no_object_is_no_body(
    api: Api, operations: list[Operation], spread: Spread, body: bytes, statuses: set[int]
) -> None:
    async def check(operation: Operation) -> str | None:
        if operation.takes_nothing_as_well and body.strip() in (b"", b"null"):
            return None
        address = operation.address()
        answer = await api.call_anyway(
            operation.service, operation.method, address, content=body, headers={"Content-Type": JSON}
        )
        # A large body of one endpoint is an ordinary one of another.
        return complaint(operation, answer, statuses | {400, 413} if len(body) > 1_000_000 else statuses)

    await no_complaints(check, spread(with_json(operations)))


async def test_bodies_of_other_kinds_are_refused(api: Api, operations: list[Operation], spread: Spread) -> None:
    junk = (
        b"",
        b"\x00\xff\xfe",
        b"no calendar",
        b"grant_type=%00&username=%ff",
    )

    async def check(operation: Operation, body: bytes) -> str | None:
        headers = {"Content-Type": operation.body_type or ""}
        answer = await api.call_anyway(
            operation.service, operation.method, operation.address(), content=body, headers=headers
        )
        return complaint(operation, answer, set(range(400, 500)), about=repr(body))

    others = [one for one in operations if one.body_type not in (None, JSON)]
    assert others
    await no_complaints(check, spread((operation, body) for operation in others for body in junk))


# ---- addresses


@pytest.mark.parametrize("wrong", [NOWHERE, "no-id", "0", "-1", "9" * 40, "%00", "%ED%A0%80", "..%2f..%2fetc", "'--"])
async def test_what_does_not_exist_is_not_found(
    api: Api, office: Ids, operations: list[Operation], spread: Spread, wrong: str
) -> None:
    async def check(operation: Operation, name: str) -> str | None:
        address = operation.address(**{**office[operation.service], name: wrong})
        answer = await api.call_anyway(operation.service, operation.method, address, **empty_body(operation))
        # What is taken away from something need not have been there.
        gone = {200, 204} if operation.method == "DELETE" and "_id}/" in operation.path else set()
        return complaint(operation, answer, {400, 403, 404, 409, 415, 422} | gone, about=name)

    await no_complaints(
        check, spread((operation, name) for operation in operations for name in operation.parameters("path"))
    )


async def test_pages_have_a_size_and_cursors_are_ours(api: Api, operations: list[Operation], spread: Spread) -> None:
    wrong = [("limit", "0"), ("limit", "201"), ("limit", "-1"), ("limit", "many"), ("limit", "9" * 30)]
    wrong += [("cursor", cursor) for cursor in CURSORS]

    async def check(operation: Operation, name: str, value: str) -> str | None:
        answer = await api.call_anyway(
            operation.service, operation.method, operation.address(), params={name: value, **window_of(operation)}
        )
        # A list inside of something that does not exist says that first.
        statuses = {404, 422} if operation.parameters("path") else {422}
        return complaint(operation, answer, statuses, about=f"{name}={value[:40]}")

    lists = [operation for operation in operations if "cursor" in operation.parameters("query")]
    assert all(operation.parameters("query")["limit"]["maximum"] == 200 for operation in lists)
    await no_complaints(check, spread((operation, name, value) for operation in lists for name, value in wrong))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "%00",
        "%ED%A0%80",
        "%FF",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59%2B14:00",
        "9999-12-31T23:59:59-14:00",
        "1e999",
        "9" * 400,
        "'%22%5C;--%25_*",
        "x" * 5000,
    ],
)
async def test_nothing_asked_for_is_a_fault_of_ours(
    api: Api, operations: list[Operation], spread: Spread, value: str
) -> None:
    async def check(operation: Operation, name: str) -> str | None:
        address = f"{operation.address()}?{name}={value}"
        answer = await api.call_anyway(operation.service, operation.method, address)
        return complaint(operation, answer, set(range(200, 500)), about=name)

    await no_complaints(
        check,
        spread(
            (operation, name)
            for operation in operations
            if operation.method == "GET"
            for name in operation.parameters("query")
        ),
    )


# ---- mails


@pytest.mark.parametrize(("reason", "mail"), UNREADABLE.items(), ids=list(UNREADABLE))
async def test_a_mail_nobody_can_read_is_kept_with_the_reason(api: Api, office: Ids, mail: bytes, reason: str) -> None:
    taken = await api.push(office["mail-ingest"]["account_id"], mail)

    assert (taken["status"], taken["quarantine_reason"]) == ("quarantined", reason)
    listed = [each async for each in api.items("mail-ingest", "/v1/quarantine", reason=reason)]
    assert [each["id"] for each in listed] == [taken["id"]]
    assert (await api.call("mail-ingest", "GET", f"/v1/messages/{taken['id']}/raw")).content == mail
    assert (await filing_of(api, taken["id"]))["outcome"] == "quarantined"
    again = await api.post("mail-ingest", f"/v1/quarantine/{taken['id']}/retry")
    assert again["quarantine_reason"] == reason


# ---- what chance brings


@pytest.mark.filterwarnings("default")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", SERVICES)
async def test_made_up_requests_meet_no_fault(api: Api, office: Ids, service: str, pytestconfig: pytest.Config) -> None:
    """`--cases` says how many: a few here and now, a thousand in `.ci/run`."""
    # Here, because Schemathesis takes each process that collects tests half a second.
    from tests.e2e.generated_requests import complaints_of

    cases = int(pytestconfig.getoption("--cases"))
    complaints = await asyncio.to_thread(
        complaints_of, api.places.url(service), token=await api.token(), ids=office[service], cases=cases
    )
    assert complaints == []


async def test_whatever_was_accepted_could_be_digested(api: Api) -> None:
    """What the tests before this one brought in was announced, and every listener understood it."""
    for service in SERVICES:
        assert [letter async for letter in api.items(service, "/v1/dead-letters")] == []
        log = (api.places.data / "log" / f"{service}.log").read_text().splitlines()
        assert [json.loads(line)["exception"] for line in log if "unexpected_error" in line] == []


# ---- mails that cost too much; last, because requests after them would meet them in quarantine


@pytest.mark.parametrize(
    ("part", "count", "reasons"),
    [
        pytest.param(b"Content-Type: text/html\r\n\r\n" + b"<p>" * 8000, 900, {"parser_timeout"}, id="time"),
        pytest.param(
            b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "🐢\r\n".encode() * 800_000,
            9,
            {"parser_memory", "parser_crashed"},
            id="memory",
        ),
    ],
)
async def test_a_mail_that_costs_too_much_is_set_aside_while_others_go_on(
    api: Api, office: Ids, part: bytes, count: int, reasons: set[str]
) -> None:
    mail_account_id = office["mail-ingest"]["account_id"]
    raw = mail_of_parts(f"Kosztowny-{count}", [part] * count)
    pushed_at = time.monotonic()
    heavy = asyncio.create_task(api.push(mail_account_id, raw))
    while not heavy.done():
        began = time.monotonic()
        taken = await api.push(mail_account_id, plain_mail(f"Zwykly-{time.time_ns()}"))
        filing = await filing_of(api, taken["id"])
        assert filing["outcome"] in {"new", "append", "unassigned"}  # a flood of one sender waits for a person
        assert time.monotonic() - began < ORDINARY_SECONDS

    taken = await heavy
    assert time.monotonic() - pushed_at < SET_ASIDE_SECONDS
    assert taken["status"] == "quarantined"
    assert taken["quarantine_reason"] in reasons


# ---- ways to ask and to look


async def _send(api: Api, operation: Operation, body: Any) -> httpx.Response:
    return await api.call_anyway(
        operation.service,
        operation.method,
        operation.address(),
        content=json.dumps(body),
        headers={"Content-Type": JSON},
    )
