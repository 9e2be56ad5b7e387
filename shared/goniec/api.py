"""The HTTP side of an installation as the `goniec` command uses it: the same public calls any integrator has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, TypeVar

import httpx

from goniec.places import Places

Found = TypeVar("Found")

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.25


class Refused(Exception):
    """A service answered with a problem; the sentence is the service's own."""

    def __init__(self, method: str, path: str, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem = _problem_of(answer)
        super().__init__(f"{method} {path} → {answer.status_code}: {self.problem.get('detail') or answer.text[:300]}")


class Unreachable(Exception):
    """Nobody answers at the address of a service."""


class NothingYet(Exception):
    """Something waited for did not happen in time."""


class Api:
    """`async with Api(places, username, password) as api:` signs in on the first call and again before the token ends."""

    def __init__(
        self, places: Places, *, username: str = "admin", password: str | None = None, token: str | None = None
    ) -> None:
        self.places = places
        self._username = username
        self._password = password
        self._token = token or ""
        self._token_until = float("inf") if token else 0.0
        self._http = httpx.AsyncClient(timeout=60.0)

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def token(self) -> str:
        """An access token with all the rights of the user."""
        if time.monotonic() > self._token_until:
            form = {"grant_type": "password", "username": self._username, "password": self._password or ""}
            answer = await self._send("tasks-api", "POST", "/v1/auth/token", data=form)
            if answer.status_code != httpx.codes.OK:
                raise Refused("POST", "/v1/auth/token", answer)
            granted = answer.json()
            self._token = granted["access_token"]
            self._token_until = time.monotonic() + 0.8 * float(granted["expires_in"])
        return self._token

    async def call(self, service: str, method: str, path: str, **given: Any) -> httpx.Response:
        """One signed call; Refused when the answer is not a success."""
        answer = await self.call_anyway(service, method, path, **given)
        if not answer.is_success:
            raise Refused(method, path, answer)
        return answer

    async def call_anyway(self, service: str, method: str, path: str, **given: Any) -> httpx.Response:
        """One signed call; the caller looks at the status."""
        headers = {"Authorization": f"Bearer {await self.token()}", **given.pop("headers", {})}
        return await self._send(service, method, path, headers=headers, **given)

    async def get(self, service: str, path: str, **query: Any) -> Any:
        return (await self.call(service, "GET", path, params=query)).json()

    async def post(self, service: str, path: str, body: Any = None) -> Any:
        answer = await self.call(service, "POST", path, json=body if body is not None else {})
        return answer.json() if answer.content else None

    async def put(self, service: str, path: str, body: Any) -> Any:
        answer = await self.call(service, "PUT", path, json=body)
        return answer.json() if answer.content else None

    async def items(self, service: str, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Everything of a list, page by page."""
        asked = {"limit": 200, **query}
        while True:
            page = await self.get(service, path, **asked)
            for item in page["items"]:
                yield item
            if not page.get("next"):
                return
            asked["cursor"] = page["next"]

    async def push(self, mail_account_id: str, raw: bytes, *, folder: str = "inbox", **query: Any) -> dict[str, Any]:
        """Hand over one raw mail; the answer says whether it was new (`known` is added by us)."""
        answer = await self.call(
            "mail-ingest", "POST", f"/v1/mail-accounts/{mail_account_id}/messages",
            params={"folder": folder, **query}, content=raw, headers={"Content-Type": "message/rfc822"},
        )  # fmt: skip
        taken: dict[str, Any] = answer.json()
        return {**taken, "known": answer.status_code == httpx.codes.OK}

    async def health(self, service: str) -> tuple[bool, dict[str, Any]]:
        """Whether a service is ready, and what its named checks say."""
        answer = await self._send(service, "GET", "/health/ready")
        try:
            return answer.status_code == httpx.codes.OK, answer.json()
        except ValueError:
            return False, {"detail": answer.text[:200]}

    async def _send(self, service: str, method: str, path: str, **given: Any) -> httpx.Response:
        url = f"{self.places.url(service)}{path}"
        try:
            return await self._http.request(method, url, **given)
        except httpx.TransportError as error:
            raise Unreachable(
                f"{service} does not answer at {self.places.url(service)} ({type(error).__name__})."
            ) from error


async def wait_until(question: Callable[[], Awaitable[Found | None]], *, what: str, seconds: float = 30.0) -> Found:
    """Ask until the answer is something; NothingYet, naming what was waited for, when it does not come."""
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        answer = await question()
        if answer is not None:
            return answer
        if time.monotonic() >= deadline:
            raise NothingYet(f"No {what} within {seconds:g} s.")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _problem_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
