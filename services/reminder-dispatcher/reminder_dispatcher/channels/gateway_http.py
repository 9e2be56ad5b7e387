"""Talking to an SMS gateway over HTTP: what an answer that is late, long, redirected or garbled means (reliability B13).

As long as the request has not left us, the SMS was not taken. After that, only an answer we understand says anything.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson

from kit.egress import HostRefused, HostUnreachable, bounded_answer
from reminder_dispatcher.channels.role import NotEver, NotNow, OutcomeUnknown

ANSWER_SECONDS = 20.0
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """`document` is None when the body is not a JSON object."""

    status: int
    document: dict[str, Any] | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


async def ask(http: httpx.AsyncClient, request: httpx.Request) -> GatewayAnswer:
    """Send one request and read at most 64 kB of the answer; redirects are not followed.

    Raises NotNow when nothing was sent or we are told to come again, NotEver when our credentials are refused,
    OutcomeUnknown when the answer says nothing reliable.
    """
    request.extensions["timeout"] = httpx.Timeout(ANSWER_SECONDS, connect=10.0).as_dict()
    try:
        answer = await http.send(request, stream=True)
    except (HostRefused, httpx.UnsupportedProtocol) as error:
        raise NotEver("gateway_address", str(error), whole_channel=True) from error
    except (HostUnreachable, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotNow("gateway_away", type(error).__name__, whole_channel=True) from error
    except httpx.HTTPError as error:
        raise OutcomeUnknown("answer_lost", type(error).__name__) from error
    try:
        body = await bounded_answer(answer)
    except httpx.HTTPError as error:
        raise OutcomeUnknown("answer_lost", type(error).__name__) from error
    finally:
        await answer.aclose()
    return _judged(answer, body)


def _judged(answer: httpx.Response, body: bytes) -> GatewayAnswer:
    status = answer.status_code
    if status in (401, 403):
        raise NotEver("gateway_refuses_us", f"HTTP {status}", whole_channel=True)
    if status == 402:
        raise NotEver("no_credit", f"HTTP {status}", whole_channel=True)
    if status == 429:
        raise NotNow("too_many", f"HTTP {status}", whole_channel=True, after=_retry_after(answer))
    if status in (502, 503):
        raise NotNow("gateway_away", f"HTTP {status}", whole_channel=True, after=_retry_after(answer))
    if status >= 500 or 300 <= status < 400:
        raise OutcomeUnknown("unclear_answer", f"HTTP {status}")
    return GatewayAnswer(status, _document(body))


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _retry_after(answer: httpx.Response) -> timedelta | None:
    told = answer.headers.get("retry-after", "")
    return min(timedelta(seconds=int(told)), _LONGEST_WAIT) if told.isdigit() and len(told) < 8 else None


def short(value: Any, *, length: int = 200) -> str | None:
    """A value of a gateway's answer as text we can keep: one line, not too long."""
    if value is None or isinstance(value, dict | list):
        return None
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return text[:length] or None


def whole_number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
