"""The OpenAPI document: FastAPI's, with problems documented once and the scopes each call needs."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from kit.problems import PROBLEM_RESPONSES, FieldProblem, Problem
from kit.tokens import TOKEN_URL, requires

_OAUTH, _BEARER = "goniec", "bearer"
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a request with the same key, and it is answered as before and done once.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
}


def secured(*scopes: str) -> dict[str, Any]:
    """For `openapi_extra` of an endpoint that asks `kit.tokens.authorized` itself instead of depending on `requires`."""
    return {"security": [{_OAUTH: list(scopes)}, {_BEARER: []}]}


def install_openapi(app: FastAPI, *, token_issuer: str) -> None:
    """`app.openapi()` from here on; `token_issuer` is the base URL of the service that grants tokens."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description or None, routes=app.routes
            )
            app.openapi_schema = _completed(document, app, f"{token_issuer}{TOKEN_URL}")
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(document: dict[str, Any], app: FastAPI, token_url: str) -> dict[str, Any]:
    needed = _scopes_by_operation(app)
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            _document_problems(operation)
            if method == "post":
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            scopes = needed.get((method, path))
            if scopes is not None:
                operation.update(secured(*scopes))
    _add_components(document, token_url, sorted({scope for scopes in needed.values() for scope in scopes}))
    return document


def _document_problems(operation: dict[str, Any]) -> None:
    responses = operation.setdefault("responses", {})
    invalid = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if invalid.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
    for status in ("4XX", "5XX"):
        responses.setdefault(status, PROBLEM_RESPONSES[status])


def _add_components(document: dict[str, Any], token_url: str, scopes: list[str]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    template = "#/components/schemas/{model}"
    problem = Problem.model_json_schema(ref_template=template)
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    schemas["FieldProblem"] = FieldProblem.model_json_schema(ref_template=template)
    flow = {"tokenUrl": token_url, "scopes": {scope: _in_words(scope) for scope in ["admin", *scopes]}}
    components["securitySchemes"] = {
        _OAUTH: {"type": "oauth2", "flows": {"password": flow, "clientCredentials": flow}},
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }


def _in_words(scope: str) -> str:
    what, _, how = scope.partition(":")
    return f"{how.capitalize()} {what}" if how else "Everything"


def _scopes_by_operation(app: FastAPI) -> dict[tuple[str, str], tuple[str, ...]]:
    """(method, path) → the scopes it needs; operations that need no token are missing."""
    needed: dict[tuple[str, str], tuple[str, ...]] = {}
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute):
            continue
        gates = [call for call in _dependency_calls(route.dependant) if isinstance(call, requires)]
        if gates:
            scopes = tuple(dict.fromkeys(scope for gate in gates for scope in gate.scopes))
            needed.update({(method.lower(), str(route.path_format)): scopes for method in route.methods or ()})
    return needed


def _dependency_calls(dependant: Any) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _dependency_calls(dependency)
