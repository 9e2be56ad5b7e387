"""Calls between services that must be answered now: signed with this service's own token, tied to the correlation id."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import SecretStr

from kit.correlation import current_correlation_id
from kit.errors import GoniecError, Unavailable
from kit.settings import ServiceSettings
from kit.tokens import TOKEN_URL

ANSWER_SECONDS = 10.0
RENEW_BEFORE_SECONDS = 30
CONNECT_ATTEMPTS = 3
_AGAIN_AFTER_SECONDS = 0.2


class SiblingRefused(GoniecError):
    """A sibling service answered with a problem; `answer_status` and `answer_code` are its own."""

    status = 502
    code = "sibling_refused"

    def __init__(self, service: str, answer_status: int, answer_code: str) -> None:
        super().__init__(
            f"{service} answered with {answer_status} {answer_code}.",
            service=service,
            answer_status=answer_status,
            answer_code=answer_code,
        )
        self.answer_status = answer_status
        self.answer_code = answer_code


class SiblingUnavailable(Unavailable):
    """A sibling service does not answer now; asking again later can help."""

    code = "sibling_unavailable"

    def __init__(self, service: str) -> None:
        super().__init__(f"{service} does not answer just now.", service=service, retry_after=2)


class ServiceClient:
    """`await client.call("tasks-api", "GET", "/v1/…")`: the answer, or SiblingRefused, or SiblingUnavailable.

    It signs in with the client-credentials grant (RFC 6749 section 4.4) when first needed, keeps the token until shortly
    before it ends and signs in once more when it is refused.
    """

    def __init__(self, http: httpx.AsyncClient, settings: ServiceSettings) -> None:
        self._http = http
        self._settings = settings
        self._token = ""
        self._token_ends = 0.0
        self._signing_in = asyncio.Lock()

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request. A connection that cannot be made is tried three times; nothing that was sent is sent again."""
        request = self._http.build_request(
            method,
            f"{self._settings.url_of(service)}{path}",
            params=params,
            json=json,
            content=content,
            headers=self._headers(headers),
            timeout=ANSWER_SECONDS,
        )
        answer = await self._send_signed(service, request)
        if answer.is_success:
            return answer
        if answer.status_code in {502, 503, 504}:
            raise SiblingUnavailable(service)
        raise SiblingRefused(service, answer.status_code, _code_of(answer))

    async def _send_signed(self, service: str, request: httpx.Request) -> httpx.Response:
        request.headers["authorization"] = f"Bearer {await self._valid_token()}"
        answer = await self._send(service, request)
        if answer.status_code != 401:
            return answer
        self._token_ends = 0.0
        request.headers["authorization"] = f"Bearer {await self._valid_token()}"
        return await self._send(service, request)

    async def _send(self, service: str, request: httpx.Request) -> httpx.Response:
        for attempt in range(1, CONNECT_ATTEMPTS + 1):
            try:
                return await self._http.send(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if attempt == CONNECT_ATTEMPTS:
                    raise SiblingUnavailable(service) from None
                await asyncio.sleep(_AGAIN_AFTER_SECONDS * attempt)
            except httpx.HTTPError:
                raise SiblingUnavailable(service) from None
        raise SiblingUnavailable(service)

    async def _valid_token(self) -> str:
        async with self._signing_in:
            if time.monotonic() >= self._token_ends:
                await self._sign_in()
            return self._token

    async def _sign_in(self) -> None:
        secret = self._settings.client_secret or SecretStr("")
        request = self._http.build_request(
            "POST",
            f"{self._settings.tasks_api_url}{TOKEN_URL}",
            data={
                "grant_type": "client_credentials",
                "client_id": self._settings.client_id or self._settings.service,
                "client_secret": secret.get_secret_value(),
            },
            headers=self._headers(None),
            timeout=ANSWER_SECONDS,
        )
        answer = await self._send("tasks-api", request)
        if answer.status_code >= 500:
            raise SiblingUnavailable("tasks-api")
        if not answer.is_success:
            raise SiblingRefused("tasks-api", answer.status_code, _code_of(answer))
        granted = answer.json()
        self._token = str(granted["access_token"])
        lifetime = float(granted.get("expires_in", 60))
        self._token_ends = time.monotonic() + max(lifetime - RENEW_BEFORE_SECONDS, lifetime / 2)

    def _headers(self, given: Mapping[str, str] | None) -> dict[str, str]:
        correlation_id = current_correlation_id()
        return {**({"x-correlation-id": correlation_id} if correlation_id else {}), **(given or {})}


def _code_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "unknown"
