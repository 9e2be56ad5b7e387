"""What every request passes first: its correlation id, the limit of how many at a time, and the net for errors.

Plain ASGI, for thousands of requests a second: one pass over the headers, one closure.
"""

import re
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.correlation import correlation
from kit.ids import new_id
from kit.metrics import Metrics
from kit.problems import problem_of, problem_response

HEADER = b"x-correlation-id"
_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Doorway:
    def __init__(self, app: ASGIApp, *, metrics: Metrics, max_in_flight: int) -> None:
        self.app = app
        self._metrics = metrics
        self._max_in_flight = max_in_flight
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        correlation_id = _correlation_id(scope)
        status = 0

        async def send_labelled(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (HEADER, correlation_id),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        self._in_flight += 1
        try:
            with correlation(correlation_id.decode()):
                try:
                    refusal = self._refusal(scope)
                    await (refusal or self.app)(scope, receive, send_labelled)
                except ClientDisconnect:
                    status = status or 499
                except Exception as error:
                    answer = problem_of(error)
                    if status:
                        raise  # half an answer is out: only closing the connection tells the client
                    await answer(scope, receive, send_labelled)
        finally:
            self._in_flight -= 1
            self._metrics.answered(_method(scope), _route(scope), status or 500, perf_counter() - began)

    def _refusal(self, scope: Scope) -> Response | None:
        if b"%00" in scope["query_string"] or "\x00" in scope["path"]:
            return problem_response(422, "unstorable_text", "The address must not contain U+0000.")
        if self._in_flight > self._max_in_flight and not scope["path"].startswith("/health/"):
            return problem_response(
                429,
                "too_many_requests",
                "Too many requests at a time; try again shortly.",
                headers={"retry-after": "1"},
            )
        return None


def _correlation_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == HEADER and _ACCEPTED_ID.fullmatch(value):
            accepted: bytes = value
            return accepted
    return str(new_id()).encode()


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in _KNOWN_METHODS else "other"


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path_format", None) or getattr(route, "path", None) or "none"
