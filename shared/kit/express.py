"""A short way from the middleware to the endpoints.

FastAPI takes some forty steps in between: it tries one route after the other, opens exit stacks and solves dependencies. Here
the route is found by the beginning of its path, and its endpoint is called as planned (`kit.endpoint_plans`). What has no plan,
no route or another method goes on to FastAPI, which knows everything. Documentation, limits, Idempotency-Key, problems and
metrics do not notice which way was taken.
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.endpoint_plans import Plan, plan_of
from kit.errors import GoniecError
from kit.problems import NotModified, problem_of

REFUSALS = (GoniecError, RequestValidationError, ResponseValidationError, HTTPException, NotModified)
"""What is answered here, inside of everything that looks at answers; other errors go on to `kit.doorway`."""

Beginning = tuple[str, int, str]
"""Method, number of slashes, and the first two steps of a path."""


class Express:
    """The innermost middleware."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self._known: dict[Beginning, list[tuple[re.Pattern[str], APIRoute, Plan | None]]] = {}
        for route in routes:
            if not isinstance(route, APIRoute) or "{" in _first_steps(route.path):
                break  # it may be meant for any path, also for those of the routes after it
            for method in route.methods or ():
                beginning = _beginning(method, route.path)
                self._known.setdefault(beginning, []).append((route.path_regex, route, plan_of(route)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plan = self._plan_for(scope)
        if plan is None:
            await self.app(scope, receive, send)
            return
        try:
            response: Response = await plan.answer(Request(scope, receive, send))
        except REFUSALS as error:
            response = problem_of(error)
        await response(scope, receive, send)

    def _plan_for(self, scope: Scope) -> Plan | None:
        """The plan of the first route that fits, which the scope names from then on."""
        if scope["type"] != "http" or scope.get("root_path"):
            return None
        path: str = scope["path"]
        for regex, route, plan in self._known.get(_beginning(scope["method"], path), ()):
            found = regex.match(path)
            if found is not None:
                if plan is not None:
                    scope.update(endpoint=route.endpoint, path_params=_path_params(route, found), route=route)
                return plan
        return None


def _path_params(route: APIRoute, found: re.Match[str]) -> dict[str, Any]:
    return {name: route.param_convertors[name].convert(value) for name, value in found.groupdict().items()}


def _beginning(method: str, path: str) -> Beginning:
    return method, path.count("/"), _first_steps(path)


def _first_steps(path: str) -> str:
    return "/".join(path.split("/", 3)[:3])
