"""Requests that Schemathesis makes up from an OpenAPI document, sent to a running service; for tests.

About half of them break a rule of the document on purpose, and about half of them name something that exists.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import ceil
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode

SEED = 20261122
PROBLEM = "application/problem+json"

schemathesis.serializer.alias("message/rfc822", "application/octet-stream")


def complaints_of(base_url: str, *, token: str, ids: Mapping[str, str], cases: int) -> list[str]:
    """Send at least `cases` requests, every operation its share; what was wrong with the answers.

    No answer is a fault of the service (500 and more), every refusal is a problem (RFC 9457), and what needs a token
    answers nobody without one.
    """
    document = schemathesis.openapi.from_url(f"{base_url}/openapi.json")
    operations = [found.ok() for found in document.get_all_operations()]
    with requests.Session() as session:
        asker = _Asker(base_url, session, token=token, ids=ids)
        while asker.asked < cases:  # an operation without parameters has few cases; others take over its share
            share = ceil((cases - asker.asked) / len(operations))
            for operation in operations:
                _ask(asker, operation, share, number=SEED + asker.asked)
    return asker.complaints


def _ask(asker: _Asker, operation: Any, count: int, *, number: int) -> None:
    """Ask `count` times: what the document allows, and what it does not."""
    allowed = operation.as_strategy(GenerationMode.POSITIVE)
    _draw(asker, allowed, ceil(count / 2), number)
    try:
        _draw(asker, operation.as_strategy(GenerationMode.NEGATIVE), count // 2, number)
    except Unsatisfiable:  # there is no rule to break
        _draw(asker, allowed, count // 2, number + 1)


def _draw(asker: _Asker, cases: SearchStrategy[Any], count: int, number: int) -> None:
    if count == 0:
        return

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def ask(case: Any) -> None:
        asker.ask(case)

    ask()


class _Asker:
    def __init__(self, base_url: str, session: requests.Session, *, token: str, ids: Mapping[str, str]) -> None:
        self.asked = 0
        self.complaints: list[str] = []
        self._base_url = base_url
        self._session = session
        self._token = token
        self._ids = ids
        self._chance = random.Random(SEED)

    def ask(self, case: Any) -> None:
        self.asked += 1
        if case.method != "DELETE" and self._chance.random() < 0.5:
            case.path_parameters = {name: self._ids.get(name, was) for name, was in case.path_parameters.items()}
        _tame(case)
        if self._chance.random() < 0.2 and case.operation.definition.raw.get("security"):
            self._send(case, may_answer=False)  # with whatever stands for a token, if anything does
        case.headers = {name: value for name, value in case.headers.items() if name.lower() != "authorization"}
        self._send(case, headers={"Authorization": f"Bearer {self._token}"})

    def _send(self, case: Any, *, may_answer: bool = True, **more: Any) -> None:
        answer = case.call(base_url=self._base_url, session=self._session, **more)
        if wrong := _wrong_with(answer, may_answer=may_answer):
            self.complaints.append(f"{wrong}: {answer.status_code} {case.as_curl_command()} → {answer.text[:300]}")


def _wrong_with(answer: Any, *, may_answer: bool) -> str | None:
    if answer.status_code >= 500:
        return "a fault"
    if answer.status_code >= 400:
        kind = answer.headers.get("content-type", [""])[0]
        return None if kind.startswith(PROBLEM) else "a refusal that is no problem"
    return None if may_answer else "an answer without a token"


def _tame(case: Any) -> None:
    """Chance must not name hosts that would be asked for mail from now on, nor have everything said once more, nor wait for
    events for ever."""
    if case.operation.path == "/v1/events":
        case.query = {**(case.query or {}), "follow": "false"}
    if not isinstance(case.body, dict):
        return
    for name in ("imap", "smtp"):
        case.body.pop(name, None)
    if "since" in case.body:
        case.body["since"] = "2999-01-01T00:00:00Z"
