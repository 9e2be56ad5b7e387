"""Every call of a running service, as its OpenAPI document tells it, and what nobody should send to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

JSON = "application/json"
NOWHERE = "0198c0de-0000-7000-8000-000000000000"
NO_SUCH = {"number": "999999", "n": "1", "email": "nobody@nowhere.example", "kind": "smsapi", "secret": "wrong"}
"""Path parameters that are no ids."""

AT_ONCE = 8
SHOWN = 40

Schema = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    service: str
    method: str
    path: str
    document: Schema
    description: Schema

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def scopes(self) -> list[str] | None:
        """The scopes it needs; None when it asks for no token."""
        security = self.description.get("security")
        return None if security is None else next(iter(security[0].values()))

    def parameters(self, place: str) -> dict[str, Schema]:
        """The schemas of the parameters in `path` or `query`, by name."""
        return {each["name"]: each["schema"] for each in self.description.get("parameters", []) if each["in"] == place}

    def address(self, **given: str) -> str:
        """The path with the given parameters, the others naming what does not exist."""
        filled = {name: given.get(name) or NO_SUCH.get(name, NOWHERE) for name in self.parameters("path")}
        return self.path.format(**filled)

    @property
    def body_type(self) -> str | None:
        return next(iter(self.description.get("requestBody", {}).get("content", {})), None)

    @property
    def takes_nothing_as_well(self) -> bool:
        """A body that may be left out may be null."""
        return "null" in kinds_of(self._body(), self.document)

    def fields(self) -> dict[str, Schema]:
        """The fields of its JSON body by name."""
        return dict(_object_in(self._body(), self.document).get("properties", {}))

    def kinds(self, field: str) -> set[str]:
        """The JSON types a field may have."""
        return kinds_of(self.fields()[field], self.document)

    def longest(self, field: str) -> int | None:
        """How long a text in this field may be, as the document says."""
        said = [each.get("maxLength") for each in _choices(self.fields()[field], self.document)]
        return max((each for each in said if each is not None), default=None)

    def _body(self) -> Schema:
        schema: Schema = self.description["requestBody"]["content"][JSON]["schema"]
        return schema


def operations_in(service: str, document: Schema) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, description in methods.items():
            yield Operation(service, method.upper(), path, document, description)


def kinds_of(schema: Schema, document: Schema) -> set[str]:
    return {choice["type"] for choice in _choices(schema, document) if "type" in choice}


def wrong_values(kinds: set[str]) -> list[Any]:
    """Values of kinds that do not belong there and that nobody could take for one that does."""
    strangers = {"object": {"no": ["such", "thing"]}, "array": [[[]]], "string": "?"}
    return [value for kind, value in strangers.items() if kind not in kinds]


def _choices(schema: Schema, document: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield from _choices(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], document)
    elif several := schema.get("anyOf") or schema.get("oneOf"):
        for choice in several:
            yield from _choices(choice, document)
    else:
        yield schema


def _object_in(schema: Schema, document: Schema) -> Schema:
    return next((choice for choice in _choices(schema, document) if choice.get("type") == "object"), {})


def empty_body(operation: Operation) -> dict[str, Any]:
    return {"json": {}} if operation.body_type == JSON else {}


def window_of(operation: Operation) -> dict[str, str]:
    """What a list insists on."""
    required = {each["name"] for each in operation.description.get("parameters", []) if each.get("required")}
    return {
        name: value
        for name, value in {"from": "2026-11-01T00:00:00Z", "to": "2026-11-08T00:00:00Z"}.items()
        if name in required
    }


def with_json(operations: Iterable[Operation]) -> list[Operation]:
    return [operation for operation in operations if operation.body_type == JSON]


def texts_of(operations: Iterable[Operation]) -> list[tuple[Operation, str]]:
    return [
        (operation, field)
        for operation in with_json(operations)
        for field in operation.fields()
        if "string" in operation.kinds(field)
    ]


async def no_complaints(check: Callable[..., Awaitable[str | None]], cases: Iterable[Any]) -> None:
    """All of them at once, in a row as long as services are used to; and all complaints together."""
    room = asyncio.Semaphore(AT_ONCE)

    async def checked(case: Any) -> str | None:
        async with room:
            return await check(*case) if isinstance(case, tuple) else await check(case)

    cases = list(cases)
    assert cases, "nothing was tried"
    complaints = [said for said in await asyncio.gather(*map(checked, cases)) if said]
    assert not complaints, f"{len(complaints)} of {len(cases)}:\n" + "\n".join(complaints[:SHOWN])


def complaint(
    operation: Operation,
    answer: httpx.Response,
    statuses: set[int],
    *,
    code: str | None = None,
    pointer: str | None = None,
    about: str = "",
) -> str | None:
    """None when the answer is one of these, and an RFC 9457 problem if it is a refusal."""
    said = f"{operation} {about}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code not in statuses:
        return said
    if answer.is_success or answer.status_code == 304:
        return None
    problem = answer.json() if answer.headers.get("content-type", "").startswith("application/problem+json") else {}
    told = problem.get("status") == answer.status_code and problem.get("detail") and problem.get("title")
    if not told or not re.fullmatch(r"[a-z][a-z0-9_]+", problem.get("code", "")):
        return f"no problem: {said}"
    if code is not None and problem["code"] != code:
        return f"code is not {code}: {said}"
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    if pointer is not None and not any(each == pointer or each.startswith(f"{pointer}/") for each in pointers):
        return f"{pointer} is not named: {said}"
    return None
