"""Every refusal leaves as an RFC 9457 problem with a stable `code`; a traceback never leaves at all."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from kit.correlation import current_correlation_id
from kit.errors import Forbidden, GoniecError, Invalid, Unauthorized, Unavailable
from kit.outages import says_outage

MEDIA_TYPE = "application/problem+json"
_DATA_EXCEPTION = "22"  # the SQLSTATE class
_REALM = 'Bearer realm="goniec"'
log = structlog.get_logger("kit.problems")


class FieldProblem(BaseModel):
    pointer: str = Field(description="Where: `#/field` in the body, `query/name`, `path/name` or `header/name`.")
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem. Programs look at `code`, people at `detail`."""

    type: str = Field(description="`urn:goniec:problem:` and the code.")
    title: str
    status: int
    code: str
    detail: str
    correlation_id: str | None = None
    errors: list[FieldProblem] | None = None


class NotModified(Exception):
    """What the client has is still current: 304 without a body (RFC 9110 section 15.4.5)."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:goniec:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
    }
    correlation_id = current_correlation_id()
    if correlation_id is not None:
        body["correlation_id"] = correlation_id
    for name, value in (extra or {}).items():
        body.setdefault(name, value)
    content = orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Response:
    """The answer to an error, whatever it is. What nobody expected is logged with its traceback and answered with 500."""
    if isinstance(error, GoniecError):
        return _refusal(error)
    if isinstance(error, RequestValidationError):
        return _invalid_request(error)
    if isinstance(error, HTTPException):
        return _http_error(error)
    if isinstance(error, NotModified):
        return Response(status_code=304, headers={"etag": error.etag})
    if _is_unstorable(error):
        log.warning("unstorable_value", error=type(error).__name__)
        return _refusal(Invalid("A value is outside of what can be stored."))
    if _is_outage(error):
        log.warning("database_unavailable", error=type(error).__name__)
        return _refusal(Unavailable("The database does not answer just now.", retry_after=1))
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    return problem_response(500, "internal_error", "Something went wrong here; the log has the details.")


def _refusal(error: GoniecError) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = f'{_REALM}, error="invalid_token"' if error.code == "invalid_token" else _REALM
    elif isinstance(error, Forbidden) and "scope" in error.extra:
        headers["www-authenticate"] = f'{_REALM}, error="insufficient_scope", scope="{error.extra["scope"]}"'
    if "retry_after" in error.extra:
        headers["retry-after"] = str(error.extra["retry_after"])
    return problem_response(error.status, error.code, error.sentence, extra=error.extra, headers=headers)


def _http_error(error: HTTPException) -> Response:
    """Errors of Starlette and FastAPI themselves: unknown paths, wrong methods, unreadable bodies."""
    code = {404: "no_such_path", 400: "unreadable_request", 413: "too_large"}.get(error.status_code)
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if isinstance(error.detail, str) else phrase
    detail = _SENTENCES.get(detail, detail)
    return problem_response(
        error.status_code, code or phrase.lower().replace(" ", "_").replace("-", "_"), detail, headers=error.headers
    )


_SENTENCES = {
    "Not Found": "There is nothing at this path.",
    "Method Not Allowed": "This path knows other methods; see the Allow header.",
    "There was an error parsing the body": "The body cannot be read.",
}


def _invalid_request(error: RequestValidationError) -> Response:
    wrong = error.errors()
    if wrong and wrong[0].get("type") == "json_invalid":
        return problem_response(400, "malformed_json", "The body is not JSON.")
    errors = [{"pointer": _pointer(one["loc"]), "detail": _plain(one["msg"])} for one in wrong[:20]]
    first = errors[0] if errors else {"pointer": "#", "detail": "not acceptable"}
    return problem_response(
        422,
        "invalid",
        f"The request is not acceptable: {first['pointer']}: {first['detail']}.",
        extra={"errors": errors},
    )


def _pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer (RFC 6901) into the body, or `query/name`."""
    place, *rest = location or ("body",)
    steps = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in rest)
    if place != "body":
        return f"{place}/{steps}"
    return f"#/{steps}" if steps else "#"


def _plain(message: str) -> str:
    return re.sub(r"^(Value|Assertion) error, ", "", message).rstrip(".")


def _is_unstorable(error: Exception) -> bool:
    """A number or text that the column cannot hold and that no shape refused before."""
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", None) or "").startswith(_DATA_EXCEPTION)
    if isinstance(error, UnicodeEncodeError):
        return "surrogates" in error.reason
    return isinstance(error, OverflowError) and "SQLite" in str(error)


def _is_outage(error: Exception) -> bool:
    return says_outage(error) or isinstance(error, ConnectionRefusedError)


async def _answer(_: Request, error: Exception) -> Response:
    return problem_of(error)


def install_problems(app: FastAPI) -> None:
    """From here on everything that goes wrong in `app` is answered by `problem_of`."""
    for kind in (GoniecError, RequestValidationError, HTTPException, NotModified):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(ResponseValidationError, _answer)


def _documented(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


PROBLEM_RESPONSES: dict[str, dict[str, Any]] = {
    "401": _documented("No valid token."),
    "403": _documented("The token lacks a scope."),
    "4XX": _documented("Refused; `code` says why."),
    "5XX": _documented("Not possible just now, or an error of ours."),
}
