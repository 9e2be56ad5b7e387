"""A stand-in for `goniec.api.Api`: answers what it was told, and remembers what it was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from goniec.api import Refused, Unreachable
from goniec.places import SERVICES

Answers = dict[tuple[str, str], Any]
"""(service, path) → what is answered; a list is that of `items`; an exception is raised."""


class ToldApi:
    def __init__(
        self, answers: Answers, *, down: tuple[str, ...] = (), not_ready: dict[str, Any] | None = None
    ) -> None:
        self.answers = answers
        self.posted: list[tuple[str, str]] = []
        self._down = down
        self._not_ready = not_ready or {}

    async def token(self) -> str:
        self._answer("tasks-api", "/v1/auth/token", "a token")
        return "a token"

    async def health(self, service: str) -> tuple[bool, dict[str, Any]]:
        if service in self._down:
            raise Unreachable(f"{service} does not answer.")
        checks = self._not_ready.get(service)
        return checks is None, {"checks": checks or {"database": "ok"}}

    async def get(self, service: str, path: str, **_: Any) -> Any:
        return self._answer(service, path, None)

    async def items(self, service: str, path: str, **_: Any) -> AsyncIterator[dict[str, Any]]:
        for item in self._answer(service, path, []):
            yield item

    async def post(self, service: str, path: str, body: Any = None) -> Any:
        self.posted.append((service, path))
        return self._answer(service, path, {})

    def _answer(self, service: str, path: str, otherwise: Any) -> Any:
        answer = self.answers.get((service, path), otherwise)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            raise refusal(404, "not_found")
        return answer


def refusal(status: int, code: str, **more: Any) -> Refused:
    return Refused("GET", "/", httpx.Response(status, json={"code": code, "detail": f"{code}.", **more}))


def all_is_well() -> Answers:
    account = {"id": "1", "address": "biuro@zegar.example"}
    return {
        ("mail-ingest", "/v1/mail-accounts"): [account],
        ("mail-ingest", "/v1/mail-accounts/1/health"): {"state": "ok", "last_error": None, "last_success_at": None},
        ("reminder-dispatcher", "/v1/reminder-settings"): {"enabled": False},
        **{(service, "/v1/dead-letters"): [] for service in SERVICES},
    }
