"""What an endpoint wants to know of a request, worked out once instead of with every request.

FastAPI looks at each parameter and each dependency of an endpoint anew each time: a list with thirty filters takes longer
to be asked than to be found. A plan takes the same steps in the same order and uses FastAPI's own reading of values, but
parameters that a request does not have keep their defaults unread. What is rare (forms, generators, threads, cookies, models
as parameters) has no plan and stays with FastAPI.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi._compat import ModelField, Undefined
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute, serialize_response
from pydantic import AliasChoices, AliasPath, BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

Values = dict[str, Any]
Errors = list[Any]

_NOT_CALLED = object()
_SHARED_DEFAULTS = (str, int, float, bool, frozenset, tuple, type(None))
_NO_CONTENT = 204
_PLAN = "goniec_plan"


class NoPlan(Exception):
    """The endpoint wants something that only FastAPI knows how to give."""


class _Parameters:
    """The parameters of one call that stand in one place (query, path, headers)."""

    def __init__(self, fields: Sequence[ModelField]) -> None:
        self._fields = [(field, field.alias, field.field_info.is_required()) for field in fields]
        self._defaults = {field.name: _default_of(field) for field, _, is_required in self._fields if not is_required}

    def read(self, received: Mapping[str, Any]) -> tuple[Values, Errors]:
        wanted = [field for field, alias, is_required in self._fields if is_required or alias in received]
        if not wanted:
            return self._defaults, []
        values, errors = request_params_to_args(wanted, received)
        return {**self._defaults, **values}, errors


@dataclass(frozen=True, slots=True)
class _Step:
    """One function that is called: a dependency, or at last the endpoint. `answers` tells which steps give its parameters."""

    call: Callable[..., Any]
    answers: tuple[tuple[str, int], ...]
    path: _Parameters | None
    query: _Parameters | None
    headers: _Parameters | None
    body: list[ModelField]
    request_name: str | None
    response_name: str | None

    async def values(self, request: Request, body: Any, sketch: Response | None) -> tuple[Values, Errors]:
        """What the request itself gives."""
        values: Values = {}
        errors: Errors = []
        if self.path is not None:
            _take(self.path.read(request.path_params), values, errors)
        if self.query is not None:
            _take(self.query.read(request.query_params), values, errors)
        if self.headers is not None:
            _take(self.headers.read(request.headers), values, errors)
        if self.body:
            _take(await request_body_to_args(self.body, body, embed_body_fields=False), values, errors)
        if self.request_name is not None:
            values[self.request_name] = request
        if self.response_name is not None:
            values[self.response_name] = sketch
        return values, errors


class Plan:
    """All steps of one endpoint. NoPlan when they cannot be taken here."""

    def __init__(self, route: APIRoute) -> None:
        _refuse_unusual(route)
        self._route = route
        self._steps: list[_Step] = []
        self._step_of: dict[Callable[..., Any], int] = {}
        self._add(route.dependant)
        self._reads_body = route.body_field is not None
        self._has_sketch = any(step.response_name is not None for step in self._steps)

    async def answer(self, request: Request) -> Response:
        """What the endpoint answers; RequestValidationError when it could not even be called."""
        body = await _json_body(request) if self._reads_body else Undefined
        sketch = _sketch() if self._has_sketch else None
        answers: list[Any] = []
        errors: Errors = []
        for step in self._steps:
            values, wrong = await step.values(request, body, sketch)
            errors += wrong
            values.update({name: answers[index] for name, index in step.answers})
            can_be_called = not wrong and all(value is not _NOT_CALLED for value in values.values())
            answers.append(await step.call(**values) if can_be_called else _NOT_CALLED)
        if errors:
            raise RequestValidationError(errors, body=None if body is Undefined else body)
        return await self._response(answers[-1], sketch)

    def _add(self, dependant: Dependant) -> int:
        call = dependant.call
        if call is None or not dependant.use_cache or not _is_plain(dependant):
            raise NoPlan
        if call in self._step_of:
            return self._step_of[call]
        answers = tuple((one.name or "", self._add(one)) for one in dependant.dependencies)
        step = _Step(
            call=call,
            answers=tuple((name, index) for name, index in answers if name),
            path=_parameters(dependant.path_params),
            query=_parameters(dependant.query_params),
            headers=_parameters(dependant.header_params),
            body=dependant.body_params,
            request_name=dependant.request_param_name,
            response_name=dependant.response_param_name,
        )
        self._steps.append(step)
        self._step_of[call] = len(self._steps) - 1
        return len(self._steps) - 1

    async def _response(self, answered: Any, sketch: Response | None) -> Response:
        if isinstance(answered, Response):
            return answered
        route = self._route
        content: Any = b""
        if route.response_field is not None:
            content = await serialize_response(
                field=route.response_field, response_content=answered, by_alias=True, dump_json=True
            )
        status = (sketch.status_code if sketch is not None else None) or route.status_code or 200
        response = Response(content, status, media_type="application/json")
        if sketch is not None:
            response.headers.raw.extend(sketch.headers.raw)
        return response


def plan_of(route: APIRoute) -> Plan | None:
    """How to call this endpoint without FastAPI's help, or None. It is worked out once for a route, whatever apps have it."""
    known = vars(route)
    if _PLAN not in known:
        try:
            known[_PLAN] = Plan(route)
        except NoPlan:
            known[_PLAN] = None
    plan: Plan | None = known[_PLAN]
    return plan


def _refuse_unusual(route: APIRoute) -> None:
    has_usual_response = (
        isinstance(route.response_class, DefaultPlaceholder)
        and (route.response_field is not None or route.status_code == _NO_CONTENT)
        and route.response_model_by_alias
        and not any(
            (
                route.response_model_include,
                route.response_model_exclude,
                route.response_model_exclude_unset,
                route.response_model_exclude_defaults,
                route.response_model_exclude_none,
                route.stream_item_field,
            )
        )
    )
    body = route.body_field
    has_usual_body = body is None or not (isinstance(body.field_info, Form) or route._embed_body_fields)  # noqa: SLF001
    if not has_usual_response or not has_usual_body or route.max_body_size is not None:
        raise NoPlan


def _is_plain(dependant: Dependant) -> bool:
    call = dependant.call
    unusual = (
        dependant.cookie_params,
        dependant.websocket_param_name,
        dependant.http_connection_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.own_oauth_scopes,
        dependant.parent_oauth_scopes,
        dependant.concurrency,
    )
    is_async = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
    return is_async and not any(unusual)


def _parameters(fields: Sequence[ModelField]) -> _Parameters | None:
    return _Parameters(fields) if fields else None


def _default_of(field: ModelField) -> Any:
    """The default, if every request may be given the same one."""
    info = field.field_info
    if info.default_factory is not None or info.validate_default or not isinstance(info.default, _SHARED_DEFAULTS):
        raise NoPlan
    if isinstance(info.validation_alias, AliasChoices | AliasPath) or _holds_model(info.annotation):
        raise NoPlan
    return info.default


def _holds_model(annotation: Any) -> bool:
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    return any(inspect.isclass(kind) and issubclass(kind, BaseModel) for kind in kinds)


def _take(read: tuple[Values, Errors], values: Values, errors: Errors) -> None:
    values.update(read[0])
    errors.extend(read[1])


def _sketch() -> Response:
    """What an endpoint writes its headers on before there is an answer."""
    sketch = Response()
    del sketch.headers["content-length"]
    sketch.status_code = 0
    return sketch


async def _json_body(request: Request) -> Any:
    """The body as FastAPI reads it: JSON when it says so, else the bytes; Undefined when there is none."""
    body = await request.body()
    if not body:
        return Undefined
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind, _, name = media_type.partition("/")
    if kind != "application" or not (name == "json" or name.endswith("+json")):
        return body
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        told = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error", "input": {}}
        raise RequestValidationError([told], body=error.doc) from error
    except (ValueError, RecursionError) as error:  # other encodings, numbers of thousands of digits, deep nesting
        raise HTTPException(400, "There was an error parsing the body") from error
