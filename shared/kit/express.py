"""A short way to endpoints that are called hundreds of times a second.

FastAPI takes some forty steps between its middleware and an endpoint: routers, exit stacks, dependencies, each with wrappers
for errors of its own. An endpoint that only wants its caller and the request is reached directly; what stands around every
request (correlation id, limits, Idempotency-Key, problems, metrics) stands around it as well, and so does its documentation:

    @router.post("/v1/mail-accounts/{account_id}/messages", …)
    @express("mail:write")
    async def push_mail(caller: Annotated[Caller, Depends(requires("mail:write"))], request: Request) -> Response:
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.tokens import Caller, authorized

_SCOPES = "goniec_express_scopes"

Endpoint = Callable[[Caller, Request], Awaitable[Response]]
E = TypeVar("E", bound=Endpoint)


def express(*scopes: str) -> Callable[[E], E]:
    """Reach this endpoint by the short way; its caller must have all of `scopes`, as its dependency says as well."""

    def mark(endpoint: E) -> E:
        setattr(endpoint, _SCOPES, scopes)
        return endpoint

    return mark


def express_routes(routes: Sequence[BaseRoute]) -> list[Route]:
    """Those among the routes whose endpoints are marked."""
    return [route for route in routes if isinstance(route, Route) and hasattr(route.endpoint, _SCOPES)]


class Express:
    """The innermost middleware. Errors go on to `Doorway`, which makes problems of them."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[Route]) -> None:
        self.app = app
        self._routes = [(route, route.endpoint, getattr(route.endpoint, _SCOPES)) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route, endpoint, scopes in self._routes:
                match, found = Route.matches(route, scope)
                if match is Match.FULL:
                    scope.update(found, route=route)  # who stands around wants to know it
                    request = Request(scope, receive, send)
                    response: Response = await endpoint(await authorized(request, *scopes), request)
                    await response(scope, receive, send)
                    return
        await self.app(scope, receive, send)
